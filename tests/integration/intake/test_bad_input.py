"""What cannot be accepted is refused by name, stored nowhere and repeated to nobody; nothing makes it stumble."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from services.intake.tables import CALL, INCIDENT, NOTE
from shared.storage import kernel
from tests.integration.intake.world import CALM, MINIMAL, World

pytestmark = pytest.mark.anyio

SECRET = "Мария Тайнева"
MANY = 500


def nested(path: str, value: Any) -> dict[str, Any]:
    """Return the smallest call with one value put in its place."""
    body: dict[str, Any] = json.loads(json.dumps(MINIMAL))
    *parents, name = path.split(".")
    place = body
    for parent in parents:
        place = place.setdefault(parent, {})
    place[name] = value
    return body


WRONG: list[tuple[str, Any, str]] = [
    ("channel", "telegram", "channel"),
    ("channel", None, "channel"),
    ("channel", 7, "channel"),
    ("channel", "x" * 100_000, "channel"),
    ("external_ref", "", "external_ref"),
    ("external_ref", "x" * 101, "external_ref"),
    ("external_ref", {"no": 1}, "external_ref"),
    ("mode", "real", "mode"),
    ("call", "busy", "call"),
    ("caller", SECRET, "caller"),
    ("caller.relation", "aunt", "caller.relation"),
    ("caller.name", "x" * 201, "caller.name"),
    ("caller.name", "", "caller.name"),
    ("caller.phone", "1" * 41, "caller.phone"),
    ("caller.phone", 359888000001, "caller.phone"),
    ("caller.email", "a@b.example", "caller.email"),
    ("callback.safe_to_call", True, "callback.safe_to_call"),
    ("callback.code_word", "x" * 61, "callback.code_word"),
    ("callback.channels_banned", ["pigeon"], "callback.channels_banned.0"),
    ("callback.channels_banned", ["sms"] * 6, "callback.channels_banned"),
    ("callback.channels_banned", "sms", "callback.channels_banned"),
    ("location", [], "location"),
    ("location", {}, "location"),
    ("location.municipality", "XXX99", "location.municipality"),
    ("location.municipality", "'; DROP TABLE incident; --", "location.municipality"),
    ("location.municipality", 1, "location.municipality"),
    ("location.address", "x" * 301, "location.address"),
    ("location.settlement", "9" * 61, "location.settlement"),
    ("location.latitude", 90.1, "location.latitude"),
    ("location.latitude", "43.8", "location.latitude"),
    ("location.latitude", True, "location.latitude"),
    ("location.longitude", -180.1, "location.longitude"),
    ("location.longitude", 1e400, "location.longitude"),
    ("location.longitude", [25.9], "location.longitude"),
    ("victim.name", "x" * 201, "victim.name"),
    ("victim.injured", "maybe", "victim.injured"),
    ("victim.adults", [{"sex": "female"}], "victim.adults.0.sex"),
    ("victim.adults", 21, "victim.adults"),
    ("victim.adults", -1, "victim.adults"),
    ("victim.adults", True, "victim.adults"),
    ("victim.adults", 10**30, "victim.adults"),
    ("victim.children", [{"age": 400}], "victim.children.0.age"),
    ("victim.children", [{"age": -1}], "victim.children.0.age"),
    ("victim.children", [{"age": 4.5}], "victim.children.0.age"),
    ("victim.children", [{"age": "4"}], "victim.children.0.age"),
    ("victim.children", [{"age": 10**400}], "victim.children.0.age"),
    ("victim.children", [{"name": SECRET}], "victim.children.0.name"),
    ("victim.children", [{}] * MANY, "victim.children"),
    ("victim.children", 2, "victim.children"),
    ("victim.languages", ["bg"] * 11, "victim.languages"),
    ("victim.languages", [""], "victim.languages.0"),
    ("victim.contact_mode", "smoke", "victim.contact_mode"),
    ("victim.mobility", "flying", "victim.mobility"),
    ("victim.pets", -1, "victim.pets"),
    ("victim.pets", 1.5, "victim.pets"),
    ("victim.pets", 10**30, "victim.pets"),
    ("victim.pets", 1e400, "victim.pets"),
    ("victim.decision_shelter", "perhaps", "victim.decision_shelter"),
    ("perpetrators", [{}] * MANY, "perpetrators"),
    ("perpetrators", {"name": SECRET}, "perpetrators"),
    ("perpetrators", [{"linked_to": "army"}], "perpetrators.0.linked_to"),
    ("perpetrators", [{"municipality": "x" * 61}], "perpetrators.0.municipality"),
    ("protection_order", "pending", "protection_order"),
    ("risk", "high", "risk"),
    ("risk.instrument", "guess", "risk.instrument"),
    ("risk.answers", {"12": "yes"}, "risk"),
    ("risk.answers", {"1": "perhaps"}, "risk.answers.1"),
    ("risk.answers", {"1": True}, "risk.answers.1"),
    ("risk.answers", [], "risk.answers"),
    ("risk.answers", {SECRET: "yes"}, "risk.answers.?.[key]"),
    ("needs", None, "needs"),
    ("needs.police", "yes", "needs.police"),
    ("needs.police", 1, "needs.police"),
    ("needs.lawyer", True, "needs.lawyer"),
    ("consent.share_with_centre", "true", "consent.share_with_centre"),
    ("consent.scope", "x" * 61, "consent.scope"),
    ("narrative", "x" * 10_001, "narrative"),
    ("narrative", [SECRET], "narrative"),
    ("narrative", "преди\x00след", "narrative"),
    ("victim.name", "Мар\ud800ия", "victim.name"),
    ("priority", 1, "priority"),
    ("id", "x", "id"),
    (SECRET, "x", "?"),
    ("x" * 100_000, "x", "?"),
]


PARTS = sorted({path.partition(".")[0][:20] for path, _, _ in WRONG})


@pytest.mark.parametrize("part", PARTS)
async def test_each_field_has_limits_and_is_named(world: World, part: str) -> None:
    for path, value, field in WRONG:
        if path.partition(".")[0][:20] != part:
            continue
        body = json.dumps(nested(path, value)).replace("Infinity", "1e400")
        refusal = await sent(world, body, 422)
        assert [error["field"] for error in refusal["errors"]] == [field]
        assert all(len(error["message"]) > 10 for error in refusal["errors"])
        if isinstance(value, str) and len(value) > 10:
            assert value[:40] not in json.dumps(refusal, ensure_ascii=False)


DEEP = 40_000
BODIES: list[tuple[str, bytes, int]] = [
    ("nothing", b"", 422),
    ("not JSON", b"{", 400),
    ("two documents", b"{}{}", 400),
    ("a list", b"[]", 422),
    ("a word", b'"call"', 422),
    ("null", b"null", 422),
    ("invalid UTF-8", b'{"narrative": "\xff\xfe"}', 400),
    ("UTF-16", '{"channel": "chat"}'.encode("utf-16"), 400),
    ("a byte order mark", b'\xef\xbb\xbf{"channel": "chat"}', 400),
    ("NaN", b'{"location": {"latitude": NaN}}', 400),
    ("Infinity", b'{"location": {"latitude": -Infinity}}', 400),
    ("a number of ten thousand digits", b'{"victim": {"pets": ' + b"9" * 10_000 + b"}}", 400),
    ("a key twice", b'{"channel": "chat", "channel": "helpline"}', 422),
    ("a key twice, deeper", b'{"victim": {"name": "a", "name": "b"}}', 422),
    ("deeply nested lists", b"[" * DEEP + b"]" * DEEP, 400),
    ("deeply nested objects", b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400),
    ("nested a little too deeply", b'{"a":' * 13 + b"1" + b"}" * 13, 400),
    ("a NUL in a key", b'{"na\\u0000me": 1}', 422),
    ("half a surrogate pair", b'{"narrative": "\\ud800"}', 422),
    ("a narrative of one megabyte", b'{"narrative": "' + b"x" * 1_000_000 + b'"}', 413),
    ("a comment", b'{"channel": "chat" /* no */}', 400),
]


@pytest.mark.parametrize(("content", "status"), [case[1:] for case in BODIES], ids=[case[0] for case in BODIES])
async def test_what_is_no_call_at_all_is_refused(world: World, content: bytes, status: int) -> None:
    assert (await sent(world, content, status))["detail"]
    assert (await sent(world, content, status, **{"Idempotency-Key": "a-key"}))["detail"]


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "application/json; charset=utf-16", "", "multipart/form-data"]
)
async def test_only_json_is_read(world: World, content_type: str) -> None:
    await sent(world, json.dumps(MINIMAL), 415, **{"Content-Type": content_type})


@pytest.mark.parametrize("key", ["", "x" * 201, "ключ", "a\tb"])
async def test_a_key_that_cannot_be_kept_is_refused(world: World, key: str) -> None:
    refusal = await sent(world, json.dumps(MINIMAL), 422, **{"Idempotency-Key": key})
    assert [error["field"] for error in refusal["errors"]] == ["Idempotency-Key"]


ELSEWHERE: list[tuple[str, dict[str, Any], str]] = [
    ("calls", {}, "channel"),
    ("calls", {"channel": "chat", "narrative": "x" * 10_001}, "narrative"),
    ("calls", {"channel": "chat", "needs": {}}, "needs"),
    ("calls", {"channel": "chat", "risk": {"answers": {"99": "yes"}}}, "risk.answers"),
    ("close", {}, "outcome"),
    ("close", {"outcome": "happy"}, "outcome"),
    ("close", {"outcome": "resolved", "seen_alone": "unknown"}, "seen_alone"),
    ("close", {"outcome": "resolved", "note": "x" * 10_001}, "note"),
    ("cancel", {"reason": "she said so"}, "reason"),
    ("legs/police/request", {"near_allowed": "very"}, "near_allowed"),
    ("legs/police/request", {"who_decided": "neighbour"}, "who_decided"),
    ("legs/shelter/waive", {"who_decided": "victim"}, "reason"),
    ("legs/shelter/waive", {"who_decided": "victim", "reason": "  "}, "reason"),
    ("legs/shelter/waive", {"who_decided": "victim", "reason": "x" * 501}, "reason"),
    ("legs/lawyer/request", {}, "kind"),
    ("risk/raise", {}, "reason"),
    ("risk/override", {"level": "none", "reason": "защото"}, "level"),
    ("medical", {"by": "operator"}, "called_at"),
    ("medical", {"called_at": "2026-11-22T03:00:00", "by": "operator"}, "called_at"),
    ("medical", {"called_at": "0001-01-01T00:00:00+14:00", "by": "operator"}, "called_at"),
    ("medical", {"called_at": "9999-12-31T23:59:59-12:00", "by": "operator"}, "called_at"),
    ("medical", {"called_at": 1e300, "by": "operator"}, "called_at"),
    ("medical", {"called_at": 10**30, "by": "operator"}, "called_at"),
    ("medical", {"called_at": "2026-11-22T03:00:00Z", "by": "x" * 41}, "by"),
]


@pytest.mark.parametrize("move", sorted({path for path, _, _ in ELSEWHERE}))
async def test_what_is_done_with_an_incident_has_limits_too(world: World, move: str) -> None:
    incident = (await world.raised(CALM))["id"]
    before = written(world)
    for path, body, field in ELSEWHERE:
        if path == move:
            key = {"Idempotency-Key": "k"}
            answer = await world.supervisor.post(f"/incidents/{incident}/{path}", json=body, headers=key)
            assert answer.status_code == 422, answer.text
            assert [error["field"] for error in answer.json()["errors"]] == [field]
    assert written(world) == before


@pytest.mark.parametrize("body", [[], "x", {"victim": {"name": "\x00"}}, {"a" * 300: None}, {"risk": {"answers": 1}}])
async def test_a_patch_that_cannot_be_read_changes_nothing(world: World, body: Any) -> None:
    incident = (await world.raised(CALM))["id"]
    before = written(world)
    answer = await world.operator.patch(f"/incidents/{incident}", json=body)
    assert answer.status_code == 422, answer.text
    assert "a" * 41 not in answer.text
    assert written(world) == before


@pytest.mark.parametrize("incident", ["x", "%00", "a" * 3000, "..%2f..", "1 OR 1=1", "%F0%9F%92%A5"])
async def test_an_address_that_names_nothing_is_not_found(world: World, incident: str) -> None:
    for method, rest in (("GET", ""), ("GET", "/timeline"), ("GET", "/facts"), ("PATCH", ""), ("POST", "/cancel")):
        body = {"reason": "duplicate"} if method == "POST" else {} if method == "PATCH" else None
        answer = await world.operator.request(
            method, f"/incidents/{incident}{rest}", json=body, headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 404, (method, rest, answer.text)


@pytest.mark.parametrize("tag", ["3", '"x"', '"1", "2"', '"' + "9" * 50 + '"'])
async def test_a_version_that_cannot_be_read_is_refused(world: World, tag: str) -> None:
    incident = (await world.raised())["id"]
    answer = await world.operator.patch(f"/incidents/{incident}", json={"narrative": "ново"}, headers={"If-Match": tag})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "If-Match")


async def test_strange_but_honest_text_is_kept_letter_by_letter(world: World) -> None:
    strange = "🧒 \u202eобратно\u202c <script>alert(1)</script> ' \" \\ \n\t ñ é e\u0301 \x7f \u200b"
    incident = (await world.raised(MINIMAL, narrative=strange, victim={"name": strange[:100]}))["id"]
    facts = await world.facts(incident)
    assert (facts["narrative"], facts["victim"]["name"]) == (strange, strange[:100])


async def sent(world: World, body: str | bytes, status: int, **headers: str) -> dict[str, Any]:
    """Send a call that must be refused; return the problem document, having seen that nothing was written."""
    before = written(world)
    sent_headers = httpx.Headers({"Content-Type": "application/json", **headers}, encoding="utf-8")
    answer = await world.supervisor.post("/incidents", content=body, headers=sent_headers)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem: dict[str, Any] = answer.json()
    assert (problem["status"], problem["type"][:20]) == (status, "urn:zakrila:problem:")
    assert len(answer.content) < 4096
    assert SECRET not in answer.text
    assert "Traceback" not in answer.text
    assert written(world) == before
    return problem


def written(world: World) -> list[int]:
    """Count everything that a write leaves behind."""
    tables = (INCIDENT, CALL, NOTE, kernel.outbox, kernel.audit, kernel.step, kernel.remembered_answer)
    with world.service.chassis.store.reading() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]
