"""Two boards on one real bus: the one speaks as intake, the other hears as dispatch."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import nats as nats_client
import orjson
from nats.aio.client import Client
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from sqlalchemy import RowMapping, select

from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.messaging import topology
from shared.messaging.bus import BusAddress
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.support.house import Running, eventually, running
from tests.support.nats_server import NatsServer
from tests.support.tiny.board import make_house, say
from tests.support.tiny.tables import noticed

STREAM = Service.INTAKE.stream


class Town:
    def __init__(self, nats: NatsServer, speaker: Running, hearer: Running) -> None:
        self.nats = nats
        self.speaker = speaker
        self.hearer = hearer

    async def says(self, *, version: int = 1, name: str = "", priority: int = 2, unfinished: bool = True) -> str:
        """Let the speaker say a step of an incident; return the incident's id."""
        incident = name or new_id()

        def use_case(tx: Transaction) -> None:
            say(tx, incident, version, priority=priority, unfinished=unfinished)

        await self.speaker.chassis.runner.run(use_case)
        return incident

    def noticed(self) -> dict[str, tuple[int, int]]:
        """Return what the hearer noticed: the newest version and how often it acted, by incident."""
        with self.hearer.chassis.store.reading() as connection:
            return {row.entity: (row.version, row.times) for row in connection.execute(select(noticed))}

    async def all_noticed(self, names: Sequence[str], seconds: float = 15) -> None:
        """Wait until the hearer noticed these."""
        await eventually(lambda: set(names) <= self.noticed().keys(), "everything said is noticed", seconds)

    def outbox(self) -> Sequence[RowMapping]:
        """Return the speaker's outbox, oldest first."""
        with self.speaker.chassis.store.reading() as connection:
            return connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings().all()

    async def all_published(self, seconds: float = 15) -> None:
        """Wait until every row of the speaker is noted as published."""
        await eventually(lambda: all(row["seq"] for row in self.outbox()), "everything is published", seconds)

    def figure(self, name: str, house: Running | None = None, **labels: str) -> float:
        """Return one of a house's metrics: the speaker's, unless said."""
        return (house or self.speaker).chassis.registry.get_sample_value(name, labels) or 0.0

    def dead_letters(self) -> Sequence[RowMapping]:
        """Return the messages that the hearer could not handle."""
        with self.hearer.chassis.store.reading() as connection:
            return connection.execute(select(kernel.dead_letter).order_by(kernel.dead_letter.c.seq)).mappings().all()

    async def messages(self, stream: str = STREAM) -> list[RawStreamMsg]:
        """Return everything that a stream holds, in its order."""
        async with supervisor(self.nats) as client:
            return await messages(client, stream)


@contextlib.asynccontextmanager
async def town(folder: Path, nats: NatsServer, database_url: str | None = None, **hearer: Any) -> AsyncIterator[Town]:
    """Run both houses; ``hearer`` changes the one that hears."""
    speaking = running(make_house(Service.INTAKE), folder, nats_url=nats.url, database_url=database_url)
    hearing = running(make_house(Service.DISPATCH, **hearer), folder, nats_url=nats.url)
    async with speaking as speaker, hearing as hears:
        yield Town(nats, speaker, hears)


@contextlib.asynccontextmanager
async def supervisor(nats: NatsServer) -> AsyncIterator[Client]:
    """Connect with the key that owns streams and durables."""
    client = await topology.connect_supervisor(nats.url, nats.keys)
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def connected(nats: NatsServer, service: Service, errors: list[str] | None = None) -> AsyncIterator[Client]:
    """Connect as a service, with its key."""

    async def note(error: Exception) -> None:
        if errors is not None:
            errors.append(str(error).lower())

    client = await nats_client.connect(nats.url, error_cb=note, **BusAddress(nats.url, nats.keys, service).options())
    try:
        yield client
    finally:
        await client.close()


@contextlib.asynccontextmanager
async def kept_topology(nats: NatsServer) -> AsyncIterator[None]:
    """Keep streams and durables as the supervisor does."""
    stop = asyncio.Event()
    keeping = asyncio.create_task(topology.keep(nats.url, nats.keys, stop=stop))
    try:
        yield
    finally:
        stop.set()
        await keeping


async def messages(client: Client, stream: str = STREAM) -> list[RawStreamMsg]:
    js = client.jetstream()
    found: list[RawStreamMsg] = []
    try:
        state = (await js.stream_info(stream)).state
    except NotFoundError:
        return found
    for seq in range(max(1, state.first_seq), state.last_seq + 1):
        with contextlib.suppress(NotFoundError):
            found.append(await js.get_msg(stream, seq))
    return found


def event(name: str, version: int = 1, **changes: Any) -> tuple[dict[str, str], bytes]:
    """Return headers and body of a plain event of an incident, as intake says it."""
    headers = {"ce-id": new_id(), "ce-type": "intake.incident.updated", "ce-specversion": "1.0"}
    legs = {leg: {"wanted": True, "request": 1} for leg in ("police", "shelter", "centre")}
    data = {
        "incident": name,
        "incident_version": version,
        "entity": name,
        "version": version,
        "jurisdiction": "RSE",
        "state": {
            "number": "RSE-2026-000001",
            "state": "open",
            "raised_at": "2026-11-22T03:00:00Z",
            "call": "live",
            "legs": legs,
            "risk": {"instrument": "lap", "lowest": "standard", "highest": "high"},
        },
    }
    return headers, orjson.dumps({**data, **changes})


async def publish(
    client: Client, headers: dict[str, str], body: bytes, subject: str = "intake.incident.updated"
) -> int:
    ack = await client.jetstream().publish(f"zakrila.RSE.{subject}", body, stream=STREAM, headers=headers)
    return ack.seq
