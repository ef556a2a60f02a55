"""A small district with a running dispatch service, and the people who use it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import httpx
import orjson
from sqlalchemy import select

from services.dispatch.consumers import HANDLERS
from shared.contracts.vocabulary import Role, Service
from shared.messaging.inbox import decode, take_in
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.support.house import Running
from tests.support.intake_voice import RAISED, Incident, IntakeVoice, Said

MUNICIPALITIES = {"TST1": (43.8, 25.9, ["TST2"]), "TST2": (43.5, 25.7, ["TST1"]), "TST3": (43.0, 25.0, [])}
STATIONS = {
    "north": ("TST1", ["TST1"], "home"),
    "south": ("TST2", ["TST2"], "home"),
    "far": ("TST3", ["TST3"], "home"),
    "border": ("TST1", [], "away"),
}
PLACES = {"north": (43.8, 25.9), "south": (43.5, 25.7), "far": (43.0, 25.0), "border": (43.9, 26.0)}


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


def district(*units: str, code: str = "TST", at: Mapping[str, tuple[float, float]] | None = None) -> dict[str, Any]:
    """Return the section of a jurisdiction; units are named ``station/code``."""
    positions = at or {}
    return {
        "code": code,
        "name": {"bg": "Проба"},
        "country": "BG",
        "languages": ["bg"],
        "timezone": "Europe/Sofia",
        "invented": "Everything here is invented.",
        "deadlines": {},
        "municipalities": [
            {
                "code": name,
                "name": {"bg": name},
                "latitude": latitude,
                "longitude": longitude,
                "region": "one",
                "neighbours": beside,
            }
            for name, (latitude, longitude, beside) in MUNICIPALITIES.items()
        ],
        "stations": [
            {
                "code": name,
                "name": {"bg": name},
                "municipality": municipality,
                "latitude": PLACES[name][0],
                "longitude": PLACES[name][1],
                "covers": covers,
                "directorate": directorate,
            }
            for name, (municipality, covers, directorate) in STATIONS.items()
        ],
        "units": [_unit(named, positions) for named in units],
    }


def _unit(named: str, positions: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    station, _, code = named.partition("/")
    latitude, longitude = positions.get(code) or PLACES.get(station, (43.8, 25.9))
    return {"code": code, "station": station, "latitude": latitude, "longitude": longitude}


class World:
    """What a test can do and see."""

    def __init__(self, service: Running, clock: Clock) -> None:
        self.service = service
        self.clock = clock
        self.voice = IntakeVoice(service.keys)
        self._seals = Seals.from_folder(service.keys, Service.DISPATCH)
        self._clients: dict[str, httpx.AsyncClient] = {}

    # --- who asks ---------------------------------------------------------------------------------------------------

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

    def desk(self, station: str) -> httpx.AsyncClient:
        return self.client(Role.DISPATCHER, station)

    def crew(self, named: str) -> httpx.AsyncClient:
        """Return the crew of ``station/code``."""
        station, _, code = named.partition("/")
        return self.client(Role.CREW, station, code)

    async def close(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    # --- what happens ------------------------------------------------------------------------------------------------

    async def load(self, *units: str, **more: Any) -> dict[str, Any]:
        """Load the district with these units."""
        return await ok(self.admin.put("/jurisdictions/TST", json=district(*units, **more)))

    async def hear(self, said: Said) -> None:
        """Hear a message as the listener does."""
        heard = decode(said.headers, said.body, Service.DISPATCH, self._seals)
        assert heard is not None

        def use_case(tx: Transaction) -> None:
            to_do = take_in(tx, heard)
            if to_do is not None:
                HANDLERS[heard.family](tx, to_do)

        await self.service.chassis.runner.run(use_case)

    async def says(self, incident: Incident, *, ask: int = 0) -> Incident:
        """Let intake say an incident."""
        await self.hear(self.voice.says(incident, ask=ask))
        return incident

    async def raises(self, **facts: Any) -> Incident:
        """Let intake raise an incident."""
        return await self.says(Incident(**facts))

    async def passes(self, seconds: float) -> None:
        """Let time pass and the clock look."""
        self.clock.advance(seconds)
        sweep = self.service.chassis.house.sweeps[0]
        await self.service.chassis.runner.run(sweep.use_case)

    # --- what can be seen --------------------------------------------------------------------------------------------

    async def jobs(self, incident: Incident) -> list[dict[str, Any]]:
        """Return an incident's jobs, oldest first."""
        listed = await ok(self.supervisor.get("/jobs", params={"incident": incident.id}))
        return sorted(listed["items"], key=lambda job: job["attempt"])

    async def job(self, incident: Incident) -> dict[str, Any]:
        """Return an incident's newest job."""
        return (await self.jobs(incident))[-1]

    async def unit(self, code: str, *, mode: str = "actual") -> dict[str, Any]:
        """Return a unit as the supervisor sees it."""
        listed = await ok(self.supervisor.get("/units", params={"mode": mode}))
        return next(unit for unit in listed["items"] if unit["code"] == code)

    def said(self, incident: Incident) -> list[dict[str, Any]]:
        """Return everything that was said on the bus about an incident's jobs, oldest first."""
        query = select(kernel.outbox).where(kernel.outbox.c.incident == incident.id).order_by(kernel.outbox.c.id)
        with self.service.chassis.store.reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [{"type": row["type"], "data": orjson.loads(row["body"])} for row in rows]

    def opened(self, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return what was sealed for intake in an event."""
        data = event["data"]
        intake = Seals.from_folder(self.service.keys, Service.INTAKE)
        return intake.open(data["sealed"]["intake"], data["incident"], data["entity"], data["version"])


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
