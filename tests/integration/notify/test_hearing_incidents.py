"""What intake says later, and what becomes of the handover."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode
from tests.integration.notify.world import World, packet
from tests.support.intake_voice import Incident
from tests.support.world import ok, types

pytestmark = pytest.mark.anyio

WAIVED = {"wanted": False, "request": 1, "waived": True}
ANEW = {"wanted": True, "request": 2}


async def test_every_version_is_answered_and_so_is_every_ask(world: World) -> None:
    await world.load()
    incident = await world.raises()
    incident = await world.says(incident.later(priority=1))
    await world.says(incident)
    await world.says(incident, ask=1)
    events = world.said(incident)
    assert types(events) == ["offered"] * 3
    assert [event["data"]["incident_version"] for event in events] == [1, 2, 2]
    assert [event["data"]["version"] for event in events] == [1, 1, 1]
    assert [event["data"]["priority"] for event in events] == [2, 1, 1]


async def test_an_older_version_that_comes_late_changes_nothing(world: World) -> None:
    await world.load()
    old = await world.raises()
    new = await world.says(old.later(priority=1, packet=packet(people=5)))
    await world.says(old)
    assert (await world.handover(new))["priority"] == 1
    assert len(world.said(new)) == 2


async def test_a_cancelled_incident_or_a_waived_leg_ends_the_handover(world: World) -> None:
    await world.load()
    cancelled, waived = await world.raises(), await world.raises()
    await ok(world.ana.post(f"/handovers/{(await world.handover(waived))['id']}/acknowledge"))
    await world.says(cancelled.later(state="cancelled"))
    await world.says(waived.later(leg=WAIVED))
    for incident, reason in ((cancelled, "incident_cancelled"), (waived, "waived")):
        handover = await world.handover(incident)
        assert (handover["state"], handover["reason"], handover["due_at"]) == ("cancelled", reason, None)
        assert world.said(incident)[-1]["data"]["incident_version"] == 2


async def test_what_was_accepted_outlives_a_waiver(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await ok(world.ana.post(f"/handovers/{(await world.handover(incident))['id']}/accept"))
    await world.says(incident.later(leg=WAIVED))
    assert (await world.handover(incident))["state"] == "accepted"
    assert world.said(incident)[-1]["data"]["incident_version"] == 2


async def test_closing_an_incident_ends_no_handover_and_prevents_none(world: World) -> None:
    await world.load()
    before, late = await world.raises(), await world.raises(state="closed", version=4)
    await world.says(before.later(state="closed"))
    for incident in (before, late):
        assert (await world.handover(incident))["state"] == "offered"


async def test_what_was_taken_back_before_it_was_heard_is_answered_all_the_same(world: World) -> None:
    await world.load()
    for taken_back in ({"state": "cancelled"}, {"leg": WAIVED}):
        incident = await world.raises(version=3, **taken_back)
        assert types(world.said(incident)) == ["cancelled"]
        assert world.said(incident)[0]["data"]["incident_version"] == 3
        assert await world.paged(incident) == []


async def test_an_incident_that_never_asked_for_a_centre_has_no_handover(world: World) -> None:
    incident = await world.raises(leg={"wanted": False, "request": 0})
    assert world.said(incident) == []


async def test_a_new_place_is_offered_to_its_own_centre_while_nobody_has_acknowledged(world: World) -> None:
    await world.load()
    incident = Incident(packet=packet())
    moved = incident.later(leg=ANEW, packet=packet(municipality="TST2"))
    await world.hear_at_once(world.voice.says(incident), world.voice.says(moved))
    old, new = await world.handovers(incident)
    assert (old["state"], old["reason"], old["request"]) == ("cancelled", "asked_anew", 1)
    assert (new["centre"], new["request"], new["attempt"]) == ("balkan", 2, 2)
    assert await world.paged(incident) == [("ana", "offered", "failed"), ("gergana", "offered", "sent")]


async def test_the_same_centre_keeps_the_handover_and_nobody_is_paged_again(world: World) -> None:
    await world.load()
    incident = await world.raises()
    first = (await world.handover(incident))["id"]
    incident = await world.says(incident.later(leg=ANEW))
    kept = await world.handover(incident)
    assert (kept["id"], kept["request"], kept["version"]) == (first, 2, 2)
    await ok(world.ana.post(f"/handovers/{first}/acknowledge"))
    await world.says(incident.later(leg={"wanted": True, "request": 3}, packet=packet(municipality="TST2")))
    kept = await world.handover(incident)
    assert (kept["id"], kept["request"], kept["state"]) == (first, 3, "acknowledged")
    assert types(world.said(incident)) == ["offered", "offered", "acknowledged", "acknowledged"]
    assert [(who, cause) for who, cause, _state in await world.paged(incident)] == [("ana", "offered")]


async def test_a_centre_asked_for_again_after_the_end_means_a_new_handover(world: World) -> None:
    await world.load()
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    for step in ("accept", "complete"):
        await ok(world.ana.post(f"/handovers/{handover}/{step}"))
    await world.says(incident.later(leg=ANEW))
    first, second = await world.handovers(incident)
    assert (first["state"], second["state"], second["attempt"]) == ("completed", "offered", 2)


async def test_a_drill_that_became_real_is_offered_anew_and_pages_somebody(world: World) -> None:
    await world.load()
    drill = await world.raises(mode=Mode.EXERCISE)
    await ok(world.ana.post(f"/handovers/{(await world.handover(drill))['id']}/accept"))
    real = await world.says(drill.later(mode=Mode.ACTUAL, leg=ANEW))
    old, new = await world.handovers(real)
    assert (old["state"], old["reason"], old["shadow"]) == ("cancelled", "made_actual", True)
    assert (new["state"], new["shadow"], new["attempt"]) == ("offered", False, 2)
    assert await world.paged(real) == [("ana", "offered", "sent")]
    assert await world.paged(real, mode="exercise") == [("ana", "offered", "simulated")]
