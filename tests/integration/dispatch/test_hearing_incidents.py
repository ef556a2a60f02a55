"""What intake says later, and what becomes of the job."""

from __future__ import annotations

import pytest

from tests.integration.dispatch.world import World
from tests.support.world import ok, types

pytestmark = pytest.mark.anyio

WAIVED = {"wanted": False, "request": 1, "waived": True}
ANEW = {"wanted": True, "request": 2}


async def go(world: World, job: str, *steps: str, crew: str = "north/N-1") -> None:
    for step in steps:
        await ok(world.crew(crew).post(f"/jobs/{job}/{step}"))


async def test_every_version_is_answered_and_so_is_every_ask(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    incident = await world.says(incident.later(priority=1))
    await world.says(incident)
    await world.says(incident, ask=1)
    events = world.said(incident)
    assert types(events) == ["assigned"] * 3
    assert [event["data"]["incident_version"] for event in events] == [1, 2, 2]
    assert [event["data"]["version"] for event in events] == [1, 1, 1]
    assert [event["data"]["priority"] for event in events] == [2, 1, 1]


async def test_an_older_version_that_comes_late_changes_nothing(world: World) -> None:
    await world.load("north/N-1")
    old = await world.raises()
    new = await world.says(old.later(priority=1))
    await world.says(old)
    assert (await world.job(new))["priority"] == 1
    assert len(world.said(new)) == 2


async def test_a_cancelled_incident_frees_its_unit_for_the_next(world: World) -> None:
    await world.load("north/N-1")
    first, second = await world.raises(), await world.raises()
    await world.says(first.later(state="cancelled"))
    job = await world.job(first)
    assert (job["state"], job["reason"]) == ("cancelled", "incident_cancelled")
    assert (await world.job(second))["unit"] == "N-1"


async def test_a_waived_leg_ends_the_job_only_before_the_scene(world: World) -> None:
    await world.load("north/N-1", "south/S-1")
    driving = await world.raises()
    await go(world, (await world.job(driving))["id"], "acknowledge", "en-route")
    there = await world.raises()
    await go(world, (await world.job(there))["id"], "acknowledge", "en-route", "on-scene", crew="south/S-1")
    await world.says(driving.later(leg=WAIVED))
    await world.says(there.later(leg=WAIVED))
    assert (await world.job(driving))["reason"] == "waived"
    assert (await world.job(there))["state"] == "on_scene"
    assert world.said(there)[-1]["data"]["incident_version"] == 2


async def test_what_was_taken_back_before_it_was_heard_is_answered_all_the_same(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(state="cancelled", version=3)
    assert types(world.said(incident)) == ["cancelled"]
    assert world.said(incident)[0]["data"]["incident_version"] == 3
    assert (await world.unit("N-1"))["version"] == 1


async def test_an_incident_that_never_asked_for_police_has_no_job(world: World) -> None:
    incident = await world.raises(leg={"wanted": False, "request": 0})
    assert await world.jobs(incident) == []
    assert world.said(incident) == []


async def test_closing_an_incident_leaves_the_crew_alone(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    await world.says(incident.later(state="closed"))
    assert (await world.job(incident))["state"] == "assigned"


async def test_a_new_place_is_chosen_for_anew_while_nobody_has_acknowledged(world: World) -> None:
    await world.load("north/N-1", "far/F-1")
    incident = await world.raises()
    await world.says(incident.later(municipality="TST3", latitude=43.0, longitude=25.0, leg=ANEW))
    old, new = await world.jobs(incident)
    assert (old["state"], old["reason"], old["request"]) == ("cancelled", "asked_anew", 1)
    assert (new["unit"], new["request"], new["attempt"]) == ("F-1", 2, 2)
    assert (await world.unit("N-1"))["state"] == "available"


async def test_a_crew_that_is_going_keeps_the_job_at_the_new_place(world: World) -> None:
    await world.load("north/N-1", "far/F-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    await go(world, job, "acknowledge")
    await world.says(
        incident.later(
            municipality="TST3", latitude=43.0, longitude=25.0, leg=ANEW, facts={"location": {"address": "ул. Нова 1"}}
        )
    )
    kept = await world.job(incident)
    assert (kept["id"], kept["unit"], kept["state"], kept["request"]) == (job, "N-1", "acknowledged", 2)
    assert world.said(incident)[-1]["data"]["state"]["request"] == 2
    detail = await ok(world.crew("north/N-1").get(f"/jobs/{job}"))
    assert detail["facts"]["location"]["address"] == "ул. Нова 1"
    assert detail["place"]["municipality"] == "TST3"


async def test_police_asked_for_again_after_the_end_means_a_new_job(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    await go(world, job, "acknowledge", "en-route", "on-scene")
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/facts", json={"injured": "yes"}))
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/clear", json={"reason": "calm"}))
    await world.says(incident.later(leg=ANEW))
    first, second = await world.jobs(incident)
    assert (first["state"], second["state"], second["attempt"]) == ("cleared", "assigned", 2)
    assert world.opened(world.said(incident)[-1]) == {"scene": {"injured": "yes"}}


async def test_a_crew_sees_that_no_ambulance_was_called_yet(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(ambulance="needed")
    assert (await world.job(incident))["ambulance"] == "needed"
    await world.says(incident.later(ambulance="called"))
    assert (await world.job(incident))["ambulance"] == "called"
