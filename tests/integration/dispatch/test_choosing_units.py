"""Who goes."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode
from tests.integration.dispatch.world import World
from tests.support.world import ok, types

pytestmark = pytest.mark.anyio


async def test_the_nearest_unit_of_the_responsible_station_goes(world: World) -> None:
    await world.load("north/N-1", "north/N-2", "south/S-1", at={"N-1": (43.95, 25.9), "N-2": (43.81, 25.9)})
    incident = await world.raises()
    job = await world.job(incident)
    assert (job["state"], job["unit"], job["station"]) == ("assigned", "N-2", "north")
    assert types(world.said(incident)) == ["assigned"]
    assert (await world.unit("N-2"))["state"] == "busy"
    assert (await world.unit("N-1"))["state"] == "available"


async def test_a_neighbouring_area_helps_out_but_a_far_one_does_not(world: World) -> None:
    await world.load("south/S-1", "far/F-1")
    first, second = await world.raises(), await world.raises()
    assert (await world.job(first))["unit"] == "S-1"
    waiting = await world.job(second)
    assert (waiting["state"], waiting["reason"], waiting["unit"]) == ("queued", "no_unit_available", None)
    assert waiting["station"] == "north"


async def test_an_incident_of_a_place_nobody_loaded_waits_until_it_is(world: World) -> None:
    incident = await world.raises()
    assert (await world.job(incident))["reason"] == "no_station"
    loaded = await world.load("north/N-1")
    assert loaded["added"] == 1 + 3 + 4 + 1
    assert (await world.job(incident))["state"] == "assigned"
    assert types(world.said(incident)) == ["queued", "assigned"]


async def test_the_most_dangerous_who_waits_is_served_first(world: World) -> None:
    await world.load("north/N-1")
    going = await world.raises(priority=3)
    quiet, danger = await world.raises(priority=2), await world.raises(priority=1)
    job = (await world.job(going))["id"]
    crew = world.crew("north/N-1")
    for step in ("acknowledge", "en-route", "on-scene"):
        await ok(crew.post(f"/jobs/{job}/{step}"))
    await ok(crew.post(f"/jobs/{job}/clear", json={"reason": "settled_on_scene"}))
    assert (await world.job(danger))["unit"] == "N-1"
    assert (await world.job(quiet))["state"] == "queued"


async def test_danger_that_rises_in_the_queue_counts(world: World) -> None:
    await world.load()
    first, second = await world.raises(priority=2), await world.raises(priority=2)
    await world.says(second.later(priority=1))
    await world.load("north/N-1")
    assert (await world.job(second))["state"] == "assigned"
    assert (await world.job(first))["state"] == "queued"


async def test_a_drill_moves_only_shadow_twins(world: World) -> None:
    await world.load("north/N-1")
    drill = await world.raises(mode=Mode.EXERCISE)
    job = await world.job(drill)
    assert (job["state"], job["unit"], job["shadow"]) == ("assigned", "N-1", True)
    assert (await world.unit("N-1"))["state"] == "available"
    assert (await world.unit("N-1", mode="exercise"))["state"] == "busy"
    real = await world.raises()
    assert (await world.job(real))["unit"] == "N-1"


async def test_a_drill_that_becomes_real_gets_a_real_unit(world: World) -> None:
    await world.load("north/N-1")
    drill = await world.raises(mode=Mode.EXERCISE)
    real = await world.says(drill.later(mode=Mode.ACTUAL, leg={"wanted": True, "request": 2}))
    shadow, actual = await world.jobs(real)
    assert (shadow["state"], shadow["reason"]) == ("cancelled", "made_actual")
    assert (actual["state"], actual["shadow"], actual["attempt"], actual["request"]) == ("assigned", False, 2, 2)
    assert (await world.unit("N-1", mode="exercise"))["state"] == "available"


async def test_units_off_duty_stay_at_home_until_they_are_back(world: World) -> None:
    await world.load("north/N-1")
    unit = (await world.unit("N-1"))["id"]
    await ok(world.desk("north").patch(f"/units/{unit}", json={"state": "off_duty"}))
    incident = await world.raises()
    assert (await world.job(incident))["state"] == "queued"
    await ok(world.crew("north/N-1").patch(f"/units/{unit}", json={"state": "available"}))
    assert (await world.job(incident))["unit"] == "N-1"
