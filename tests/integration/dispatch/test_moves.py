"""A job's steps, by its crew and its desk."""

from __future__ import annotations

import asyncio

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.dispatch.world import World
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio

JOURNEY = ("acknowledge", "en-route", "on-scene", "transporting", "delivered")


async def test_a_crew_takes_a_job_from_acknowledging_to_clearing(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    crew = world.crew("north/N-1")
    for step in JOURNEY:
        await ok(crew.post(f"/jobs/{job}/{step}", json={}))
    cleared = await ok(crew.post(f"/jobs/{job}/clear", json={"reason": "family_delivered"}))
    assert (cleared["state"], cleared["reason"], cleared["carried"]) == ("cleared", "family_delivered", True)
    steps = ["assigned", "acknowledged", "en_route", "on_scene", "transporting", "delivered", "cleared"]
    assert types(cleared["steps"]) == steps
    assert [step["version"] for step in cleared["steps"]] == list(range(1, 8))
    assert {step["by"] for step in cleared["steps"]} == {"dispatch", "crew"}
    events = world.said(incident)
    assert types(events) == steps
    assert [event["data"]["state"]["carried"] for event in events] == [False] * 4 + [True] * 3
    assert (await world.unit("N-1"))["state"] == "available"


async def test_the_same_step_again_changes_nothing_even_with_an_old_version(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    crew = world.crew("north/N-1")
    first = await ok(crew.post(f"/jobs/{job}/acknowledge", headers={"If-Match": '"1"'}))
    again = await ok(crew.post(f"/jobs/{job}/acknowledge", headers={"If-Match": '"1"'}))
    assert again == first
    assert types(world.said(incident)) == ["assigned", "acknowledged"]


async def test_a_step_made_looking_at_an_old_version_is_refused(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises()))["id"]
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/acknowledge"))
    await refused(crew.post(f"/jobs/{job}/en-route", headers={"If-Match": '"1"'}), 412)


async def test_a_step_out_of_order_names_both_states(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises()))["id"]
    problem = await refused(world.crew("north/N-1").post(f"/jobs/{job}/on-scene"), 409)
    assert (problem["from"], problem["to"]) == ("assigned", "on_scene")
    unknown = await refused(world.crew("north/N-1").post(f"/jobs/{job}/acknowledge", json={"reason": "x"}), 422)
    assert unknown["errors"][0]["field"] == "reason"


async def test_only_its_crew_its_desk_and_nobody_else_moves_a_job(world: World) -> None:
    await world.load("north/N-1", "north/N-2", "south/S-1", at={"N-2": (43.9, 25.9)})
    job = (await world.job(await world.raises()))["id"]
    for stranger in (world.crew("north/N-2"), world.crew("south/N-1"), world.desk("south")):
        await refused(stranger.post(f"/jobs/{job}/acknowledge"), 404)
        await refused(stranger.get(f"/jobs/{job}"), 404)
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN, Role.SHELTER_STAFF):
        await refused(world.client(role).post(f"/jobs/{job}/acknowledge"), 403)
    await ok(world.desk("north").post(f"/jobs/{job}/acknowledge"))


async def test_a_declined_job_goes_to_the_next_unit(world: World) -> None:
    await world.load("north/N-1", "north/N-2", at={"N-2": (43.9, 25.9)})
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/acknowledge"))
    declined = await ok(crew.post(f"/jobs/{job}/decline", json={"reason": "vehicle_broken"}))
    assert (declined["state"], declined["reason"], declined["unit"]) == ("queued", "vehicle_broken", None)
    now = await world.job(incident)
    assert (now["state"], now["unit"], now["attention"]) == ("assigned", "N-2", "declined")
    assert types(world.said(incident)) == ["assigned", "acknowledged", "declined", "reassigned"]
    again = await ok(crew.post(f"/jobs/{job}/decline", json={"reason": "vehicle_broken"}))
    assert (again["state"], again["version"]) == ("queued", now["version"])
    await refused(crew.post(f"/jobs/{job}/acknowledge"), 409)
    notices = (await ok(world.desk("north").get("/notices")))["items"]
    assert [(notice["unit"], notice["kind"], notice["job"]) for notice in notices] == [("N-1", "declined", job)]
    assert (await ok(world.desk("south").get("/notices")))["items"] == []


