"""A small area with a running shelter_beds service, and the people who use it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from shared.contracts.vocabulary import Role
from tests.support.intake_voice import Incident
from tests.support.world import ServiceWorld, ok

MUNICIPALITIES = {"TST1": (43.8, 25.9, "west"), "TST2": (43.5, 25.7, "west"), "TST3": (43.0, 25.0, "east")}
"""Where they lie, and their region. Incidents happen in TST1: a shelter there is too near to be safe."""
OPEN_TO_ALL = {
    "adults": ["f", "m"],
    "oldest_boy": None,
    "mobility": ["unrestricted", "assisted", "wheelchair"],
    "acute_medical": True,
    "pets": 5,
    "languages": ["bg", "en"],
    "documents_required": False,
    "children_max": None,
}
POINT = {"kind": "public_place", "text": "пред читалището"}


def shelter(code: str, *rooms: int | Mapping[str, Any], at: str = "TST2", **admission: Any) -> dict[str, Any]:
    """Return a shelter with rooms of so many beds, named 1, 2 and so on."""
    return {
        "code": code,
        "code_name": f"Име {code}",
        "region": MUNICIPALITIES.get(at, (0, 0, "other"))[2],
        "municipality": at,
        "phone": "+359888000201",
        "admission": {**OPEN_TO_ALL, **admission},
        "meeting_points": [
            {"code": "station", "kind": "station", "text": {"bg": "Приемната на управлението"}},
            {"code": "bus", "kind": "public_place", "text": {"bg": "Чакалнята на автогарата", "en": "The bus station"}},
        ],
        "rooms": [
            {"name": str(number), **(room if isinstance(room, Mapping) else {"beds": room})}
            for number, room in enumerate(rooms, start=1)
        ],
    }


def area(
    *shelters: Mapping[str, Any],
    code: str = "TST",
    neighbours: tuple[str, ...] = (),
    municipalities: Mapping[str, tuple[float, float, str]] | None = None,
    **deadlines: int,
) -> dict[str, Any]:
    """Return the section of a jurisdiction."""
    return {
        "code": code,
        "name": {"bg": "Проба"},
        "country": "BG",
        "languages": ["bg", "en"],
        "timezone": "Europe/Sofia",
        "invented": "Everything here is invented.",
        "deadlines": deadlines,
        "municipalities": [
            {"code": name, "name": {"bg": name}, "latitude": latitude, "longitude": longitude, "region": region}
            for name, (latitude, longitude, region) in (municipalities or MUNICIPALITIES).items()
        ],
        "neighbours": neighbours,
        "shelters": list(shelters),
    }


class World(ServiceWorld):
    """What a test can do and see."""

    def staff(self, code: str) -> httpx.AsyncClient:
        """Return somebody on a shelter's staff."""
        return self.client(Role.SHELTER_STAFF, code)

    def crew(self, unit: str = "N-1", station: str = "north") -> httpx.AsyncClient:
        return self.client(Role.CREW, station, unit)

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.client(Role.OPERATOR)

    async def load(self, *shelters: Mapping[str, Any], **more: Any) -> dict[str, Any]:
        """Load an area with these shelters."""
        section = area(*shelters, **more)
        admin = self.client(Role.ADMIN, section["code"])
        return await ok(admin.put(f"/jurisdictions/{section['code']}", json=section))

    async def placements(self, incident: Incident) -> list[dict[str, Any]]:
        """Return an incident's placements as the supervisor sees them, oldest first."""
        listed = await ok(self.supervisor.get("/placements", params={"incident": incident.id}))
        return sorted(listed["items"], key=lambda placement: placement["attempt"])

    async def placement(self, incident: Incident) -> dict[str, Any]:
        """Return an incident's newest placement."""
        return (await self.placements(incident))[-1]

    async def states(self, incident: Incident) -> list[str]:
        """Return the states of an incident's placements, oldest first."""
        return [placement["state"] for placement in await self.placements(incident)]

    async def where(self, incident: Incident, *codes: str) -> str | None:
        """Return ``shelter/room`` of the newest placement, as the staff of that shelter see it."""
        placement = await self.placement(incident)
        for code in codes or ("lipa", "breza", "iva"):
            response = await self.staff(code).get(f"/placements/{placement['id']}")
            if response.status_code == 200:
                return f"{code}/{response.json()['room']['name']}"
        return None

    async def move(self, code: str, incident: Incident, step: str, **body: Any) -> dict[str, Any]:
        """Let a shelter's staff take a step with an incident's newest placement."""
        placement = (await self.placement(incident))["id"]
        if step == "confirm":
            body = {"meeting_point": POINT, **body}
        return await ok(self.staff(code).post(f"/placements/{placement}/{step}", json=body))

    async def rooms(self, code: str, *, mode: str = "actual") -> dict[str, dict[str, Any]]:
        """Return a shelter's rooms by name, as the supervisor sees them."""
        shown = await ok(self.supervisor.get(f"/shelters/{code}", params={"mode": mode}))
        return {room["name"]: room for room in shown["rooms"]}

    async def shown(self, code: str, *, mode: str = "actual") -> dict[str, str]:
        """Return how a shelter's rooms are shown: name → state."""
        return {name: room["state"] for name, room in (await self.rooms(code, mode=mode)).items()}

    async def set_room(self, code: str, name: str, state: str) -> dict[str, Any]:
        """Let staff say what state a room is in."""
        room = (await self.rooms(code))[name]["id"]
        return await ok(self.staff(code).patch(f"/rooms/{room}", json={"state": state}))

    async def job(self, incident: Incident, state: str, version: int, **more: Any) -> None:
        """Let dispatch say how far the crew is; one job an incident unless ``attempt`` says otherwise."""
        told = {"unit": "N-1", "station": "north", **more}
        await self.hear(self.voice.of_job(incident, state=state, version=version, **told))

    async def trail(self) -> list[dict[str, Any]]:
        """Return the whole audit trail, oldest first."""
        lines: list[dict[str, Any]] = []
        after: str | None = None
        while True:
            asked = {"limit": "200", **({"after": after} if after else {})}
            page = await ok(self.client(Role.AUDITOR).get("/audit", params=asked))
            lines += page["items"]
            after = page["next"]
            if after is None:
                return lines
