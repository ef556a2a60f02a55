"""A store with the kernel's tables and the board's, and a runner over it, on each kind of database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.contracts.vocabulary import Service
from shared.security.keys import ensure_keys
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.runner import Runner
from shared.telemetry.metrics import RunnerMetrics
from tests.integration.storage.bench import Bench
from tests.support.tiny.tables import metadata


@pytest.fixture(scope="session")
def seals(tmp_path_factory: pytest.TempPathFactory) -> Seals:
    """The seals of intake."""
    keys = tmp_path_factory.mktemp("keys")
    ensure_keys(keys)
    return Seals.from_folder(keys, Service.INTAKE)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store with every table and nothing in it."""
    made = Store(database_url)
    kernel.metadata.create_all(made.engine)
    metadata.create_all(made.engine)
    yield made
    made.close()


@pytest.fixture
async def bench(anyio_backend: str, store: Store, seals: Seals) -> AsyncIterator[Bench]:
    """A runner over the store."""
    made = make_bench(store, seals)
    yield made
    await made.end()


def make_bench(store: Store, seals: Seals, most_waiting: int = 2_000) -> Bench:
    """Start a runner over a store."""
    registry = CollectorRegistry()
    runner = Runner(Service.INTAKE, store, seals, most_waiting=most_waiting, metrics=RunnerMetrics(registry))
    runner.start()
    return Bench(store, runner, registry)


@pytest.fixture
def tmp_disk(tmp_path: Path) -> Path:
    """A folder for a small disk."""
    folder = tmp_path / "disk"
    folder.mkdir()
    return folder
