"""What tests of every kind may ask for. Fixtures of one service live beside its tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from shared.security.keys import ensure_keys
from tests.support.databases import Postgres
from tests.support.nats_server import NatsServer

settings.register_profile("zakrila", deadline=None)  # a busy machine is no finding
settings.load_profile("zakrila")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run whole stacks first, in whatever order the rest comes: what is short fills the time beside them."""
    items.sort(key=lambda item: "end_to_end" not in item.path.parts)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    """Async tests run on asyncio, as the services do."""
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL server for the whole session."""
    server = Postgres()
    yield server
    server.stop()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An empty database; a test that asks for it runs once on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/store.sqlite3"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsServer]:
    """A real nats-server with this deployment's keys and authority; the test makes its topology."""
    ensure_keys(tmp_path / "keys")
    server = NatsServer(tmp_path / "nats", tmp_path / "keys").start()
    yield server
    server.kill()
