"""P3 is said by the database, not only by the code."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from services.shelter_beds.main import make_house
from services.shelter_beds.store import placements
from shared.contracts.vocabulary import PlacementState
from shared.ids import new_id
from shared.storage.transaction import Transaction
from tests.integration.shelter_beds.world import World, shelter
from tests.support.databases import Postgres
from tests.support.house import running
from tests.support.intake_voice import Incident
from tests.support.world import Clock

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("state", ["held", "confirmed", "arrived", "absent"])
async def test_two_active_placements_cannot_share_a_room(world: World, state: str) -> None:
    await world.load(shelter("lipa", 2))
    first, second = await world.raises(), await world.raises()

    def steal(tx: Transaction) -> None:
        mine, other = placements.newest(tx, first.id), placements.newest(tx, second.id)
        assert mine is not None
        assert other is not None
        placements.save(tx, replace(other, state=PlacementState(state), room=mine.room))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(steal)
    assert (await world.placement(second))["state"] == "waitlisted"


async def test_one_request_has_one_live_placement(world: World) -> None:
    await world.load()
    incident = await world.raises()

    def double(tx: Transaction) -> None:
        known = placements.newest(tx, incident.id)
        assert known is not None
        placements.add(tx, replace(known, id=new_id(), attempt=2))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(double)


@pytest.mark.postgres
async def test_two_replicas_of_one_store_never_give_a_room_twice_nor_leave_one_idle(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with (
            running(make_house, tmp_path, database_url=url, clock=Clock()) as one,
            running(make_house, tmp_path, database_url=url, clock=Clock()) as two,
        ):
            replicas = [World(one, Clock()), World(two, Clock())]
            await replicas[0].load(shelter("lipa", *([2] * 8)))
            calls = [Incident(priority=1 + number % 3) for number in range(24)]
            await asyncio.gather(*(replicas[number % 2].says(call) for number, call in enumerate(calls)))
            found = [await replicas[0].placement(call) for call in calls]
            assert sum(each["state"] == "held" for each in found) == 8
            assert sum(each["state"] == "waitlisted" for each in found) == 16
            moves = [
                replicas[number % 2].staff("lipa").post(f"/placements/{each['id']}/decline", json={"reason": "full"})
                for number, each in enumerate(found)
                if each["state"] == "held"
            ]
            assert {answer.status_code for answer in await asyncio.gather(*moves)} == {200}
            found = [await replicas[1].placement(call) for call in calls]
            assert sum(each["state"] == "held" for each in found) == 8
            assert set((await replicas[1].shown("lipa")).values()) == {"held"}
            for world in replicas:
                await world.close()
