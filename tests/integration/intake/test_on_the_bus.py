"""With a real bus, and without one: incidents are said, answers are heard, live pages are told (P1, P2, P5)."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import nats as nats_client
import orjson
import pytest
from nats.aio.client import Client
from nats.js.errors import NotFoundError

from services.intake.main import make_house
from shared.contracts.vocabulary import Role, Service
from shared.messaging.authority import inbox_prefix
from shared.messaging.bus import BusAddress
from tests.integration.intake.world import CALM, World
from tests.support.house import eventually, running
from tests.support.intake_voice import Said
from tests.support.nats_server import NatsServer
from tests.support.trust import NOBODY
from tests.support.world import Clock, ok

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path, nats: NatsServer) -> AsyncIterator[World]:
    """A small area whose intake is on the bus."""
    await nats.ensure_topology()
    clock = Clock()
    async with running(make_house, tmp_path, nats_url=nats.url, clock=clock) as service:
        made = World(service, clock)
        await made.load()
        yield made
        await made.close()


@pytest.fixture
async def dispatch(nats: NatsServer, world: World) -> AsyncIterator[Client]:
    """Connect as dispatch, with its key."""
    client = await connect(nats, Service.DISPATCH)
    yield client
    await client.close()


async def connect(nats: NatsServer, service: Service) -> Client:
    return await nats_client.connect(nats.url, **BusAddress(nats.url, nats.keys, service).options())


async def publish(client: Client, service: Service, said: Said) -> None:
    await client.jetstream().publish(said.subject, said.body, stream=service.stream, headers=said.headers)


async def published(nats: NatsServer, count: int) -> list[dict[str, Any]]:
    """Return the data of the first messages of intake's stream."""
    client = await connect(nats, Service.INTAKE)
    try:
        stream = client.jetstream()

        async def read() -> list[dict[str, Any]] | None:
            try:
                messages = [await stream.get_msg(Service.INTAKE.stream, number) for number in range(1, count + 1)]
            except NotFoundError:
                return None
            return [orjson.loads(message.data or b"") for message in messages]

        data: list[dict[str, Any]] = await eventually(read, f"{count} messages are published")
        return data
    finally:
        await client.close()


async def test_an_incident_is_said_and_its_answer_is_heard(world: World, nats: NatsServer, dispatch: Client) -> None:
    incident = (await world.raised())["id"]
    [said] = await published(nats, 1)
    assert (said["entity"], said["version"], said["ask"]) == (incident, 1, 0)
    await publish(dispatch, Service.DISPATCH, world.voices.job(incident).step("assigned"))

    async def answered() -> bool:
        return bool((await world.leg(incident))["state"] == "answered")

    await eventually(answered, "the answer is heard")


async def test_unheard_it_is_asked_again_by_itself(world: World, nats: NatsServer) -> None:
    incident = (await world.raised())["id"]
    await published(nats, 1)
    for service in (Service.DISPATCH, Service.NOTIFY):
        await given(nats, service)
    world.clock.advance(3)
    first, second = await published(nats, 2)
    assert [(first["ask"], first["entity"]), (second["ask"], second["entity"])] == [(0, incident), (1, incident)]


async def given(nats: NatsServer, service: Service) -> None:
    """Let a service be given what waits for it, and never answer."""
    client = await connect(nats, service)
    try:
        subscription = await client.jetstream().pull_subscribe_bind(
            durable=service.value, stream=Service.INTAKE.stream, inbox_prefix=f"{inbox_prefix(service)}.".encode()
        )
        for message in await subscription.fetch(1, timeout=5):
            await message.ack()
    finally:
        await client.close()


async def test_live_pages_are_told_of_their_own_incidents_only(world: World) -> None:
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
        "operator": world.operator,
        "supervisor": world.supervisor,
        "elsewhere": world.client(Role.OPERATOR, "PDV"),
        "dispatcher": world.client(Role.DISPATCHER, "TST"),
    }
    told: dict[str, list[tuple[str, str]]] = {name: [] for name in readers}
    tasks = []
    for name, client in readers.items():
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(follow(client, told[name], ready)))
        await asyncio.wait_for(ready.wait(), 5)
    incident = (await world.raised())["id"]
    await world.hear(world.voices.job(incident).step("assigned"))
    both = [("intake.incident.raised", incident), ("intake.leg.changed", incident)]
    await eventually(lambda: told["operator"] == told["supervisor"] == both, "they are told")
    assert told["elsewhere"] == told["dispatcher"] == []
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_was_raised_while_the_bus_was_away_is_said_when_it_is_back(world: World, nats: NatsServer) -> None:
    await world.raised()
    await published(nats, 1)
    nats.kill()
    incident = (await world.raised())["id"]
    nats.start()
    _, said = await published(nats, 2)
    assert said["entity"] == incident


async def test_without_any_bus_calls_are_taken_in_normal_time_and_promises_become_loud(tmp_path: Path) -> None:
    clock = Clock()
    async with running(make_house, tmp_path, clock=clock) as service:
        world = World(service, clock)
        try:
            await world.load()
            took, raised = [], []
            for _ in range(20):
                began = time.perf_counter()
                raised.append((await world.raised(CALM))["id"])
                took.append(time.perf_counter() - began)
            assert sorted(took)[10] < 0.25, "half of the calls within a quarter of a second"
            async with httpx.AsyncClient(verify=NOBODY) as client:
                ready = await client.get(f"{service.base}/health/ready")
            assert (ready.status_code, ready.json()["bus"]) == (200, "away")
            clock.advance(6)

            async def all_loud() -> bool:
                shown = await ok(world.operator.get("/incidents", params={"overdue": True, "limit": 200}))
                loud = [item for item in shown["items"] if all(leg["overdue"] for leg in item["legs"].values())]
                return [item["id"] for item in loud] == raised[::-1]

            await eventually(all_loud, "every promise is loud")
            assert (await world.incident(raised[0]))["phones"], "and says whom to ring"
        finally:
            await world.close()
