"""What the others answer becomes of the three promises, with their clocks (P2)."""

from __future__ import annotations

import pytest

from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.house import eventually
from tests.support.intake_voice import RAISED

pytestmark = pytest.mark.anyio


async def test_three_services_answer_and_keep_their_promises(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job, placement, handover = await world.answered(incident)
    legs = (await world.incident(incident))["legs"]
    assert {kind: leg["state"] for kind, leg in legs.items()} == dict.fromkeys(legs, "answered")
    due = {kind: leg["due_at"] for kind, leg in legs.items()}
    assert due == {
        "police": "2026-11-22T03:01:00Z",
        "shelter": "2026-11-22T03:10:00Z",
        "centre": "2026-11-22T03:05:00Z",
    }
    world.clock.advance(30)
    await world.hear(job.step("acknowledged", unit="Ruse-12"))
    await world.hear(placement.step("confirmed", arrive_by="2026-11-22T07:00:00Z"))
    await world.hear(handover.step("acknowledged"))
    legs = (await world.incident(incident))["legs"]
    assert {leg["state"] for leg in legs.values()} == {"accepted"}
    assert {leg["accepted_at"] for leg in legs.values()} == {"2026-11-22T03:00:30Z"}
    assert legs["police"]["detail"] == {"job": job.entity, "job_state": "acknowledged", "unit": "Ruse-12"}
    assert legs["shelter"]["detail"]["alias"] == "K-71"
    assert legs["shelter"]["due_at"] == "2026-11-22T07:00:00Z", "the placement's own arrive_by"
    for voice, state in ((job, "on_scene"), (placement, "arrived"), (handover, "accepted")):
        await world.hear(voice.step(state))
    legs = (await world.incident(incident))["legs"]
    assert [(leg["state"], leg["due_at"]) for leg in legs.values()] == [("done", None)] * 3


async def test_another_unit_that_must_acknowledge_first_does_not_end_the_alarm(world: World) -> None:
    incident = (await world.raised())["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("assigned", ack_by="2026-11-22T03:01:00Z"))
    await world.passes(61)
    assert (await world.leg(incident))["overdue"] is True
    await world.hear(job.step("assigned", "reassigned", unit="other", ack_by="2026-11-22T03:02:01Z"))
    leg = await world.leg(incident)
    assert (leg["overdue"], leg["due_at"], leg["detail"]["unit"]) == (True, "2026-11-22T03:01:00Z", "other")
    await world.hear(job.step("acknowledged", unit="other"))
    leg = await world.leg(incident)
    assert (leg["state"], leg["overdue"]) == ("accepted", False)


async def test_no_unit_is_unmet_with_its_reason_and_whom_to_ring(world: World) -> None:
    incident = (await world.raised())["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("queued", reason="no_unit_available"))
    shown = await world.incident(incident)
    assert shown["legs"]["police"]["state"] == "unmet"
    assert shown["legs"]["police"]["detail"]["reason"] == "no_unit_available"
    assert [phone["phone"] for phone in shown["phones"]] == ["+35982999999"]
    await world.hear(job.step("assigned", reason=None))
    assert (await world.leg(incident))["state"] == "answered"


async def test_a_promise_past_its_deadline_is_overdue_within_one_sweep_and_said_once(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.passes(4)
    assert (await world.leg(incident))["overdue"] is False
    await world.passes(1)
    await world.passes(1)
    shown = await world.incident(incident)
    assert {kind: leg["overdue"] for kind, leg in shown["legs"].items()} == dict.fromkeys(shown["legs"], True)
    late = [event for event in world.said(incident) if event["type"] == "intake.leg.overdue"]
    assert sorted(event["data"]["state"]["leg"] for event in late) == ["centre", "police", "shelter"]
    assert {event["data"]["state"]["due_at"] for event in late} == {"2026-11-22T03:00:05Z"}
    assert all(event["data"]["sealed"] == {} for event in late)


async def test_the_clock_looks_by_itself(world: World) -> None:
    incident = (await world.raised())["id"]
    world.clock.advance(6)

    async def overdue() -> bool:
        return bool((await world.leg(incident))["overdue"])

    await eventually(overdue, "the sweeper notices")


async def test_a_late_answer_ends_the_alarm_and_the_next_step_has_its_own(world: World) -> None:
    incident = (await world.raised())["id"]
    await world.passes(6)
    job = world.voices.job(incident)
    await world.hear(job.step("assigned"))
    leg = await world.leg(incident)
    assert (leg["state"], leg["overdue"], leg["due_at"]) == ("answered", False, "2026-11-22T03:01:06Z")
    await world.passes(61)
    assert (await world.leg(incident))["overdue"] is True
    late = [event["data"]["version"] for event in world.said(incident) if event["type"] == "intake.leg.overdue"]
    police = await world.leg(incident)
    assert police["state"] == "answered"
    assert max(late) == 2


async def test_a_room_lost_is_unmet_until_another_is_held(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    first = world.voices.placement(incident)
    await world.hear(first.step("held"))
    await world.hear(first.step("declined", reason="no_staff"))
    assert (await world.leg(incident, "shelter"))["state"] == "unmet"
    second = world.voices.placement(incident, alias="B-02", attempt=2)
    await world.hear(second.step("held"))
    leg = await world.leg(incident, "shelter")
    assert (leg["state"], leg["detail"]["alias"]) == ("answered", "B-02")
    await world.hear(first.step("released"))
    assert (await world.leg(incident, "shelter"))["detail"]["alias"] == "B-02", "an older attempt changes nothing"


async def test_answers_repeated_late_or_out_of_order_have_the_effect_of_one(world: World) -> None:
    incident = (await world.raised())["id"]
    job = world.voices.job(incident)
    assigned, acknowledged, on_scene = (job.step(state) for state in ("assigned", "acknowledged", "on_scene"))
    for said in (on_scene, assigned, acknowledged, on_scene, assigned):
        await world.hear(said)
    assert (await world.leg(incident))["state"] == "done"
    told = [event for event in world.live() if event == ("intake.leg.changed", incident)]
    assert len(told) == 1


async def test_asking_anew_counts_requests_and_forgets_the_old_answer(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    first = world.voices.placement(incident)
    await world.hear(first.step("held"))
    await world.hear(first.step("expired"))
    shown = await world.post(f"{incident}/legs/shelter/request", reason="тя се съгласи отново")
    assert (shown["legs"]["shelter"]["state"], shown["legs"]["shelter"]["request"]) == ("waiting", 2)
    await world.hear(first.step("released"))
    assert (await world.leg(incident, "shelter"))["state"] == "waiting", "an answer to the first request"
    second = world.voices.placement(incident, alias="B-02", attempt=1, request=2)
    await world.hear(second.step("held", quoting=2))
    leg = await world.leg(incident, "shelter")
    assert (leg["state"], leg["detail"]["alias"]) == ("answered", "B-02")


async def test_a_leg_under_way_is_not_asked_for_twice(world: World) -> None:
    incident = (await world.raised())["id"]
    shown = await world.post(f"{incident}/legs/police/request")
    assert (shown["version"], shown["legs"]["police"]["request"]) == (1, 1)


async def test_a_crew_that_cleared_does_not_undo_a_kept_promise(world: World) -> None:
    incident = (await world.raised())["id"]
    job = world.voices.job(incident)
    for state in ("assigned", "acknowledged", "on_scene", "cleared"):
        await world.hear(job.step(state))
    leg = await world.leg(incident)
    assert (leg["state"], leg["detail"]["job_state"]) == ("done", "cleared")


async def test_answers_for_what_this_store_does_not_know_are_let_go(world: World) -> None:
    await world.hear(world.voices.job("0190a000-0000-7000-8000-000000000000").step("assigned"))


async def test_a_move_to_another_municipality_asks_the_needed_legs_again(world: World) -> None:
    incident = (await world.raised(MINIMAL))["id"]
    await world.hear(world.voices.job(incident).step("assigned"))
    world.clock.advance(60)
    shown = await world.patch(incident, location={"municipality": "TST2"})
    requests = {kind: (leg["state"], leg["request"]) for kind, leg in shown["legs"].items()}
    assert requests == {"police": ("waiting", 2), "shelter": ("not_needed", 0), "centre": ("waiting", 2)}
    assert shown["legs"]["police"]["asked_at"] > RAISED.isoformat()


async def test_a_drill_made_real_asks_for_real_promises(world: World) -> None:
    incident = (await world.raised(mode="exercise"))["id"]
    shown = await world.patch(incident, mode="actual")
    assert (shown["mode"], shown["legs"]["police"]["request"]) == ("actual", 2)
    assert (await world.patch(incident, 422, mode="exercise"))["errors"][0]["field"] == "mode"
