"""A running notify service on each kind of database, emptied for every test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest

from services.notify.main import make_house
from services.notify.tables import Base
from tests.integration.notify.world import World
from tests.support.databases import Postgres
from tests.support.house import Running, running
from tests.support.world import Clock, emptied


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One database for a module; on each kind."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path_factory.mktemp('notify')}/store.sqlite3"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url:
        yield url


@pytest.fixture(scope="module")
def clock() -> Clock:
    """The service's clock."""
    return Clock()


@pytest.fixture(scope="module")
async def service(
    anyio_backend: str, store_url: str, clock: Clock, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """One service for a module; the bus is away, which notify must bear."""
    folder = tmp_path_factory.mktemp("service")
    async with running(make_house, folder, database_url=store_url, clock=clock) as made:
        yield made


@pytest.fixture
async def world(service: Running, clock: Clock) -> AsyncIterator[World]:
    """A district where nothing is loaded and nothing has happened."""
    clock.reset()
    await emptied(service, Base.metadata)
    made = World(service, clock)
    yield made
    await made.close()
