"""Who may do what (everything else is refused), who is shown what (P6), and who looked (P8)."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from services.intake.api import incidents, supervision
from shared.contracts.vocabulary import Role
from tests.integration.intake.world import MINIMAL, PERSONAL, SECRETS, World
from tests.support.trust import NOBODY
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

READERS = {Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR}
CALL_TAKERS = {Role.OPERATOR, Role.SUPERVISOR}
ALLOWED = {
    ("POST", "/incidents"): CALL_TAKERS,
    ("GET", "/incidents"): READERS,
    ("GET", "/incidents/{incident}"): READERS,
    ("GET", "/incidents/{incident}/facts"): CALL_TAKERS,
    ("GET", "/incidents/{incident}/timeline"): CALL_TAKERS,
    ("PATCH", "/incidents/{incident}"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/calls"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/close"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/cancel"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/legs/{kind}/request"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/legs/{kind}/waive"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/risk/raise"): CALL_TAKERS,
    ("POST", "/incidents/{incident}/risk/override"): {Role.SUPERVISOR},
    ("POST", "/incidents/{incident}/medical"): CALL_TAKERS,
    ("POST", "/same-event"): CALL_TAKERS,
    ("GET", "/instruments"): READERS,
    ("GET", "/places"): READERS,
    ("GET", "/supervision"): {Role.SUPERVISOR},
    ("GET", "/figures"): {Role.SUPERVISOR},
    ("POST", "/drills"): {Role.SUPERVISOR},
    ("POST", "/incidents/{incident}/end-drill"): {Role.SUPERVISOR},
}
NOWHERE = "0190a000-0000-7000-8000-000000000000"


def test_every_route_is_in_the_table() -> None:
    routes = {
        (method, route.path)
        for router in (incidents.router, supervision.router)
        for route in router.routes
        if isinstance(route, APIRoute)
        for method in route.methods or ()
    }
    assert routes == set(ALLOWED)


@pytest.mark.parametrize("role", Role)
async def test_each_role_may_what_the_table_says_and_nothing_else(world: World, role: Role) -> None:
    client = world.client(role, unit="N-1" if role is Role.CREW else None)
    for (method, path), roles in ALLOWED.items():
        address = path.format(incident=NOWHERE, kind="police")
        answer = await client.request(method, address, json={} if method != "GET" else None)
        if role in roles:
            assert answer.status_code in {200, 404, 422}, (method, path, answer.text)
        else:
            assert answer.status_code == 403, (method, path, answer.text)


async def test_nobody_without_a_token(world: World) -> None:
    async with httpx.AsyncClient(verify=NOBODY, base_url=f"{world.service.base}/api") as stranger:
        for method, path in ALLOWED:
            answer = await stranger.request(method, path.format(incident=NOWHERE, kind="police"))
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"


async def test_another_mechanism_is_not_even_told_that_it_exists(world: World) -> None:
    incident = (await world.raised())["id"]
    other = world.client(Role.OPERATOR, "PDV")
    for path in (f"/incidents/{incident}", f"/incidents/{incident}/facts", f"/incidents/{incident}/timeline"):
        assert (await refused(other.get(path), 404)) == await refused(other.get(path.replace(incident, NOWHERE)), 404)
    await refused(other.patch(f"/incidents/{incident}", json={"call": "ended"}), 404)
    await refused(other.post(f"/incidents/{incident}/cancel", json={"reason": "duplicate"}), 404)
    assert (await ok(other.get("/incidents")))["items"] == []
    assert (await ok(world.client(Role.AUDITOR).get("/incidents")))["items"] != []


async def test_facts_are_shown_to_call_takers_and_every_look_is_noted(world: World) -> None:
    incident = (await world.raised({**MINIMAL, **PERSONAL}))["id"]
    for reader in (world.operator, world.supervisor):
        shown = await ok(reader.get(f"/incidents/{incident}/facts"))
        assert shown["facts"]["narrative"] == PERSONAL["narrative"]
    trail = await audit(world, incident)
    assert [(line["action"], line["roles"]) for line in trail] == [
        ("incident.raise", "operator"),
        ("incident.facts", "operator"),
        ("incident.facts", "supervisor"),
    ]


async def test_every_write_is_noted_with_who_did_it(world: World) -> None:
    incident = (await world.raised())["id"]
    await world.patch(incident, narrative="още")
    await world.post(f"{incident}/calls", 201, channel="chat")
    await world.post(f"{incident}/legs/shelter/request")
    await world.post(f"{incident}/legs/shelter/waive", who_decided="victim", reason="отказ")
    await world.post(f"{incident}/risk/raise", reason="страх")
    await world.post(f"{incident}/risk/override", role=Role.SUPERVISOR, level="standard", reason="спокойна")
    await world.post(f"{incident}/medical", called_at="2026-11-22T03:00:00Z", by="operator")
    await world.post(f"{incident}/cancel", reason="duplicate")
    trail = await audit(world, incident)
    assert [line["action"] for line in trail] == [
        "incident.raise",
        "incident.update",
        "incident.call",
        "leg.shelter.request",
        "leg.shelter.waive",
        "risk.raise",
        "risk.override",
        "medical.called",
        "incident.cancelled",
    ]
    assert trail[-1]["reason"] == "duplicate"
    assert trail[6]["roles"] == "supervisor"


async def test_nothing_personal_leaves_but_sealed(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    incident = (await world.raised({**MINIMAL, **PERSONAL}, needs={"shelter": True}))["id"]
    await world.post(f"{incident}/risk/raise", reason="Съседката чува викове")
    job = world.voices.job(incident)
    await world.hear(job.step("assigned"))
    await world.hear(job.reports(injured="yes"))
    await world.passes(6)
    shown = [
        (await reader.get(path)).text
        for reader in (world.operator, world.client(Role.AUDITOR))
        for path in ("/incidents", f"/incidents/{incident}")
    ]
    shown.append((await world.operator.get(f"/incidents/{incident}/timeline")).text)
    shown.append((await world.client(Role.AUDITOR).get("/audit", params={"limit": 200})).text)
    async with httpx.AsyncClient(verify=NOBODY) as client:
        shown.append((await client.get(f"{world.service.base}/metrics")).text)
    shown.append(str(world.said(incident)))
    output = capfd.readouterr()
    shown += [output.out, output.err]
    for text in shown:
        assert not any(secret in text for secret in SECRETS)


async def audit(world: World, incident: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    after = None
    while True:
        parameters: dict[str, Any] = {"limit": 200} | ({"after": after} if after else {})
        page = await ok(world.client(Role.AUDITOR).get("/audit", params=parameters))
        found += [line for line in page["items"] if line["incident"] == incident]
        after = page["next"]
        if after is None:
            return found
