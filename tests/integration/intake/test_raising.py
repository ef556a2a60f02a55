"""The call is accepted, whatever the caller could say, and the three promises are asked for."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role, Service
from tests.integration.intake.world import CALM, MINIMAL, PERSONAL, SECRETS, World
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio

WHOLE = {
    "channel": "emergency_112",
    "external_ref": "112-2026-0042",
    "mode": "actual",
    "call": "live",
    "caller": {"relation": "neighbour", "phone": "+359888000009"},
    "callback": {
        "phone": "+359888000001",
        "safe_to_call": "unknown",
        "code_word": "пратка",
        "channels_banned": ["sms"],
    },
    "location": {
        "municipality": "TST2",
        "settlement": "63427",
        "address": "ул. Тиха 1",
        "latitude": 43.45,
        "longitude": 25.66,
    },
    "victim": {
        "name": "Мария",
        "injured": "unknown",
        "adults": [{"sex": "f"}],
        "children": [{"age": 4, "sex": "f", "where": "with_victim"}],
        "languages": ["bg"],
        "contact_mode": "voice",
        "mobility": "unrestricted",
        "pets": 0,
        "decision_shelter": "undecided",
    },
    "perpetrators": [
        {"name": "Иван", "municipality": "TST2", "present": "yes", "armed": "unknown", "linked_to": "none"}
    ],
    "protection_order": "unknown",
    "risk": {"instrument": "lap", "answers": {"1": "yes", "4": "not_answered"}},
    "needs": {"police": True, "shelter": True, "centre": True, "medical": False},
    "consent": {"share_with_centre": True, "by": "victim", "at": "2026-11-22T03:00:00Z", "scope": "contact_and_story"},
    "narrative": "…",
}


async def test_the_smallest_call_sends_police(world: World) -> None:
    answer = await world.operator.post("/incidents", json=MINIMAL)
    assert answer.status_code == 201
    body = answer.json()
    assert answer.headers["location"] == f"/intake/api/incidents/{body['id']}"
    assert answer.headers["etag"] == '"1"'
    assert body["number"] == "TST-2026-000001"
    assert (body["state"], body["mode"], body["priority"], body["version"]) == ("open", "actual", 1, 1)
    assert body["raised_at"] == "2026-11-22T03:00:00Z"
    assert body["risk"] == {
        "instrument": "lap",
        "lowest": "standard",
        "highest": "high",
        "open_questions": [str(question) for question in range(1, 12)],
        "conflicts": [],
    }
    assert {kind: leg["state"] for kind, leg in body["legs"].items()} == {
        "police": "waiting",
        "shelter": "not_needed",
        "centre": "waiting",  # needed unless somebody says it is not
    }
    assert body["legs"]["police"]["due_at"] == "2026-11-22T03:00:05Z"
    [event] = world.said(body["id"])
    assert event["type"] == "intake.incident.raised"
    assert event["data"]["state"]["legs"]["police"] == {
        "wanted": True,
        "request": 1,
        "waived": False,
        "near_allowed": False,
    }
    assert set(event["data"]["sealed"]) == {"dispatch", "notify"}


async def test_the_whole_call_of_the_contract_is_kept_as_it_was_typed(world: World) -> None:
    raised = await world.raised(WHOLE)
    assert raised["priority"] == 1
    assert raised["risk"]["open_questions"] == ["2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]
    assert (raised["risk"]["lowest"], raised["risk"]["highest"]) == ("high", "high")
    assert raised["unverified"] == []
    typed = {name: value for name, value in WHOLE.items() if name != "mode"}
    assert await world.facts(raised["id"]) == {**typed, "risk": {"instrument": "lap", "answers": {"1": "yes"}}}


async def test_each_service_is_sealed_what_it_needs_and_nothing_else(world: World) -> None:
    raised = await world.raised({**MINIMAL, **PERSONAL}, needs={"shelter": True})
    [event] = world.said(raised["id"])
    assert not any(secret in str(event["data"]["state"]) for secret in SECRETS)
    crew = world.opened(event, Service.DISPATCH)["facts"]
    assert crew["narrative"] == PERSONAL["narrative"]
    assert crew["location"]["address"] == PERSONAL["location"]["address"]
    assert "name" not in crew["caller"]
    assert "phone" not in crew["caller"]
    room = world.opened(event, Service.SHELTER_BEDS)["facts"]
    assert "name" not in room["victim"]
    assert not {"narrative", "callback", "caller"} & room.keys()
    packet = world.opened(event, Service.NOTIFY)
    assert packet["packet"]["callback"]["phone"] == PERSONAL["callback"]["phone"]
    assert (packet["people"], packet["region"], packet["languages"]) == (2, "one", ["bg"])


async def test_without_consent_the_centre_is_told_the_head_count_and_the_language(world: World) -> None:
    raised = await world.raised({**MINIMAL, **PERSONAL}, consent={"share_with_centre": False})
    [event] = world.said(raised["id"])
    sealed = world.opened(event, Service.NOTIFY)
    assert (sealed["consented"], sealed["packet"]) == (False, {})
    assert sealed["people"] == 2


@pytest.mark.parametrize(
    ("location", "municipality", "by"),
    [
        ({"municipality": "TST2"}, "TST2", "municipality"),
        ({"settlement": "63427"}, "TST2", "settlement"),
        ({"latitude": 43.79, "longitude": 25.91}, "TST1", "coordinates"),
        ({"latitude": 43.45, "longitude": 25.65}, "TST2", "coordinates"),
    ],
)
async def test_any_of_three_says_where_she_is(
    world: World, location: dict[str, object], municipality: str, by: str
) -> None:
    raised = await world.raised({**MINIMAL, "location": location})
    assert raised["municipality"] == municipality
    [event] = world.said(raised["id"])
    assert world.opened(event, Service.DISPATCH)["position"]["by"] == by


async def test_what_cannot_be_read_is_kept_and_marked(world: World) -> None:
    body = {
        **MINIMAL,
        "caller": {"phone": "осем осем осем"},
        "callback": {"phone": "12"},
        "location": {"municipality": "TST1", "settlement": "Пролет", "latitude": 43.8},
        "victim": {"languages": ["български"]},
        "perpetrators": [{"municipality": "Търговище"}],
        "consent": {"at": "вчера"},
    }
    raised = await world.raised(body)
    assert raised["unverified"] == [
        "callback.phone",
        "caller.phone",
        "consent.at",
        "location.latitude",
        "location.settlement",
        "perpetrators.0.municipality",
        "victim.languages",
    ]
    kept = await world.facts(raised["id"])
    assert {name: kept[name] for name in body} == body


async def test_a_drill_is_for_supervisors_and_touches_nobody(world: World) -> None:
    for mode in ("exercise", "test"):
        await refused(world.operator.post("/incidents", json={**MINIMAL, "mode": mode}), 403)
        raised = await ok(world.supervisor.post("/incidents", json={**MINIMAL, "mode": mode}), 201)
        assert raised["mode"] == mode
        assert world.said(raised["id"])[0]["data"]["mode"] == mode


async def test_her_refusal_of_the_shelter_waives_it_from_the_start(world: World) -> None:
    raised = await world.raised(CALM, victim={"decision_shelter": "refuses"})
    assert raised["legs"]["shelter"]["state"] == "waived"
    assert raised["legs"]["shelter"]["who_decided"] == "victim"
    assert raised["legs"]["shelter"]["due_at"] is None


async def test_numbers_count_up_in_each_jurisdiction(world: World) -> None:
    await world.load("PDV")
    first, second = await world.raised(), await world.raised()
    other = await world.raised({**MINIMAL, "location": {"municipality": "PDV1"}})
    assert [first["number"], second["number"], other["number"]] == [
        "TST-2026-000001",
        "TST-2026-000002",
        "PDV-2026-000001",
    ]
    assert (await world.incident(other["id"]))["jurisdiction"] == "PDV", "whoever raised it may read it"
    assert (await ok(world.client(Role.OPERATOR, "PDV").get(f"/incidents/{other['id']}")))["id"] == other["id"]


async def test_a_need_for_an_ambulance_is_loud_until_one_was_called(world: World) -> None:
    raised = await world.raised(CALM, risk={"answers": {"5": "yes"}})
    assert raised["ambulance"] == "needed"
    called: dict[str, Any] = {"called_at": "2026-11-22T03:01:00Z", "by": "operator"}
    await world.post(f"{raised['id']}/medical", **called)
    shown = await world.post(f"{raised['id']}/medical", **called)
    assert (shown["ambulance"], shown["medical_called_at"], shown["version"]) == ("called", "2026-11-22T03:01:00Z", 2)
    events = world.events(raised["id"])
    assert [event["data"]["state"]["ambulance"] for event in events] == ["needed", "called"]
    assert types(events) == ["raised", "updated"]
