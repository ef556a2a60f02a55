"""What whoever leads the shift must see, and drills."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def overview(world: World, **parameters: Any) -> dict[str, Any]:
    return await ok(world.supervisor.get("/supervision", params=parameters))


async def test_overdue_and_unmet_promises_are_listed_most_dangerous_first_with_whom_to_ring(world: World) -> None:
    late = (await world.raised(CALM))["id"]
    unmet = (await world.raised(CALM))["id"]
    kept = (await world.raised(CALM))["id"]
    grave = await world.raised()
    await world.answered(kept)
    _job, placement, _handover = await world.answered(unmet)
    await world.hear(placement.step("declined", reason="no_room"))
    await world.passes(6)
    shown = await overview(world)
    assert [each["id"] for each in shown["unkept"]] == [grave["id"], late, unmet]
    assert [phone["phone"] for phone in shown["unkept"][0]["phones"]] == ["+35982999999"]
    assert shown["unkept"][2]["legs"]["shelter"]["detail"]["reason"] == "no_room"
    assert shown["places"]["TST1"]["en"] == "Proba"
    assert (await overview(world, mode="exercise"))["unkept"] == []


async def test_a_promise_that_is_late_after_the_incident_was_closed_is_still_seen(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.passes(6)
    reason: dict[str, Any] = {"outcome": "not_located", "override_reason": "адресът не съществува"}
    await world.post(f"{incident}/close", role=Role.SUPERVISOR, **reason)
    assert [each["id"] for each in (await overview(world))["unkept"]] == [incident]


async def test_a_yes_that_was_taken_back_and_a_policeman_are_seen_while_open(world: World) -> None:
    doubted = (await world.raised(risk={"answers": {"6": "yes"}}))["id"]
    await world.patch(doubted, risk={"answers": {"6": "no"}})
    policeman = (await world.raised(perpetrators=[{"linked_to": "police"}]))["id"]
    await world.raised(CALM)
    shown = (await overview(world))["contradicted"]
    assert [(each["id"], each["risk"]["conflicts"], each["police_linked"]) for each in shown] == [
        (doubted, ["6"], False),
        (policeman, [], True),
    ]
    reason: dict[str, Any] = {"outcome": "resolved", "override_reason": "приключен"}
    await world.post(f"{policeman}/close", role=Role.SUPERVISOR, **reason)
    assert [each["id"] for each in (await overview(world))["contradicted"]] == [doubted]


async def test_waivers_and_decisions_of_the_last_day_are_listed_youngest_first(world: World) -> None:
    world.clock.advance(-25 * 3600)
    old = (await world.raised(CALM))["id"]
    await world.post(f"{old}/legs/shelter/waive", who_decided="victim", reason="отказа")
    world.clock.advance(25 * 3600)
    incident = (await world.raised(CALM))["id"]
    await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="отказа")
    await world.post(f"{incident}/risk/override", role=Role.SUPERVISOR, level="standard", reason="спокойна")
    await world.post(
        f"{incident}/close", role=Role.SUPERVISOR, outcome="resolved", override_reason="обадила се е", seen_alone="no"
    )
    decisions = (await overview(world))["decisions"]
    assert [(each["what"], each["by"], each["incident"]) for each in decisions] == [
        ("incident.close.override", "supervisor", incident),
        ("risk.override", "supervisor", incident),
        ("leg.shelter.waive", "operator", incident),
    ]


async def test_another_mechanism_sees_nothing_of_it(world: World) -> None:
    incident = (await world.raised(perpetrators=[{"linked_to": "police"}]))["id"]
    await world.post(f"{incident}/legs/centre/waive", who_decided="victim", reason="отказа")
    await world.passes(6)
    shown = await ok(world.client(Role.SUPERVISOR, "PDV").get("/supervision"))
    assert [shown[each] for each in ("unkept", "contradicted", "decisions", "drills")] == [[], [], [], []]


async def test_what_is_shown_holds_no_reason_in_words(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="при сестра си")
    assert "сестра" not in (await world.supervisor.get("/supervision")).text


# --- drills ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scenario", ["neighbour_hears", "silent_call", "large_family", "policeman"])
async def test_each_scenario_is_a_drill_that_asks_for_all_three(world: World, scenario: str) -> None:
    body = {"scenario": scenario, "municipality": "TST1", "narrative": "Учение."}
    drill = await ok(world.supervisor.post("/drills", json=body), 201)
    assert (drill["mode"], drill["state"]) == ("exercise", "open")
    assert {leg["state"] for leg in drill["legs"].values()} == {"waiting"}
    assert {event["data"]["mode"] for event in world.events(drill["id"])} == {"exercise"}
    shown = await overview(world)
    assert [each["id"] for each in shown["drills"]] == [drill["id"]]
    await world.passes(6)
    assert (await overview(world))["unkept"] == [], "a drill alarms nobody who looks at real calls"
    assert [each["id"] for each in (await overview(world, mode="exercise"))["unkept"]] == [drill["id"]]


async def test_a_scenario_trains_what_it_says(world: World) -> None:
    async def started(scenario: str) -> dict[str, Any]:
        return await ok(world.supervisor.post("/drills", json={"scenario": scenario, "municipality": "TST1"}), 201)

    assert (await started("silent_call"))["ambulance"] == "needed"
    assert (await started("neighbour_hears"))["priority"] == 1
    policeman = await started("policeman")
    assert policeman["id"] in [each["id"] for each in (await overview(world, mode="exercise"))["contradicted"]]


async def test_the_end_of_a_drill_takes_back_what_it_waits_for(world: World) -> None:
    body = {"scenario": "neighbour_hears", "municipality": "TST1"}
    drill = (await ok(world.supervisor.post("/drills", json=body), 201))["id"]
    job, _placement, _handover = await world.answered(drill)
    await world.hear(job.step("acknowledged"))
    await world.hear(job.step("en_route"))
    await world.hear(job.step("on_scene"))
    ended = await world.post(f"{drill}/end-drill", role=Role.SUPERVISOR)
    assert ended["state"] == "closed"
    assert {kind: leg["state"] for kind, leg in ended["legs"].items()} == {
        "police": "done",
        "shelter": "waived",
        "centre": "waived",
    }
    assert types(world.events(drill))[-1] == "closed"
    assert (await overview(world))["drills"] == []
    assert await world.post(f"{drill}/end-drill", role=Role.SUPERVISOR) == ended, "twice is once (P4)"


async def test_a_real_call_is_not_ended_as_a_drill(world: World) -> None:
    incident = (await world.raised(MINIMAL))["id"]
    refusal = await refused(world.supervisor.post(f"/incidents/{incident}/end-drill"), 409)
    assert "real incident" in refusal["detail"]
    assert (await world.incident(incident))["state"] == "open"


async def test_a_drill_is_started_where_there_is_a_place(world: World) -> None:
    for body in ({"scenario": "policeman", "municipality": "NOWHERE"}, {"scenario": "war", "municipality": "TST1"}):
        await refused(world.supervisor.post("/drills", json=body), 422)
