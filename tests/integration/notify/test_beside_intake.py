"""notify and intake on one bus: what one says, the other understands."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.jurisdictions import load
from services.intake.main import make_house as make_intake
from services.notify.main import make_house as make_notify
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Role
from tests.support.house import Running, eventually, running
from tests.support.nats_server import NatsServer
from tests.support.world import ok

pytestmark = pytest.mark.anyio

CALL: dict[str, Any] = {
    "channel": "emergency_112",
    "location": {"municipality": "RSE27", "address": "ул. Тайна 7"},
    "victim": {"name": "Мария", "adults": 1, "children": [{"age": 4, "where": "with_victim"}], "languages": ["bg"]},
    "callback": {"phone": "+359888000001", "safe_to_call": "yes"},
    "perpetrators": [{"name": "Петър", "present": "unknown"}],
    "risk": {"instrument": "lap", "answers": {"1": "yes"}},
    "needs": {"police": False, "shelter": False, "centre": True},
    "consent": {"share_with_centre": True, "by": "victim"},
}


@dataclass
class Two:
    """An operator at intake, and the staff of a centre at notify."""

    operator: httpx.AsyncClient
    staff: httpx.AsyncClient

    async def raises(self, **more: Any) -> str:
        raised = await ok(self.operator.post("/incidents", json={**CALL, **more}), 201)
        incident: str = raised["id"]
        return incident

    async def leg(self, incident: str, state: str) -> dict[str, Any]:
        """Wait until the centre leg is in a state."""

        async def reached() -> dict[str, Any] | None:
            leg: dict[str, Any] = (await ok(self.operator.get(f"/incidents/{incident}")))["legs"]["centre"]
            return leg if leg["state"] == state else None

        leg: dict[str, Any] = await eventually(reached, f"the centre leg is {state}")
        return leg

    async def press(self, handover: str, step: str, **body: str) -> None:
        await ok(self.staff.post(f"/handovers/{handover}/{step}", json=body))

    async def heard_steps(self, incident: str) -> list[str]:
        listed = await ok(self.operator.get(f"/incidents/{incident}/timeline"))
        return [item["type"] for item in listed["items"] if item["type"].startswith("notify")]


@pytest.fixture
async def two(tmp_path: Path, nats: NatsServer) -> AsyncIterator[Two]:
    await nats.ensure_topology()
    document = load.named("ruse")
    async with (
        running(make_intake, tmp_path, nats_url=nats.url) as intake,
        running(make_notify, tmp_path, nats_url=nats.url) as notify,
    ):
        for service, name in ((intake, "intake"), (notify, "notify")):
            await _load(service, section(document, name, first=True).model_dump(mode="json"))  # type: ignore[arg-type]  # one of the services
        async with intake.client(Role.OPERATOR) as operator, notify.client(Role.CENTRE_STAFF, "dunav") as staff:
            yield Two(operator, staff)


async def _load(service: Running, document: dict[str, Any]) -> None:
    async with service.client(Role.ADMIN) as admin:
        await ok(admin.put("/jurisdictions/RSE", json=document))


async def test_a_call_reaches_the_centre_and_the_operator_sees_it_taken_on(two: Two) -> None:
    incident = await two.raises()
    answered = await two.leg(incident, "answered")
    handover = answered["detail"]["handover"]
    assert answered["detail"]["centre"] == "dunav"
    packet = (await ok(two.staff.get(f"/handovers/{handover}")))["packet"]
    assert (packet["people"], packet["region"], packet["safe_contact"]["call"]) == (2, "ruse-danube", "allowed")
    assert packet["facts"]["victim"]["name"] == "Мария"
    assert "address" not in packet["facts"]["location"]
    assert {"narrative", "perpetrators.0.present", "risk.answers.2"} <= set(packet["not_yet_asked"])
    await two.press(handover, "acknowledge")
    await two.leg(incident, "accepted")
    await two.press(handover, "accept")
    await two.leg(incident, "done")
    steps = [f"notify.handover.{step}" for step in ("offered", "acknowledged", "accepted")]

    async def all_heard() -> bool:
        return {*steps, "notify.notice.sent"} <= set(await two.heard_steps(incident))

    await eventually(all_heard, "the operator sees every step, the notice's too")


async def test_a_centre_that_declines_leaves_the_leg_unmet_until_it_is_asked_again(two: Two) -> None:
    incident = await two.raises()
    await two.press((await two.leg(incident, "answered"))["detail"]["handover"], "decline", reason="full")
    unmet = await two.leg(incident, "unmet")
    assert unmet["detail"]["reason"] == "every_centre_declined"
    await ok(two.operator.post(f"/incidents/{incident}/legs/centre/request", json={}))
    again = await two.leg(incident, "answered")
    assert again["detail"]["handover"] != unmet["detail"]["handover"]


async def test_a_notice_alone_answers_where_no_centre_is_needed(two: Two) -> None:
    needs = {"police": False, "shelter": False, "centre": False}
    incident = await two.raises(needs=needs)

    async def told() -> bool:
        return await two.heard_steps(incident) == ["notify.notice.sent"]

    await eventually(told, "child protection is told")
    listed = await ok(two.staff.get("/notices", params={"incident": incident}))
    assert [notice["office"]["code"] for notice in listed["items"]] == ["children-ruse"]


async def test_consent_withdrawn_at_intake_is_withdrawn_at_the_centre(two: Two) -> None:
    incident = await two.raises()
    handover = (await two.leg(incident, "answered"))["detail"]["handover"]
    merge = {"Content-Type": "application/merge-patch+json"}
    withdrawn = {"consent": {"share_with_centre": False}}
    await ok(two.operator.patch(f"/incidents/{incident}", json=withdrawn, headers=merge))

    async def gone() -> bool:
        return "facts" not in (await ok(two.staff.get(f"/handovers/{handover}")))["packet"]

    await eventually(gone, "the packet holds number, region, languages and head-count")
