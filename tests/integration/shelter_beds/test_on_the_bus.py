"""With a real bus: incidents and jobs are heard, placements are said, and live pages are told."""

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

from services.shelter_beds.main import make_house
from shared.contracts.vocabulary import Role, Service
from shared.messaging.bus import BusAddress
from tests.integration.shelter_beds.world import World, shelter
from tests.support.house import eventually, running
from tests.support.intake_voice import Incident, Said
from tests.support.nats_server import NatsServer
from tests.support.world import Clock

pytestmark = pytest.mark.anyio


@pytest.fixture
async def world(tmp_path: Path, nats: NatsServer) -> AsyncIterator[World]:
    """A place whose shelter_beds is on the bus."""
    await nats.ensure_topology()
    clock = Clock()
    async with running(make_house, tmp_path, nats_url=nats.url, clock=clock) as service:
        made = World(service, clock)
        await made.load(shelter("lipa", 2))
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


async def placement_of(world: World, incident: Incident, state: str) -> dict[str, Any]:
    async def found() -> dict[str, Any] | None:
        placements = await world.placements(incident)
        return placements[-1] if placements and placements[-1]["state"] == state else None

    placement: dict[str, Any] = await eventually(found, f"the placement is {state}")
    return placement


async def published(nats: NatsServer, count: int) -> list[Any]:
    """Return the first messages of shelter_beds' stream, read with its key."""
    client = await connect(nats, Service.SHELTER_BEDS)
    try:
        stream = client.jetstream()

        async def read() -> list[Any] | None:
            try:
                return [await stream.get_msg(Service.SHELTER_BEDS.stream, number) for number in range(1, count + 1)]
            except NotFoundError:
                return None

        messages: list[Any] = await eventually(read, f"{count} messages are published")
        return messages
    finally:
        await client.close()


async def test_a_raised_incident_is_answered_on_the_bus(world: World, intake: Client, nats: NatsServer) -> None:
    incident = Incident(facts={"victim": {"adults": [{"sex": "f"}]}})
    await publish(intake, Service.INTAKE, world.voice.says(incident))
    placement = await placement_of(world, incident, "held")
    answer, room = await published(nats, 2)
    assert answer.subject == "zakrila.TST.shelter_beds.placement.held"
    assert answer.headers["ce-subject"] == placement["id"]
    data = orjson.loads(answer.data)
    assert (data["incident"], data["incident_version"], data["state"]["alias"]) == (incident.id, 1, placement["alias"])
    assert [step["type"] for step in data["steps"]] == ["shelter_beds.placement.held"]
    assert room.subject == "zakrila.TST.shelter_beds.room.changed"
    assert orjson.loads(room.data)["state"] == {"state": "free", "held": True, "shadow": False}


async def test_the_same_message_many_times_is_one_placement(world: World, intake: Client) -> None:
    incident = Incident()
    said = world.voice.says(incident)
    for _ in range(5):
        await publish(intake, Service.INTAKE, said)
    await publish(intake, Service.INTAKE, world.voice.says(incident.later(state="cancelled")))
    await placement_of(world, incident, "cancelled")
    assert [placement["version"] for placement in await world.placements(incident)] == [2]


async def test_the_crews_steps_are_heard(world: World, intake: Client, nats: NatsServer) -> None:
    incident = Incident()
    await publish(intake, Service.INTAKE, world.voice.says(incident))
    await placement_of(world, incident, "held")
    dispatch = await connect(nats, Service.DISPATCH)
    try:
        await publish(dispatch, Service.DISPATCH, world.voice.of_job(incident, state="cleared", version=5))

        async def asked() -> bool:
            return bool((await world.placement(incident))["attention"] == "cleared_without_transport")

        await eventually(asked, "a human is asked to look")
    finally:
        await dispatch.close()
    handover = {"state": "offered", "attempt": 1, "request": 1}
    notify = await connect(nats, Service.NOTIFY)
    try:
        said = world.voice.of(incident, "notify.handover", "offered", handover, 1)
        await publish(notify, Service.NOTIFY, said)
        await publish(intake, Service.INTAKE, world.voice.says(incident.later(state="cancelled")))
        await placement_of(world, incident, "cancelled")
    finally:
        await notify.close()


async def test_live_pages_are_told_of_their_own_placements_only(world: World) -> None:
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
        "staff": world.staff("lipa"),
        "operator": world.client(Role.OPERATOR),
        "other": world.staff("breza"),
    }
    told: dict[str, list[tuple[str, str]]] = {name: [] for name in readers}
    tasks = []
    for name, client in readers.items():
        ready = asyncio.Event()
        tasks.append(asyncio.create_task(follow(client, told[name], ready)))
        await asyncio.wait_for(ready.wait(), 5)
    incident = await world.raises()
    placement = (await world.placement(incident))["id"]
    room = (await world.rooms("lipa"))["1"]["id"]
    both = [("shelter_beds.placement.held", placement), ("shelter_beds.room.changed", room)]
    await eventually(lambda: told["staff"] == both, "the shelter's staff are told of both")
    await eventually(lambda: told["operator"] == both[:1], "the operator is told of the placement, not of the room")
    await world.move("lipa", incident, "confirm")
    confirmed = ("shelter_beds.placement.confirmed", placement)
    await eventually(lambda: confirmed in told["operator"], "the operator is told of the confirmation")
    assert told["other"] == []
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_what_was_said_while_the_bus_was_away_is_said_when_it_is_back(world: World, nats: NatsServer) -> None:
    nats.kill()
    incident = await world.raises()
    assert (await world.placement(incident))["state"] == "held"
    nats.start()
    answer, _room = await published(nats, 2)
    assert orjson.loads(answer.data)["incident"] == incident.id