async def test_the_only_unit_that_declined_is_asked_again_after_a_rest(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/decline", json={"reason": "busy_elsewhere"}))
    assert (await world.job(incident))["state"] == "queued"
    await world.passes(30)
    assert (await world.job(incident))["state"] == "queued"
    await world.passes(31)
    assert (await world.job(incident))["unit"] == "N-1"
    assert types(world.said(incident)) == ["assigned", "declined", "queued", "reassigned"]


async def test_nobody_declines_at_the_scene_or_clears_before_it(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises()))["id"]
    crew = world.crew("north/N-1")
    early = await refused(crew.post(f"/jobs/{job}/clear", json={"reason": "done"}), 409)
    assert (early["from"], early["to"]) == ("assigned", "cleared")
    for step in JOURNEY[:3]:
        await ok(crew.post(f"/jobs/{job}/{step}"))
    late = await refused(crew.post(f"/jobs/{job}/decline", json={"reason": "too_far"}), 409)
    assert late["from"] == "on_scene"
    await refused(crew.post(f"/jobs/{job}/decline", json={"reason": "Ana's husband"}), 422)


async def test_a_desk_and_a_supervisor_give_a_job_to_a_named_unit(world: World) -> None:
    await world.load("north/N-1", "north/N-2", "far/F-1", at={"N-2": (43.9, 25.9)})
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/acknowledge"))
    moved = await ok(world.desk("north").post(f"/jobs/{job}/reassign", json={"unit": "N-2"}))
    assert (moved["state"], moved["unit"]) == ("assigned", "N-2")
    assert (await world.unit("N-1"))["state"] == "available"
    await refused(world.desk("north").post(f"/jobs/{job}/reassign", json={"unit": "F-1"}), 422)
    far = (await world.unit("F-1"))["id"]
    moved = await ok(world.supervisor.post(f"/jobs/{job}/reassign", json={"unit": far}))
    assert (moved["unit"], moved["station"]) == ("F-1", "far")
    same = await ok(world.supervisor.post(f"/jobs/{job}/reassign", json={"unit": "F-1"}))
    assert same["version"] == moved["version"]
    assert [(s["type"].rpartition(".")[2], s["by"]) for s in moved["steps"]] == [
        ("assigned", "dispatch"),
        ("acknowledged", "crew"),
        ("reassigned", "dispatcher"),
        ("reassigned", "supervisor"),
    ]
    await refused(world.desk("north").post(f"/jobs/{job}/reassign", json={"unit": "N-1"}), 404)


async def test_a_unit_that_is_busy_or_off_duty_is_given_nothing(world: World) -> None:
    await world.load("north/N-1", "north/N-2", at={"N-2": (43.9, 25.9)})
    first, second = await world.raises(), await world.raises()
    job = (await world.job(second))["id"]
    assert (await world.job(first))["unit"] == "N-1"
    problem = await refused(world.supervisor.post(f"/jobs/{job}/reassign", json={"unit": "N-1"}), 409)
    assert "another job" in problem["detail"]
    busy = (await world.unit("N-1"))["id"]
    problem = await refused(world.desk("north").patch(f"/units/{busy}", json={"state": "off_duty"}), 409)
    assert "Decline or clear" in problem["detail"]


async def test_a_named_unit_may_take_a_job_that_waits(world: World) -> None:
    await world.load("far/F-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    given = await ok(world.supervisor.post(f"/jobs/{job}/reassign", json={"unit": "F-1"}))
    assert (given["state"], types(given["steps"])) == ("assigned", ["queued", "assigned"])


async def test_once_at_the_scene_a_job_stays_with_its_unit(world: World) -> None:
    await world.load("north/N-1", "north/N-2", at={"N-2": (43.9, 25.9)})
    job = (await world.job(await world.raises()))["id"]
    for step in JOURNEY[:3]:
        await ok(world.crew("north/N-1").post(f"/jobs/{job}/{step}"))
    problem = await refused(world.desk("north").post(f"/jobs/{job}/reassign", json={"unit": "N-2"}), 409)
    assert (problem["from"], problem["to"]) == ("on_scene", "assigned")


async def test_a_thousand_impatient_taps_are_one_step(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    crew = world.crew("north/N-1")
    taps = [crew.post(f"/jobs/{job}/acknowledge", headers={"Idempotency-Key": str(n % 3)}) for n in range(30)]
    answers = await asyncio.gather(*taps)
    assert {answer.status_code for answer in answers} == {200}
    assert types(world.said(incident)) == ["assigned", "acknowledged"]
