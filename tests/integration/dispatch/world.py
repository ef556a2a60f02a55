"""A small district with a running dispatch service, and the people who use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from shared.contracts.vocabulary import Role
from tests.support.intake_voice import Incident
from tests.support.world import ServiceWorld, ok

MUNICIPALITIES = {"TST1": (43.8, 25.9, ["TST2"]), "TST2": (43.5, 25.7, ["TST1"]), "TST3": (43.0, 25.0, [])}
STATIONS = {
    "north": ("TST1", ["TST1"], "home"),
    "south": ("TST2", ["TST2"], "home"),
    "far": ("TST3", ["TST3"], "home"),
    "border": ("TST1", [], "away"),
}
PLACES = {"north": (43.8, 25.9), "south": (43.5, 25.7), "far": (43.0, 25.0), "border": (43.9, 26.0)}


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


class World(ServiceWorld):
    """What a test can do and see."""

    def desk(self, station: str) -> httpx.AsyncClient:
        return self.client(Role.DISPATCHER, station)

    def crew(self, named: str) -> httpx.AsyncClient:
        """Return the crew of ``station/code``."""
        station, _, code = named.partition("/")
        return self.client(Role.CREW, station, code)

    async def load(self, *units: str, **more: Any) -> dict[str, Any]:
        """Load the district with these units."""
        return await ok(self.admin.put("/jurisdictions/TST", json=district(*units, **more)))

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
