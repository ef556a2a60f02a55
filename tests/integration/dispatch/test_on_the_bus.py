"""With a real bus: incidents are heard, jobs are said, and live pages are told."""

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

from services.dispatch.main import make_house
from shared.contracts.vocabulary import Role, Service
from shared.errors import Poison
from shared.messaging.bus import BusAddress
from shared.security.sealing import Seals
from tests.integration.dispatch.world import World
from tests.support.house import eventually, running
from tests.support.intake_voice import Incident, Said
from tests.support.nats_server import NatsServer
from tests.support.trust import NOBODY
from tests.support.world import Clock, ok

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path, nats: NatsServer) -> AsyncIterator[World]:
    """A district whose dispatch is on the bus."""
    await nats.ensure_topology()
    clock = Clock()
    async with running(make_house, tmp_path, nats_url=nats.url, clock=clock) as service:
        made = World(service, clock)
        await made.load("north/N-1")
        yield made
        await made.close()


@pytest.fixture
async def intake(tmp_path: Path, nats: NatsServer, world: World) -> AsyncIterator[Client]:
    """Connect as intake, with its key."""
    client = await connect(nats, Service.INTAKE)
    yield client
    await client.close()


async def connect(nats: NatsServer, service: Service) -> Client:
    address = BusAddress(nats.url, nats.keys, service)
    return await nats_client.connect(nats.url, **address.options())


async def publish(client: Client, service: Service, said: Said) -> None:
    await client.jetstream().publish(said.subject, said.body, stream=service.stream, headers=said.headers)


async def job_of(world: World, incident: Incident, state: str) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        jobs = await world.jobs(incident)
        return jobs[-1] if jobs and jobs[-1]["state"] == state else None

    job: dict[str, Any] = await eventually(found, f"the job is {state}")
    return job


async def published(world: World, nats: NatsServer, count: int) -> list[Any]:
    """Return the first messages of dispatch's stream, read with dispatch's key."""
    client = await connect(nats, Service.DISPATCH)
    try:
        stream = client.jetstream()

        async def read() -> list[Any] | None:
            try:
                return [await stream.get_msg(Service.DISPATCH.stream, number) for number in range(1, count + 1)]
            except NotFoundError:
                return None

        messages: list[Any] = await eventually(read, f"{count} messages are published")
        return messages
    finally:
        await client.close()


async def test_a_raised_incident_is_answered_on_the_bus(world: World, intake: Client, nats: NatsServer) -> None:
    incident = Incident(facts={"victim": {"name": "Мария"}})
    await publish(intake, Service.INTAKE, world.voice.says(incident))
    job = await job_of(world, incident, "assigned")
    answer, unit = await published(world, nats, 2)
    assert answer.subject == "zakrila.TST.dispatch.job.assigned"
    assert answer.headers["ce-subject"] == job["id"]
    data = orjson.loads(answer.data)
    assert (data["incident"], data["incident_version"], data["state"]["unit"]) == (incident.id, 1, "N-1")
    assert [step["type"] for step in data["steps"]] == ["dispatch.job.assigned"]
    assert unit.subject == "zakrila.TST.dispatch.unit.changed"
    assert orjson.loads(unit.data)["state"] == {"code": "N-1", "state": "busy", "shadow": False}
    assert not {"latitude", "position_at"} & orjson.loads(unit.data)["state"].keys()


async def test_the_same_message_many_times_is_one_job(world: World, intake: Client) -> None:
    incident = Incident()
    said = world.voice.says(incident)
    for _ in range(5):
        await publish(intake, Service.INTAKE, said)
    await publish(intake, Service.INTAKE, world.voice.says(incident.later(priority=1)))

    async def heard() -> bool:
        jobs = await world.jobs(incident)
        return bool(jobs and jobs[-1]["priority"] == 1)

    await eventually(heard, "the later version is heard")
    assert [job["version"] for job in await world.jobs(incident)] == [1]


async def test_what_was_sealed_for_another_message_is_buried_and_blocks_nobody(world: World, intake: Client) -> None:
    forged, honest = Incident(), Incident()
    foreign = orjson.loads(world.voice.says(Incident()).body)["sealed"]
    said = world.voice.says(forged)
    body = orjson.dumps({**orjson.loads(said.body), "sealed": foreign})
    await publish(intake, Service.INTAKE, Said(said.subject, said.headers, body))
    await publish(intake, Service.INTAKE, world.voice.says(honest))
    await job_of(world, honest, "assigned")
    assert await world.jobs(forged) == []

    async def buried() -> bool:
        async with httpx.AsyncClient(verify=NOBODY) as client:
            return bool((await client.get(f"{world.service.base}/health/ready")).json()["dead_letters"] == 1)

    await eventually(buried, "the forged message is a dead letter")


async def test_live_pages_are_told_of_their_own_jobs_only(world: World) -> None:
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
        "crew": world.crew("north/N-1"),
        "desk": world.desk("north"),
        "operator": world.client(Role.OPERATOR),
        "other": world.desk("south"),
    }
    told: dict[str, list[tuple[str, str]]] = {name: [] for name in readers}
    tasks = []
    for name, client in readers.items():
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(follow(client, told[name], ready)))
        await asyncio.wait_for(ready.wait(), 5)
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    unit = (await world.unit("N-1"))["id"]
    both = [("dispatch.job.assigned", job), ("dispatch.unit.changed", unit)]
    await eventually(lambda: told["desk"] == told["crew"] == both, "crew and desk are told")
    await eventually(lambda: told["operator"] == both[:1], "the operator is told of the job, not of the unit")
    assert told["other"] == []
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1))
    await eventually(lambda: told["crew"][-1] == ("dispatch.job.facts", job), "the crew reads the job again")
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_was_said_while_the_bus_was_away_is_said_when_it_is_back(world: World, nats: NatsServer) -> None:
    nats.kill()
    incident = await world.raises()
    assert (await world.job(incident))["state"] == "assigned"
    nats.start()
    answer, _unit = await published(world, nats, 2)
    assert orjson.loads(answer.data)["incident"] == incident.id


async def test_a_report_from_the_scene_can_be_opened_by_intake_alone(world: World, nats: NatsServer) -> None:
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/acknowledge"))
    await ok(crew.post(f"/jobs/{job}/facts", json={"injured": "yes"}))
    *_, last = await published(world, nats, 4)
    data = orjson.loads(last.data)
    token = data["sealed"]["intake"]
    bound = (data["incident"], data["entity"], data["version"])
    assert Seals.from_folder(nats.keys, Service.INTAKE).open(token, *bound) == {"scene": {"injured": "yes"}}
    with pytest.raises(Poison):
        Seals.from_folder(nats.keys, Service.NOTIFY).open(token, *bound)
