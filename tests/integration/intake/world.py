"""A small area with a running intake, the people who use it, and the services that answer it."""

from __future__ import annotations

from typing import Any

import httpx
from sqlalchemy import select, update

from services.intake.commands import clocks
from services.intake.store import due
from shared.contracts.vocabulary import LegKind, Role
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.support.answering_voices import Voice, Voices
from tests.support.house import Running
from tests.support.world import Clock, ServiceWorld, ok

SCHOOL = "+35982123456"
MINIMAL: dict[str, Any] = {"channel": "emergency_112", "location": {"municipality": "TST1"}, "needs": {"police": True}}
CALM: dict[str, Any] = {
    **MINIMAL,
    "call": "live",
    "risk": {"answers": {str(question): "no" for question in range(1, 12)}},
    "needs": {"police": True, "shelter": True, "centre": True},
}
"""A call in which every answer is reassuring: priority 3, all three legs needed."""

PERSONAL: dict[str, Any] = {
    "caller": {"relation": "victim", "name": "Стоянка Тайнева", "phone": "+359888111222"},
    "callback": {"phone": "+359888333444", "safe_to_call": "no", "code_word": "пратка"},
    "location": {"municipality": "TST1", "address": "ул. Скрита 17", "latitude": 43.8123, "longitude": 25.9456},
    "victim": {"name": "Мария Скритова", "children": [{"age": 4, "where": "with_victim"}], "languages": ["bg"]},
    "perpetrators": [{"name": "Иван Страшнов", "municipality": "TST1"}],
    "consent": {"share_with_centre": True},
    "narrative": "Съседката чува викове зад стената.",
}
SECRETS = (
    "Тайнева",
    "359888111222",
    "359888333444",
    "пратка",
    "Скрита",
    "43.8123",
    "25.9456",
    "Скритова",
    "Страшнов",
    "викове",
)
"""Words that may stand nowhere but in intake's own facts and in what it seals."""


def area(code: str = "TST", **changes: Any) -> dict[str, Any]:
    """Return the section of a jurisdiction that intake is given."""
    first, second = f"{code}1", f"{code}2"
    return {
        "code": code,
        "name": {"bg": "Проба", "en": "Trial"},
        "country": "BG",
        "languages": ["bg", "en"],
        "timezone": "Europe/Sofia",
        "invented": "Everything here is invented.",
        "deadlines": {},
        "municipalities": [
            {
                "code": first,
                "name": {"bg": "Проба", "en": "Proba"},
                "latitude": 43.8,
                "longitude": 25.9,
                "region": "one",
            },
            {
                "code": second,
                "name": {"bg": "Друга", "en": "Druga"},
                "latitude": 43.5,
                "longitude": 25.7,
                "region": "one",
            },
        ],
        "settlements": [
            {
                "code": "63427" if code == "TST" else "63428",
                "name": {"bg": "Пролет", "en": "Prolet"},
                "municipality": second,
                "latitude": 43.45,
                "longitude": 25.65,
            }
        ],
        "organisation_numbers": [SCHOOL],
        "duty_phones": [
            {"kind": "police", "name": {"bg": "Дежурен"}, "phone": "+35982999999", "municipalities": [first]}
        ],
        **changes,
    }


class World(ServiceWorld):
    """What a test can do and see."""

    def __init__(self, service: Running, clock: Clock) -> None:
        super().__init__(service, clock)
        self.voices = Voices(service.keys)

    @property
    def operator(self) -> httpx.AsyncClient:
        return self.client(Role.OPERATOR)

    async def load(self, code: str = "TST", **changes: Any) -> dict[str, Any]:
        """Load the area."""
        admin = self.client(Role.ADMIN, code)
        return await ok(admin.put(f"/jurisdictions/{code}", json=area(code, **changes)))

    async def raised(self, body: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
        """Let the operator raise an incident; the smallest, unless more is said."""
        by = self.supervisor if more.get("mode", "actual") != "actual" else self.operator
        return await ok(by.post("/incidents", json={**(body or MINIMAL), **more}), 201)

    async def incident(self, incident: str) -> dict[str, Any]:
        """Return an incident as the operator sees it."""
        return await ok(self.operator.get(f"/incidents/{incident}"))

    async def leg(self, incident: str, kind: str = "police") -> dict[str, Any]:
        """Return one leg as the operator sees it."""
        leg: dict[str, Any] = (await self.incident(incident))["legs"][kind]
        return leg

    async def facts(self, incident: str) -> dict[str, Any]:
        """Return the facts as the operator sees them."""
        facts: dict[str, Any] = (await ok(self.operator.get(f"/incidents/{incident}/facts")))["facts"]
        return facts

    async def patch(self, incident: str, status: int = 200, **facts: Any) -> dict[str, Any]:
        """Let the operator add facts."""
        return await ok(self.operator.patch(f"/incidents/{incident}", json=facts), status)

    async def post(self, path: str, status: int = 200, role: Role = Role.OPERATOR, **body: Any) -> dict[str, Any]:
        """Let somebody do something with an incident."""
        return await ok(self.client(role).post(f"/incidents/{path}", json=body), status)

    async def answered(self, incident: str, *, quoting: int = 1) -> tuple[Voice, Voice, Voice]:
        """Let all three services answer: a unit assigned, a room held, a handover offered."""
        voices = (self.voices.job(incident), self.voices.placement(incident), self.voices.handover(incident))
        for voice, state in zip(voices, ("assigned", "held", "offered"), strict=True):
            await self.hear(voice.step(state, quoting=quoting))
        return voices

    def events(self, incident: str) -> list[dict[str, Any]]:
        """Return what intake said of an incident on the bus, asks included, oldest first."""
        return [event for event in self.said(incident) if event["type"].startswith("intake.incident.")]

    def live(self) -> list[tuple[str, str]]:
        """Return what intake's live streams were told: type and entity, oldest first."""
        query = select(kernel.outbox.c.type, kernel.outbox.c.entity).where(kernel.outbox.c.told)
        with self.service.chassis.store.reading() as connection:
            rows = connection.execute(query.order_by(kernel.outbox.c.id)).all()
        return [(row.type, row.entity) for row in rows]

    async def reconnected(self) -> None:
        """Let the bus be back after it was away."""
        await self.service.chassis.runner.run(clocks.ask_everything_now)

    async def asks(self, *, most: int = 25, delivered: int | None = 10**9) -> int:
        """Let intake say again what is due, as its clock does while the bus is there; return how many it said.

        Args:
            most: at once.
            delivered: how far every consumer was given the stream.
        """

        def use_case(tx: Transaction) -> int:
            asked = due.to_ask(tx.connection, tx.now, most)
            return clocks.ask_again(tx, asked, {kind.service: delivered for kind in LegKind})

        await self.service.chassis.runner.run(_published)
        return await self.service.chassis.runner.run(use_case)


def _published(tx: Transaction) -> None:
    """Let everything said so far have reached the stream."""
    waiting = kernel.outbox.c.seq.is_(None) & kernel.outbox.c.body.is_not(None)
    tx.execute(update(kernel.outbox).where(waiting).values(seq=kernel.outbox.c.id))
