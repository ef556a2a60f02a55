"""CONTRACT, "A policeman as perpetrator"."""

from __future__ import annotations

import pytest

from tests.integration.dispatch.world import World
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio

LINKED = {"police_linked": True, "facts": {"perpetrators": [{"linked_to": "police", "municipality": "TST2"}]}}
UNKNOWN_HOME = {"police_linked": True, "facts": {"perpetrators": [{"linked_to": "police"}]}}


async def test_a_unit_outside_his_directorate_goes_however_near_the_others_are(world: World) -> None:
    await world.load("north/N-1", "south/S-1", "border/B-1")
    for linked in (LINKED, UNKNOWN_HOME):
        incident = await world.raises(**linked)
        job = await world.job(incident)
        if linked is LINKED:
            assert (job["unit"], job["attention"]) == ("B-1", "police_linked")
        else:
            assert (job["state"], job["reason"]) == ("queued", "no_unit_outside_directorate")
            assert (job["station"], job["attention"]) == ("border", "police_linked")


async def test_a_supervisor_may_send_the_nearest_all_the_same_a_desk_may_not(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(**LINKED)
    job = (await world.job(incident))["id"]
    await refused(world.desk("north").get(f"/jobs/{job}"), 404)
    sent = await ok(world.supervisor.post(f"/jobs/{job}/reassign", json={"unit": "N-1"}))
    assert sent["unit"] == "N-1"
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/decline", json={"reason": "know_him"}))
    assert (await world.job(incident))["station"] == "border"
    await refused(world.desk("north").post(f"/jobs/{job}/reassign", json={"unit": "N-1"}), 404)


async def test_learning_it_before_anybody_acknowledged_sends_another_unit_without_a_word_to_the_desk(
    world: World,
) -> None:
    await world.load("north/N-1", "border/B-1")
    incident = await world.raises()
    assert (await world.job(incident))["unit"] == "N-1"
    await world.says(incident.later(**LINKED))
    job = await world.job(incident)
    assert (job["unit"], job["attention"], job["attempt"]) == ("B-1", "police_linked", 1)
    assert types(world.said(incident)) == ["assigned", "reassigned"]
    assert (await ok(world.desk("north").get("/notices")))["items"] == []
    await refused(world.crew("north/N-1").get(f"/jobs/{job['id']}"), 404)


async def test_a_crew_already_going_goes_on_but_the_supervisor_is_told(world: World) -> None:
    await world.load("north/N-1", "border/B-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/acknowledge"))
    await world.says(incident.later(**LINKED))
    kept = await world.job(incident)
    assert (kept["unit"], kept["state"], kept["attention"]) == ("N-1", "acknowledged", "police_linked")
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/en-route"))
    assert (await world.job(incident))["attention"] == "police_linked"


async def test_a_job_in_the_queue_is_served_by_the_rule_once_it_is_known(world: World) -> None:
    await world.load("border/B-1")
    incident = await world.raises()
    assert (await world.job(incident))["reason"] == "no_unit_available"
    await world.says(incident.later(**LINKED))
    assert (await world.job(incident))["unit"] == "B-1"
