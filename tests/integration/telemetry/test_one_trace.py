"""One incident is one trace: from the operator's POST through dispatch and back into intake, on a real bus."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from services.dispatch.main import make_house as dispatch
from services.intake.main import make_house as intake
from shared.contracts.vocabulary import Role
from tests.integration.telemetry.conftest import load_small
from tests.support.house import Running, eventually, running
from tests.support.nats_server import NatsServer
from tests.support.otlp_receiver import OtlpReceiver, Span
from tests.support.world import ok

pytestmark = pytest.mark.anyio

CALL = {
    "channel": "emergency_112",
    "call": "live",
    "location": {"municipality": "TST1", "address": "ул. Тайна 7"},
    "victim": {"name": "Мария Тестова"},
    "callback": {"phone": "+359888123456"},
    "needs": {"police": True, "shelter": False, "centre": False},
}
PERSONAL = ("Тайна", "Мария", "888123456", "43.8", "25.9")
TRACE, OPERATOR = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


@pytest.fixture
async def receiver() -> AsyncIterator[OtlpReceiver]:
    with OtlpReceiver() as made:
        yield made


@pytest.fixture
async def services(tmp_path: Path, nats: NatsServer, receiver: OtlpReceiver) -> AsyncIterator[dict[str, Running]]:
    """Run intake and dispatch, each with its own store, on one bus, both exporting."""
    await nats.ensure_topology()
    more: dict[str, Any] = {"nats_url": nats.url, "otlp_endpoint": receiver.endpoint}
    async with running(intake, tmp_path, **more) as first, running(dispatch, tmp_path, **more) as second:
        await load_small(first)
        await load_small(second)
        yield {"intake": first, "dispatch": second}


async def raised(intake: Running) -> str:
    """Raise the call as an operator whose browser began a trace; return the incident once police are answered."""
    headers = {"traceparent": f"00-{TRACE}-{OPERATOR}-01"}
    async with intake.client(Role.OPERATOR, "TST") as operator:
        incident = (await ok(operator.post("/incidents", json=CALL, headers=headers), 201))["id"]

        async def answered() -> bool:
            legs = (await ok(operator.get(f"/incidents/{incident}")))["legs"]
            return bool(legs["police"]["state"] == "answered")

        await eventually(answered, "the police leg is answered")
    return str(incident)


async def test_an_incident_is_one_trace_from_the_post_through_dispatch_and_back(
    services: dict[str, Running], receiver: OtlpReceiver
) -> None:
    incident = await raised(services["intake"])

    def whole() -> bool:
        return bool([s for s in receiver.spans if s.trace_id == TRACE and s.name == "hear dispatch.job.assigned"])

    await eventually(whole, "the answer's span is exported")
    await eventually(lambda: len(chain(receiver, TRACE)) >= 6, "every span between is exported")
    path = [(span.service, span.kind, span.name) for span in chain(receiver, TRACE)]
    assert path == [
        ("intake", "SERVER", "POST /incidents"),
        ("intake", "INTERNAL", "use case"),
        ("dispatch", "CONSUMER", "hear intake.incident.raised"),
        ("dispatch", "INTERNAL", "use case"),
        ("intake", "CONSUMER", "hear dispatch.job.assigned"),
        ("intake", "INTERNAL", "use case"),
    ]
    publishes = {span.name: span for span in receiver.spans if span.kind == "PRODUCER" and span.trace_id == TRACE}
    assert {"publish intake.incident.raised", "publish dispatch.job.assigned"} <= publishes.keys()
    assert publishes["publish intake.incident.raised"].attributes["zakrila.incident"] == incident
    said = [span.attributes.get("zakrila.said") for span in chain(receiver, TRACE) if span.name == "use case"]
    assert said[:2] == [["intake.incident.raised"], ["dispatch.job.assigned", "dispatch.unit.changed"]]


async def test_nothing_personal_is_in_a_span(services: dict[str, Running], receiver: OtlpReceiver) -> None:
    incident = await raised(services["intake"])
    async with services["intake"].client(Role.OPERATOR, "TST") as operator:
        await ok(operator.get(f"/incidents/{incident}/facts"))
    await eventually(lambda: receiver.named("GET /incidents/{incident}/facts"), "the look is exported")
    everything = repr(receiver.spans)
    assert not [word for word in PERSONAL if word in everything]


def chain(receiver: OtlpReceiver, trace: str) -> list[Span]:
    """Return the spans from the operator's on, each the parent of the next, publishing left aside."""
    spans = [span for span in receiver.spans if span.trace_id == trace and span.kind != "PRODUCER"]
    path: list[Span] = []
    parent = OPERATOR
    while nexts := [span for span in spans if span.parent_id == parent]:
        path.append(nexts[0])
        parent = nexts[0].span_id
    return path
