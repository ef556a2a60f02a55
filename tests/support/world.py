"""A running service, its clock, what it hears, and who asks it: what every service's own small world begins with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
from sqlalchemy import MetaData, select

from shared.contracts.vocabulary import Role, Service
from shared.messaging.inbox import decode
from shared.messaging.listener import hear
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.support.house import Running
from tests.support.intake_voice import RAISED, Incident, IntakeVoice, Said


class Clock:
    """Time that moves when a test says so."""

    def __init__(self) -> None:
        self.now = RAISED

    def __call__(self) -> datetime:
        return self.now

    def reset(self) -> None:
        self.now = RAISED

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class ServiceWorld:
    """What a test can do with one service, and see of it."""

    def __init__(self, service: Running, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.voice = IntakeVoice(service.keys, service.chassis.house.service)
        self._clients: dict[str, httpx.AsyncClient] = {}

    def client(self, role: Role, organisation: str = "TST", unit: str | None = None) -> httpx.AsyncClient:
        """Return somebody signed in."""
        name = f"{role}.{organisation}.{unit}"
        if name not in self._clients:
            self._clients[name] = self.service.client(role, organisation, unit=unit, email=name)
        return self._clients[name]

    @property
    def admin(self) -> httpx.AsyncClient:
        return self.client(Role.ADMIN)

    @property
    def supervisor(self) -> httpx.AsyncClient:
        return self.client(Role.SUPERVISOR)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    async def hear(self, said: Said) -> None:
        """Hear a message as the listener does."""
        house = self.service.chassis.house
        heard = decode(said.headers, said.body, house.service, Seals.from_folder(self.service.keys, house.service))
        assert heard is not None

        handler = house.handlers[heard.family]
        await self.service.chassis.runner.run(lambda tx: hear(tx, heard, handler, house.hears_repeats))

    async def says(self, incident: Incident, *, ask: int = 0) -> Incident:
        """Let intake say an incident."""
        await self.hear(self.voice.says(incident, ask=ask))
        return incident

    async def raises(self, **facts: Any) -> Incident:
        """Let intake raise an incident."""
        return await self.says(Incident(**facts))

    async def passes(self, seconds: float) -> None:
        """Let time pass, and every clock of the service look."""
        self.clock.advance(seconds)
        for sweep in self.service.chassis.house.sweeps:
            await self.service.chassis.runner.run(sweep.use_case)

    def said(self, incident: Incident | str) -> list[dict[str, Any]]:
        """Return everything that the service said on the bus about an incident, oldest first."""
        incident_id = incident if isinstance(incident, str) else incident.id
        query = select(kernel.outbox).where(kernel.outbox.c.incident == incident_id).order_by(kernel.outbox.c.id)
        with self.service.chassis.store.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [{"type": row["type"], "data": orjson.loads(row["body"])} for row in rows]

    def opened(self, event: Mapping[str, Any], by: Service = Service.INTAKE) -> dict[str, Any]:
        """Return what was sealed for another service in an event."""
        data = event["data"]
        seals = Seals.from_folder(self.service.keys, by)
        return seals.open(data["sealed"][by], data["incident"], data["entity"], data["version"])


async def emptied(service: Running, metadata: MetaData) -> None:
    """Empty a service's own tables, for the next test."""

    def empty(tx: Transaction) -> None:
        for table in reversed(metadata.sorted_tables):
            tx.execute(table.delete())

    await service.chassis.runner.run(empty)


def types(events: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the steps of events, without the family."""
    return [event["type"].rpartition(".")[2] for event in events]


async def ok(request: Any, status: int = 200) -> dict[str, Any]:
    """Return the body of an answer that must be good."""
    response = await request
    assert response.status_code == status, response.text
    body: dict[str, Any] = response.json()
    return body


async def refused(request: Any, status: int) -> dict[str, Any]:
    """Return the problem document of a refusal."""
    return await ok(request, status)
