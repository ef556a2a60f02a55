"""Units that do not answer."""

from __future__ import annotations

import pytest

from tests.integration.dispatch.world import World
from tests.support.house import eventually
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def test_an_unacknowledged_job_goes_to_the_next_unit_and_the_desk_is_told(world: World) -> None:
    await world.load("north/N-1", "south/S-1")
    incident = await world.raises()
    await world.passes(59)
    assert (await world.job(incident))["unit"] == "N-1"
    await world.passes(2)
    job = await world.job(incident)
    assert (job["state"], job["unit"], job["attention"]) == ("assigned", "S-1", "not_acknowledged")
    assert types(world.said(incident)) == ["assigned", "reassigned"]
    notices = (await ok(world.desk("north").get("/notices")))["items"]
    assert [(notice["unit"], notice["kind"]) for notice in notices] == [("N-1", "not_acknowledged")]
    assert (await ok(world.supervisor.get("/notices")))["items"] == notices
    late = await refused(world.crew("north/N-1").post(f"/jobs/{job['id']}/acknowledge"), 409)
    assert "taken back" in late["detail"]
    taken = await ok(world.crew("south/S-1").post(f"/jobs/{job['id']}/acknowledge"))
    assert taken["attention"] is None


async def test_when_all_were_tried_they_are_asked_again_longest_ago_first(world: World) -> None:
    await world.load("north/N-1", "north/N-2", at={"N-2": (43.9, 25.9)})
    incident = await world.raises()
    asked = []
    for _ in range(5):
        asked.append((await world.job(incident))["unit"])
        await world.passes(61)
    assert asked == ["N-1", "N-2", "N-1", "N-2", "N-1"]


async def test_a_unit_taken_back_goes_to_whoever_is_in_greater_danger(world: World) -> None:
    await world.load("north/N-1")
    first = await world.raises(priority=3)
    second = await world.raises(priority=1)
    await world.passes(61)
    assert (await world.job(second))["unit"] == "N-1"
    waiting = await world.job(first)
    assert (waiting["state"], waiting["reason"]) == ("queued", "no_unit_available")
    assert types(world.said(first)) == ["assigned", "queued"]


async def test_an_acknowledged_job_is_not_taken_back(world: World) -> None:
    await world.load("north/N-1", "north/N-2")
    incident = await world.raises()
    job = await world.job(incident)
    await ok(world.desk("north").post(f"/jobs/{job['id']}/acknowledge"))
    await world.passes(600)
    assert (await world.job(incident))["unit"] == job["unit"]


async def test_the_clock_looks_by_itself(world: World) -> None:
    await world.load("north/N-1", "south/S-1")
    incident = await world.raises()
    world.clock.advance(61)

    async def reassigned() -> bool:
        return bool((await world.job(incident))["unit"] == "S-1")

    await eventually(reassigned, "the sweeper takes the job back")
