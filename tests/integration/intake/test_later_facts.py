"""What is learned later: merge patches, further calls, reports from the scene; danger only rises (P7)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role, Service
from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def test_objects_merge_null_removes_and_lists_are_replaced(world: World) -> None:
    incident = (
        await world.raised(
            MINIMAL,
            victim={"name": "Мария", "pets": 1, "languages": ["bg", "tr"]},
            callback={"phone": "+359888000001", "code_word": "пратка"},
            narrative="първо",
        )
    )["id"]
    await world.patch(
        incident, victim={"name": None, "languages": ["ro"], "mobility": "assisted"}, callback=None, narrative=None
    )
    facts = await world.facts(incident)
    assert facts["victim"] == {"pets": 1, "languages": ["ro"], "mobility": "assisted"}
    assert "callback" not in facts
    assert "narrative" not in facts
    [*_, event] = world.events(incident)
    assert world.opened(event, Service.DISPATCH)["facts"]["victim"] == facts["victim"]


async def test_what_is_required_stays(world: World) -> None:
    incident = (await world.raised())["id"]
    for body, field in (
        ({"channel": None}, "channel"),
        ({"location": None}, "location"),
        ({"needs": None}, "needs"),
        ({"location": {"municipality": None}}, "location"),
        ({"victim": {"nickname": None}}, "victim.nickname"),
        ({"colour": None}, "colour"),
        ({"needs": "all"}, "needs"),
        ({"needs": {"shelter": "yes"}}, "needs.shelter"),
        ({"risk": "high"}, "risk"),
        ({"risk": []}, "risk"),
        ({"risk": {"answers": {"12": "yes"}}}, "risk"),
        ({"mode": {"actual": True}}, "mode"),
    ):
        refusal = await ok(world.operator.patch(f"/incidents/{incident}", json=body), 422)
        assert [error["field"] for error in refusal["errors"]] == [field], body
    assert (await world.incident(incident))["version"] == 1


async def test_needs_only_grow(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"police": True, "centre": False}))["id"]
    shown = await world.patch(incident, needs={"police": False, "shelter": True})
    assert {kind: leg["state"] for kind, leg in shown["legs"].items()} == {
        "police": "waiting",
        "shelter": "waiting",
        "centre": "not_needed",
    }
    assert (await world.facts(incident))["needs"] == {"police": True, "shelter": True, "centre": False}


async def test_nothing_new_is_no_new_version(world: World) -> None:
    incident = (await world.raised(CALM, victim={"name": "Мария"}))["id"]
    for body in ({}, {"victim": {"name": "Мария"}}, {"risk": None}, {"mode": "actual"}, {"narrative": None}):
        answer = await world.operator.patch(f"/incidents/{incident}", json=body, headers={"If-Match": '"7"'})
        assert (answer.status_code, answer.headers["etag"]) == (200, '"1"')
    assert types(world.events(incident)) == ["raised"]


async def test_risk_answers_merge_upward_and_a_lower_one_is_a_conflict(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    shown = await world.patch(incident, risk={"answers": {"4": "yes", "6": "yes", "7": "yes"}})
    assert (shown["priority"], shown["risk"]["lowest"]) == (3, "standard")
    shown = await world.patch(incident, risk={"answers": {"8": "yes", "6": "no", "7": None, "4": "not_answered"}})
    assert (shown["priority"], shown["risk"]["lowest"], shown["risk"]["conflicts"]) == (1, "high", ["6"])
    assert (await world.facts(incident))["risk"]["answers"]["6"] == "yes"


async def test_answers_belong_to_the_incidents_own_instrument(world: World) -> None:
    incident = (await world.raised(CALM, risk={"instrument": "dash", "answers": {"1": "yes"}}))["id"]
    shown = await world.patch(incident, risk={"answers": {"24": "yes"}})
    assert shown["risk"]["instrument"] == "dash"
    assert "24" not in shown["risk"]["open_questions"]
    shown = await world.patch(incident, victim={"injured": "yes"})
    assert shown["risk"]["instrument"] == "dash"
    shown = await world.post(f"{incident}/calls", 201, channel="helpline", risk={"answers": {"23": "yes"}})
    assert (shown["risk"]["instrument"], shown["calls"]) == ("dash", 2)
    refusal = await world.post(f"{incident}/calls", 422, channel="helpline", risk={"answers": {"25": "yes"}})
    assert refusal["errors"][0] == {"field": "risk.answers", "message": "dash has questions 1 to 24"}


async def test_another_instrument_keeps_the_danger_and_the_ambulance(world: World) -> None:
    incident = (await world.raised(CALM, risk={"answers": {"1": "yes", "5": "yes"}}))["id"]
    shown = await world.patch(incident, risk={"instrument": "dash"})
    assert (shown["risk"]["instrument"], shown["risk"]["lowest"], shown["ambulance"]) == ("dash", "high", "needed")
    shown = await world.patch(incident, victim={"injured": "yes"})
    assert shown["risk"]["instrument"] == "dash"


async def test_another_call_is_appended_and_sends_nobody_twice(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    body: dict[str, Any] = {
        "channel": "helpline",
        "call": "dropped",
        "callback": {"phone": "+359888000001"},
        "narrative": "детето се обади",
    }
    answer = await world.operator.post(f"/incidents/{incident}/calls", json=body)
    assert (answer.status_code, answer.headers["location"]) == (201, f"/intake/api/incidents/{incident}")
    shown = answer.json()
    assert (shown["calls"], shown["version"], shown["priority"]) == (2, 2, 3)
    assert {leg["request"] for leg in shown["legs"].values()} == {1}
    whole = await ok(world.operator.get(f"/incidents/{incident}/facts"))
    assert [call["facts"]["narrative"] for call in whole["calls"]] == ["детето се обади"]
    assert whole["facts"]["callback"]["phone"] == "+359888000001", "a number was missing until now"
    assert types(world.events(incident)) == ["raised", "updated"]


async def test_a_level_is_raised_by_anyone_and_lowered_by_a_supervisor_with_a_reason(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    shown = await world.post(f"{incident}/risk/raise", reason="гласът ѝ трепери")
    assert (shown["priority"], shown["risk"]["lowest"]) == (1, "high")
    assert (await world.post(f"{incident}/risk/raise", reason="пак"))["version"] == shown["version"]
    lower: dict[str, Any] = {"level": "standard", "reason": "говорих с нея насаме"}
    await world.post(f"{incident}/risk/override", 403, **lower)
    await world.post(f"{incident}/risk/override", 422, role=Role.SUPERVISOR, level="standard")
    shown = await world.post(f"{incident}/risk/override", role=Role.SUPERVISOR, **lower)
    assert (shown["priority"], shown["risk"]["highest"]) == (3, "standard")
    again = await world.post(f"{incident}/risk/override", role=Role.SUPERVISOR, **lower)
    assert again["version"] == shown["version"]
    shown = await world.patch(incident, risk={"answers": {"2": "yes"}})
    assert (shown["priority"], shown["risk"]["lowest"]) == (1, "high"), "a new yes counts again"
    facts = await ok(world.operator.get(f"/incidents/{incident}/facts"))
    assert [(note["by"], note["text"]) for note in facts["notes"]] == [
        ("operator", "гласът ѝ трепери"),
        ("supervisor", "говорих с нея насаме"),
    ]
    assert "трепери" not in str(world.said(incident)), "a reason stays here"


async def test_the_crew_tells_what_it_saw(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"police": True, "shelter": False}, call="live"))["id"]
    job = world.voices.job(incident)
    for state in ("assigned", "acknowledged", "on_scene"):
        await world.hear(job.step(state))
    await world.hear(
        job.reports(
            risk={"2": "yes", "99": "yes"},
            injured="yes",
            children=[{"age": 3, "where": "with_perpetrator"}],
            decision_shelter="accepts",
            seen_alone="yes",
            medical=True,
            perpetrator_present="yes",
        )
    )
    shown = await world.incident(incident)
    assert (shown["priority"], shown["risk"]["lowest"], shown["seen_alone"]) == (1, "high", "yes")
    assert (shown["ambulance"], shown["legs"]["shelter"]["state"]) == ("needed", "waiting")
    facts = await world.facts(incident)
    assert facts["victim"]["children"] == [{"age": 3, "sex": "unknown", "where": "with_perpetrator"}]
    assert facts["perpetrators"] == [{"present": "yes"}]
    assert facts["risk"]["answers"] == {"2": "yes"}
    [*_, event] = world.events(incident)
    assert event["data"]["steps"][-1]["by"] == "crew"
    assert event["data"]["state"]["children_involved"] is True
    await world.hear(job.step("cleared"))
    assert (await world.incident(incident))["version"] == shown["version"], "the same report again is nothing new"


async def test_a_report_after_the_end_is_kept_and_begins_nothing(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"police": True}, call="live"))["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("assigned"))
    over: dict[str, Any] = {"outcome": "resolved", "override_reason": "край на смяната"}
    await world.post(f"{incident}/close", role=Role.SUPERVISOR, **over)
    await world.hear(job.reports(injured="yes", decision_shelter="accepts"))
    assert (await world.facts(incident))["victim"]["injured"] == "yes"
    shown = await world.incident(incident)
    assert (shown["version"], shown["legs"]["shelter"]["state"]) == (2, "not_needed")


async def test_a_policeman_has_a_gun(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    shown = await world.patch(incident, perpetrators=[{"linked_to": "police"}])
    assert (await world.facts(incident))["risk"]["answers"]["4"] == "yes"
    assert world.events(incident)[-1]["data"]["state"]["police_linked"] is True
    shown = await world.patch(incident, risk={"answers": {"4": "no"}})
    assert shown["risk"]["conflicts"] == ["4"]


async def test_a_write_that_saw_an_older_version_is_refused(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    await world.patch(incident, narrative="нещо ново")
    stale = {"If-Match": '"1"'}
    waive = {"who_decided": "victim", "reason": "отказ"}
    for by, path, body in (
        (world.operator, "calls", {"channel": "chat"}),
        (world.operator, "risk/raise", {"reason": "страх"}),
        (world.supervisor, "risk/override", {"level": "standard", "reason": "спокойна"}),
        (world.operator, "legs/shelter/waive", waive),
        (world.operator, "medical", {"called_at": "2026-11-22T03:00:00Z", "by": "operator"}),
        (world.operator, "cancel", {"reason": "duplicate"}),
        (world.supervisor, "close", {"outcome": "resolved", "override_reason": "край"}),
    ):
        refusal = await refused(by.post(f"/incidents/{incident}/{path}", json=body, headers=stale), 412)
        assert refusal["version"] == 2, path
    await refused(world.operator.patch(f"/incidents/{incident}", json={"call": "ended"}, headers=stale), 412)
    await refused(world.operator.patch(f"/incidents/{incident}", json={}, headers={"If-Match": "two"}), 422)
    fresh = await world.operator.patch(f"/incidents/{incident}", json={"call": "ended"}, headers={"If-Match": '"2"'})
    assert (fresh.status_code, fresh.headers["etag"]) == (200, '"3"')
    same = world.operator.post(f"/incidents/{incident}/legs/shelter/request", json={}, headers=stale)
    await ok(same)


async def test_the_same_key_brings_the_first_answer(world: World) -> None:
    key = {"Idempotency-Key": "call-1"}
    first = await world.operator.post("/incidents", json=CALM, headers=key)
    again = await world.operator.post("/incidents", json=CALM, headers=key)
    assert (again.status_code, again.json(), again.headers["etag"]) == (201, first.json(), first.headers["etag"])
    other = await world.operator.post("/incidents", json={**CALM, "call": "ended"}, headers=key)
    assert (other.status_code, other.json()["type"]) == (422, "urn:zakrila:problem:key-reused")
    assert len((await ok(world.operator.get("/incidents")))["items"]) == 1
