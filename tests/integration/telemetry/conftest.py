"""intake and dispatch on each kind of database; the bus is away unless a test brings one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from deploy.jurisdictions.load import load
from services.dispatch.main import make_house as make_dispatch
from services.intake.main import make_house as make_intake
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Role
from tests.support.house import Running, running
from tests.support.world import Clock, ServiceWorld, ok

SMALL = Path(__file__).parents[2] / "unit/deploy/jurisdictions/small.yaml"


async def load_small(service: Running) -> None:
    """Give a service its section of the small jurisdiction."""
    name: Any = service.chassis.house.service.value
    body = section(load(SMALL), name, first=True).model_dump(mode="json")
    async with service.client(Role.ADMIN, "TST") as admin:
        await ok(admin.put("/jurisdictions/TST", json=body))


@pytest.fixture
async def intake(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceWorld]:
    """A running intake."""
    clock = Clock()
    async with running(make_intake, tmp_path, database_url=database_url, clock=clock) as service:
        await load_small(service)
        world = ServiceWorld(service, clock)
        yield world
        await world.close()


@pytest.fixture
async def dispatch(database_url: str, tmp_path: Path) -> AsyncIterator[ServiceWorld]:
    """A running dispatch with one unit."""
    clock = Clock()
    async with running(make_dispatch, tmp_path, database_url=database_url, clock=clock) as service:
        await load_small(service)
        world = ServiceWorld(service, clock)
        yield world
        await world.close()
