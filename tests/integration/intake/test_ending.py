"""How an incident ends, and how a promise is taken back: a single word on the phone ends nothing."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.answering_voices import Voice
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio

SUPERVISOR = Role.SUPERVISOR


async def kept(world: World, incident: str) -> tuple[Voice, Voice, Voice]:
    """Let police be on scene, the shelter confirm and the centre acknowledge."""
    job, placement, handover = await world.answered(incident)
    for voice, states in (
        (job, ("acknowledged", "on_scene")),
        (placement, ("confirmed",)),
        (handover, ("acknowledged",)),
    ):
        for state in states:
            await world.hear(voice.step(state))
    return job, placement, handover


async def test_an_incident_whose_promises_are_kept_is_closed(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await kept(world, incident)
    missing = await world.post(f"{incident}/close", 422, outcome="resolved")
    assert [error["field"] for error in missing["errors"]] == ["seen_alone"]
    world.clock.advance(60)
    shown = await world.post(f"{incident}/close", outcome="resolved", seen_alone="yes", note="Тя е добре.")
    assert (shown["state"], shown["outcome"], shown["seen_alone"]) == ("closed", "resolved", "yes")
    assert (shown["version"], shown["ended_at"]) == (2, "2026-11-22T03:01:00Z")
    again = await world.post(f"{incident}/close", outcome="resolved")
    assert again == shown
    assert types(world.events(incident)) == ["raised", "closed"]
    facts = await ok(world.operator.get(f"/incidents/{incident}/facts"))
    assert [note["text"] for note in facts["notes"]] == ["Тя е добре."]


async def test_an_incident_is_not_closed_before_its_promises_are_kept(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.answered(incident)
    refusal = await world.post(f"{incident}/close", 409, outcome="resolved", seen_alone="yes")
    assert (refusal["type"], refusal["from"], refusal["to"]) == ("urn:zakrila:problem:illegal-move", "open", "closed")
    assert "the police leg is answered" in refusal["detail"]
    assert "the shelter leg is answered" in refusal["detail"]
    assert (await world.incident(incident))["version"] == 1


async def test_only_a_supervisor_with_a_reason_closes_what_is_not_kept(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    body: dict[str, Any] = {"outcome": "not_located", "override_reason": "адресът не съществува"}
    await world.post(f"{incident}/close", 403, **body)
    await world.post(f"{incident}/close", 409, role=SUPERVISOR, outcome="not_located")
    shown = await world.post(f"{incident}/close", role=SUPERVISOR, **body)
    assert (shown["state"], shown["outcome"]) == ("closed", "not_located")


async def test_closing_ends_neither_a_waitlisted_placement_nor_a_handover(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job = world.voices.job(incident)
    for state in ("assigned", "acknowledged", "on_scene"):
        await world.hear(job.step(state))
    placement, handover = world.voices.placement(incident), world.voices.handover(incident)
    await world.hear(placement.step("waitlisted"))
    await world.hear(handover.step("offered"))
    await world.hear(handover.step("acknowledged"))
    await world.post(f"{incident}/close", outcome="unmet_need", seen_alone="yes")
    [*_, closed] = world.events(incident)
    assert closed["data"]["state"]["legs"]["shelter"]["wanted"] is True
    await world.hear(placement.step("held", quoting=2))
    legs = (await world.incident(incident))["legs"]
    assert (legs["shelter"]["state"], legs["centre"]["state"]) == ("answered", "accepted")
    assert legs["shelter"]["due_at"] is not None


async def test_a_duplicate_is_cancelled_before_any_human_accepted(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.answered(incident)
    await world.post(f"{incident}/cancel", 422, reason="she_said_so")
    shown = await world.post(f"{incident}/cancel", reason="duplicate")
    assert shown["state"] == "cancelled"
    assert {leg["due_at"] for leg in shown["legs"].values()} == {None}
    assert await world.post(f"{incident}/cancel", reason="duplicate") == shown
    refusal = await world.post(f"{incident}/close", 409, outcome="duplicate", seen_alone="no")
    assert (refusal["from"], refusal["to"]) == ("cancelled", "closed")
    assert types(world.events(incident)) == ["raised", "cancelled"]
    await world.passes(3600)
    assert not any(leg["overdue"] for leg in (await world.incident(incident))["legs"].values())


@pytest.mark.parametrize("leg", [0, 1, 2])
async def test_what_a_human_has_accepted_is_not_cancelled(world: World, leg: int) -> None:
    incident = (await world.raised(CALM))["id"]
    voices = await world.answered(incident)
    accepted, lost = (("acknowledged", "queued"), ("confirmed", "declined"), ("acknowledged", "declined"))[leg]
    await world.hear(voices[leg].step(accepted))
    await world.hear(voices[leg].step(lost))
    refusal = await world.post(f"{incident}/cancel", 409, reason="keying_error")
    assert (refusal["from"], refusal["to"]) == ("open", "cancelled")


async def test_an_ended_incident_takes_no_more_facts(world: World) -> None:
    incident = (await world.raised())["id"]
    await world.post(f"{incident}/cancel", reason="duplicate")
    await world.patch(incident, 409, call="ended")
    bodies: dict[str, dict[str, Any]] = {
        "calls": {"channel": "helpline"},
        "risk/raise": {"reason": "страх"},
        "legs/shelter/request": {},
        "medical": {"called_at": "2026-11-22T03:00:00Z", "by": "operator"},
    }
    for path, body in bodies.items():
        await world.post(f"{incident}/{path}", 409, **body)


async def test_she_refuses_the_shelter_and_comes_back_within_72_hours(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    waived = await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="ще отиде при майка си")
    assert (waived["legs"]["shelter"]["state"], waived["legs"]["shelter"]["who_decided"]) == ("waived", "victim")
    assert (await world.facts(incident))["victim"]["decision_shelter"] == "refuses"
    same = await world.post(f"{incident}/legs/shelter/waive", who_decided="survivor", reason="пак")
    assert same["version"] == waived["version"]
    world.clock.advance(71 * 3600)
    shown = await world.post(f"{incident}/legs/shelter/request")
    assert (shown["legs"]["shelter"]["state"], shown["legs"]["shelter"]["request"]) == ("waiting", 2)
    assert (await world.facts(incident))["victim"]["decision_shelter"] == "accepts"
    assert "waived_at" not in shown["legs"]["shelter"]


async def test_after_72_hours_it_is_a_new_incident(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="отказ")
    world.clock.advance(72 * 3600 + 1)
    refusal = await world.post(f"{incident}/legs/shelter/request", 409)
    assert (refusal["from"], refusal["to"]) == ("waived", "waiting")


async def test_police_are_waived_by_a_supervisor_alone(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    body: dict[str, Any] = {"who_decided": "victim", "reason": "каза, че е грешка"}
    await world.post(f"{incident}/legs/police/waive", 403, **body)
    await world.post(f"{incident}/legs/centre/waive", 403, who_decided="supervisor", reason="реших аз")
    shown = await world.post(
        f"{incident}/legs/police/waive", role=SUPERVISOR, who_decided="supervisor", reason="предаден"
    )
    assert shown["legs"]["police"]["state"] == "waived"
    refusal = await world.post(f"{incident}/close", 409, outcome="transferred", seen_alone="yes")
    assert "the police leg is waived" in refusal["detail"]


async def test_what_was_never_asked_for_or_is_done_is_not_waived(world: World) -> None:
    incident = (await world.raised(MINIMAL))["id"]
    waive: dict[str, Any] = {"who_decided": "victim", "reason": "отказ"}
    refusal = await world.post(f"{incident}/legs/shelter/waive", 409, **waive)
    assert (refusal["from"], refusal["to"]) == ("not_needed", "waived")
    handover = world.voices.handover(incident)
    for state in ("offered", "acknowledged", "accepted"):
        await world.hear(handover.step(state))
    refusal = await world.post(f"{incident}/legs/centre/waive", 409, **waive)
    assert (refusal["from"], refusal["to"]) == ("done", "waived")


async def test_an_answer_to_a_waived_leg_does_not_bring_it_back(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    _, placement, _ = await world.answered(incident)
    await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="отказ")
    await world.hear(placement.step("confirmed", quoting=1))
    leg = await world.leg(incident, "shelter")
    assert (leg["state"], leg["due_at"], leg["detail"]["placement_state"]) == ("waived", None, "confirmed")


async def test_a_room_near_him_is_a_supervisors_word(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    placement = world.voices.placement(incident)
    await world.hear(placement.step("waitlisted"))
    await world.post(f"{incident}/legs/shelter/request", 403, near_allowed=True)
    shown = await world.post(f"{incident}/legs/shelter/request", role=SUPERVISOR, near_allowed=True)
    assert (shown["legs"]["shelter"]["state"], shown["legs"]["shelter"]["request"]) == ("waiting", 2)
    assert world.events(incident)[-1]["data"]["state"]["legs"]["shelter"]["near_allowed"] is True


async def test_unknown_incidents_are_not_found(world: World) -> None:
    nowhere = "0190a000-0000-7000-8000-000000000000"
    await world.post(f"{nowhere}/close", 404, outcome="resolved")
    await world.post(f"{nowhere}/cancel", 404, reason="duplicate")
    await refused(world.operator.get(f"/incidents/{nowhere}"), 404)
