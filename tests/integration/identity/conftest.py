"""A running identity service on each kind of database, emptied for every test."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator

import pytest

from services.identity.main import make_house
from services.identity.tables import Base
from tests.integration.identity.world import MovingClock, World
from tests.support.databases import Postgres
from tests.support.house import Running, running
from tests.support.world import emptied

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for a module; on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('identity')}/store.sqlite3"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(scope="module")
def clock() -> MovingClock:
    """The service's clock."""
    return MovingClock()


@pytest.fixture(scope="module")
async def service(
    anyio_backend: str, store_url: str, clock: MovingClock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One service for a module; the bus and Valkey are away, which identity must bear."""
    folder = tmp_path_factory.mktemp("service")
    away = "redis://127.0.0.1:1/0"
    async with running(make_house, folder, database_url=store_url, clock=clock, valkey_url=away) as made:
        yield made


@pytest.fixture
async def world(service: Running, clock: MovingClock) -> AsyncIterator[World]:
    """A deployment with one jurisdiction and no accounts; everybody comes from an address of this test alone."""
    await emptied(service, Base.metadata)
    made = World(service, clock, next(_NUMBERS) % 250)
    await made.load()
    yield made
    await made.close()
