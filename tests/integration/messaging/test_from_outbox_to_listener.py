"""What one service commits another acts on: through outbox, relay, a real bus, listener and inbox (P1, P4)."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest

from shared.contracts.vocabulary import Role, Service
from shared.ids import new_id
from shared.security.keys import ensure_keys
from tests.integration.messaging.town import Town, connected, event, kept_topology, publish, town
from tests.support.house import eventually
from tests.support.nats_server import NatsServer
from tests.support.trust import NOBODY

pytestmark = pytest.mark.anyio


@pytest.fixture
async def people(anyio_backend: str, tmp_path: Path, nats: NatsServer) -> AsyncIterator[Town]:
    """Both houses on the bus."""
    await nats.ensure_topology()
    async with town(tmp_path, nats) as made:
        yield made


async def test_what_one_says_the_other_acts_on_once(people: Town) -> None:
    names = [await people.says() for _ in range(20)]
    await people.all_noticed(names)
    assert people.noticed() == dict.fromkeys(names, (1, 1))
    await people.all_published()
    assert {row["lease"] for row in people.outbox()} == {None}
    assert people.figure("zakrila_published_total") == 20


async def test_a_message_is_a_cloud_event_in_binary_mode(people: Town) -> None:
    async with people.speaker.client(Role.OPERATOR) as operator:
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        made = (await operator.post("/slips", json={"text": "bread"}, headers={"traceparent": trace})).json()
    await people.all_published()
    (message,) = await people.messages()
    headers = dict(message.headers or {})
    assert message.subject == "zakrila.RSE.intake.incident.raised"
    assert headers["Nats-Msg-Id"] == headers["ce-id"]
    assert headers["traceparent"].split("-")[1] == trace.split("-")[1]
    assert {name: headers[name] for name in headers if name.startswith("ce-") and name not in {"ce-id", "ce-time"}} == {
        "ce-source": "/zakrila/intake",
        "ce-type": "intake.incident.raised",
        "ce-specversion": "1.0",
        "ce-subject": made["id"],
        "ce-datacontenttype": "application/json",
    }
    assert headers["ce-time"].endswith("Z")
    assert orjson.loads(message.data or b"")["entity"] == made["id"]


async def test_duplicates_late_and_shuffled_messages_have_the_effect_of_one(people: Town) -> None:
    order = random.Random(7)
    names = [new_id() for _ in range(5)]
    said = [(name, version) for name in names for version in range(1, 7) for _ in range(3)]
    order.shuffle(said)
    async with connected(people.nats, Service.INTAKE) as intake:
        for name, version in said:
            await publish(intake, *event(name, version))
    await eventually(
        lambda: (
            people.figure("zakrila_consumed_total", people.hearer, type="intake.incident.updated", result="handled")
            == len(said)
        ),
        "all are handled",
    )
    seen = people.noticed()
    assert {name: seen[name][0] for name in names} == dict.fromkeys(names, 6)
    for name in names:
        versions = [version for each, version in said if each == name]
        rises = sum(version > max(versions[:place], default=0) for place, version in enumerate(versions))
        assert seen[name][1] <= rises
    assert people.dead_letters() == []


async def test_the_same_version_a_hundred_times_is_acted_on_once(people: Town) -> None:
    name = new_id()
    async with connected(people.nats, Service.INTAKE) as intake:
        for _ in range(100):
            await publish(intake, *event(name))
    other = await people.says()
    await people.all_noticed([name, other])
    assert people.noticed()[name] == (1, 1)


async def test_a_type_of_a_later_release_is_let_pass(people: Town) -> None:
    async with connected(people.nats, Service.INTAKE) as intake:
        headers, body = event("later")
        await publish(intake, {**headers, "ce-type": "intake.invoice.sent"}, body, "intake.incident.sent")
        await publish(intake, *event("known", more="of a later release"))
    await people.all_noticed(["known"])
    assert people.dead_letters() == []
    assert set(people.noticed()) == {"known"}


async def test_what_was_said_while_the_bus_was_down_is_acted_on_when_it_is_back(people: Town) -> None:
    before = await people.says()
    await people.all_noticed([before])
    people.nats.kill()
    names = [await people.says() for _ in range(10)]
    people.nats.start()
    await people.all_noticed(names)
    assert people.noticed() == dict.fromkeys([before, *names], (1, 1))
    await people.all_published()
    assert people.figure("zakrila_stream_losses_total") == 0


async def test_a_service_started_without_a_bus_accepts_and_catches_up_when_there_is_one(tmp_path: Path) -> None:
    ensure_keys(tmp_path / "keys")
    nats = NatsServer(tmp_path / "nats", tmp_path / "keys")
    async with town(tmp_path, nats) as people, people.speaker.client(Role.OPERATOR) as operator:
        made = await operator.post("/slips", json={"text": "bread"})
        assert made.status_code == 201
        async with httpx.AsyncClient(verify=NOBODY) as anybody:
            ready = await anybody.get(f"{people.speaker.base}/health/ready")
        assert (ready.status_code, ready.json()["bus"]) == (200, "away")
        nats.start()
        async with kept_topology(nats):
            await people.all_noticed([made.json()["id"]], seconds=30)
        async with httpx.AsyncClient(verify=NOBODY) as anybody:
            assert (await anybody.get(f"{people.speaker.base}/health/ready")).json()["bus"] == "ok"
    nats.kill()
