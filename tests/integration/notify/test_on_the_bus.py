"""With a real bus: incidents are heard, handovers are said, and live pages are told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import nats as nats_client
import orjson
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.notify.main import make_house
from shared.contracts.vocabulary import Role, Service
from shared.messaging.bus import BusAddress
from tests.integration.notify.world import CHILD, World, packet
from tests.support.house import eventually, running
from tests.support.intake_voice import Incident, Said
from tests.support.nats_server import NatsServer
from tests.support.trust import NOBODY
from tests.support.world import Clock, ok

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path, nats: NatsServer) -> AsyncIterator[World]:
    """A district whose notify is on the bus."""
    await nats.ensure_topology()
    clock = Clock()
    async with running(make_house, tmp_path, nats_url=nats.url, clock=clock) as service:
        made = World(service, clock)
        await made.load()
        yield made
        await made.close()


@pytest.fixture
async def intake(nats: NatsServer, world: World) -> AsyncIterator[Client]:
    """Connect as intake, with its key."""
    client = await connect(nats, Service.INTAKE)
    yield client
    await client.close()


async def connect(nats: NatsServer, service: Service) -> Client:
    address = BusAddress(nats.url, nats.keys, service)
    return await nats_client.connect(nats.url, **address.options())


async def publish(client: Client, service: Service, said: Said) -> None:
    await client.jetstream().publish(said.subject, said.body, stream=service.stream, headers=said.headers)


async def handover_of(world: World, incident: Incident) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        handovers = await world.handovers(incident)
        return handovers[-1] if handovers else None

    handover: dict[str, Any] = await eventually(found, "there is a handover")
    return handover


async def published(nats: NatsServer, count: int) -> list[Any]:
    """Return the first messages of notify's stream, read with notify's key."""
    client = await connect(nats, Service.NOTIFY)
    try:
        stream = client.jetstream()

        async def read() -> list[Any] | None:
            try:
                return [await stream.get_msg(Service.NOTIFY.stream, number) for number in range(1, count + 1)]
            except NotFoundError:
                return None

        messages: list[Any] = await eventually(read, f"{count} messages are published")
        return messages
    finally:
        await client.close()


async def test_a_raised_incident_is_answered_on_the_bus(world: World, intake: Client, nats: NatsServer) -> None:
    incident = Incident(**CHILD)
    await publish(intake, Service.INTAKE, world.voice.says(incident))
    handover = await handover_of(world, incident)
    answer, notice = await published(nats, 2)
    assert answer.subject == "zakrila.TST.notify.handover.offered"
    assert answer.headers["ce-subject"] == handover["id"]
    data = orjson.loads(answer.data)
    assert (data["incident"], data["incident_version"], data["state"]["centre"]) == (incident.id, 1, "dunav")
    assert [step["type"] for step in data["steps"]] == ["notify.handover.offered"]
    assert notice.subject == "zakrila.TST.notify.notice.sent"
    assert orjson.loads(notice.data)["state"] == {"state": "sent", "office": "children-one", "shadow": False}


async def test_the_same_message_many_times_is_one_handover(world: World, intake: Client) -> None:
    incident = Incident(packet=packet())
    said = world.voice.says(incident)
    for _ in range(5):
        await publish(intake, Service.INTAKE, said)
    await publish(intake, Service.INTAKE, world.voice.says(incident.later(priority=1)))

    async def heard() -> bool:
        handovers = await world.handovers(incident)
        return bool(handovers and handovers[-1]["priority"] == 1)

    await eventually(heard, "the later version is heard")
    assert [handover["version"] for handover in await world.handovers(incident)] == [1]


async def test_what_is_not_for_notify_is_buried_and_blocks_nobody(world: World, intake: Client) -> None:
    odd, honest = Incident(), Incident(packet=packet())  # the first holds what dispatch would be given
    await publish(intake, Service.INTAKE, world.voice.says(odd))
    await publish(intake, Service.INTAKE, world.voice.says(honest))
    await handover_of(world, honest)
    assert await world.handovers(odd) == []

    async def buried() -> bool:
        async with httpx.AsyncClient(verify=NOBODY) as client:
            return bool((await client.get(f"{world.service.base}/health/ready")).json()["dead_letters"] == 1)

    await eventually(buried, "the odd message is a dead letter")


async def test_jobs_and_placements_are_heard_from_their_own_streams(world: World, nats: NatsServer) -> None:
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    for service, said in (
        (Service.DISPATCH, world.voice.of_job(incident, state="on_scene", version=4)),
        (Service.SHELTER_BEDS, world.voice.of_placement(incident, alias="K-71", state="held", version=1)),
    ):
        client = await connect(nats, service)
        await publish(client, service, said)
        await client.close()

    async def seen() -> bool:
        detail = await ok(world.ana.get(f"/handovers/{handover}"))
        return bool(detail["legs"] == {"police": {"state": "on_scene"}, "shelter": {"state": "held", "alias": "K-71"}})

    await eventually(seen, "the centre sees how far the others are")


async def test_live_pages_are_told_of_their_own_handovers_only(world: World) -> None:
    async def follow(client: httpx.AsyncClient, told: list[tuple[str, str]], ready: asyncio.Event) -> None:
        async with client.stream("GET", "/stream") as answer:
            kind = ""
            async for line in answer.aiter_lines():
                ready.set()
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    told.append((kind, json.loads(line.removeprefix("data: "))["id"]))

    readers = {
        "called": world.ana,
        "colleague": world.person("boyana"),
        "operator": world.client(Role.OPERATOR),
        "other": world.gergana,
    }
    told: dict[str, list[tuple[str, str]]] = {name: [] for name in readers}
    tasks = []
    for name, client in readers.items():
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(follow(client, told[name], ready)))
        await asyncio.wait_for(ready.wait(), 5)
    incident = await world.raises()
    offered = ("notify.handover.offered", (await world.handover(incident))["id"])
    await eventually(lambda: told["colleague"] == told["operator"] == [offered], "the centre and the operator are told")
    await eventually(lambda: [kind for kind, _id in told["called"]][1:] == ["notify.delivery.sent"], "she is paged")
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1))
    await eventually(lambda: told["called"][-1] == ("notify.handover.updated", offered[1]), "she reads it again")
    assert told["other"] == []
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_was_said_while_the_bus_was_away_is_said_when_it_is_back(world: World, nats: NatsServer) -> None:
    nats.kill()
    incident = await world.raises()
    nats.start()
    (answer,) = await published(nats, 1)
    assert orjson.loads(answer.data)["incident"] == incident.id
