"""What the board does: slips are pinned and changed, every step is said on the bus; what others say is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict
from sqlalchemy import insert, select, update

from shared.contracts.events import INCIDENT, IncidentPublic
from shared.contracts.vocabulary import Mode, Role, Service
from shared.errors import IllegalMove, NotFound
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.inbox import Heard
from shared.security.tokens import Account
from shared.service import House
from shared.settings import Settings
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.replies import Reply, check_version
from shared.web.strict import StrictRoute
from shared.web.writing import Write
from tests.support.tiny.tables import noticed, slip

Pinner = Annotated[Account, allow(Role.OPERATOR)]
TORN = "torn"


class Slip(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str


def pin(tx: Transaction, text: str) -> str:
    """Pin a slip; return its id."""
    name = new_id()
    tx.execute(insert(slip), {"id": name, "text": text, "version": 1})
    return name


def say(
    tx: Transaction,
    incident: str,
    version: int = 1,
    *,
    priority: int = 2,
    unfinished: bool = True,
    audience: str = "mechanism:RSE",
) -> None:
    """Say a step of an incident, as intake would, with nothing personal in it."""
    state = IncidentPublic.model_validate(
        {
            "number": "RSE-2026-000001",
            "state": "open" if unfinished else "closed",
            "raised_at": tx.now,
            "call": "live",
            "legs": {leg: {"wanted": True, "request": 1} for leg in ("police", "shelter", "centre")},
            "risk": {"instrument": "lap", "lowest": "standard", "highest": "high"},
        }
    )
    snapshot = outbox.Snapshot(
        family=INCIDENT,
        incident=incident,
        incident_version=version,
        entity=incident,
        version=version,
        mode=Mode.ACTUAL,
        jurisdiction="RSE",
        priority=priority,
        state=state,
        open=unfinished,
        audience=[audience],
    )
    outbox.record(tx, snapshot, "raised" if version == 1 else "updated", "operator")


def notice(tx: Transaction, heard: Heard) -> None:
    """Keep the newest of what was heard, and how often it was acted on."""
    known = tx.first(select(noticed).where(noticed.c.entity == heard.entity))
    if known is None:
        tx.execute(insert(noticed), {"entity": heard.entity, "version": heard.version, "times": 1})
        return
    newest = {"version": heard.version, "times": known["times"] + 1}
    tx.execute(update(noticed).where(noticed.c.entity == heard.entity).values(**newest))


def routes() -> APIRouter:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/slips")
    async def post(body: Slip, who: Pinner, write: Write) -> Response:
        def use_case(tx: Transaction) -> Reply:
            name = pin(tx, body.text)
            say(tx, name)
            note(tx, who, "slip.pin", name)
            return Reply.entity({"id": name, "version": 1}, status=201, location=f"/intake/api/slips/{name}")

        return await write(who, use_case)

    @router.post("/slips/{name}/tear")
    async def tear(name: str, who: Pinner, write: Write) -> Response:
        return await write(who, lambda tx: _tear(tx, name, write.seen))

    return router


def _tear(tx: Transaction, name: str, seen: int | None) -> Reply:
    """A move in the order that CONTRACT gives: same step, ``If-Match``, then whether it is allowed."""
    row = tx.first(select(slip).where(slip.c.id == name))
    if row is None:
        raise NotFound("slip")
    if row["text"].startswith(TORN):
        return Reply.entity({"id": name, "version": row["version"]})
    check_version(seen, row["version"])
    if row["text"].startswith("kept"):
        raise IllegalMove("slip", "kept", TORN)
    tx.execute(update(slip).where(slip.c.id == name).values(text=f"{TORN} {name}", version=row["version"] + 1))
    say(tx, name, row["version"] + 1)
    return Reply.entity({"id": name, "version": row["version"] + 1})


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account is told live: what happens in its organisations."""
    return frozenset(f"mechanism:{grant.organisation}" for grant in who.grants)


def make_house(service: Service = Service.INTAKE, **more: Any) -> Any:
    """Return how to make a board that speaks and hears as this service."""

    def make(_settings: Settings) -> House:
        described: dict[str, Any] = {
            "service": service,
            "description": "A board with slips.",
            "migrations": Path(__file__).parent / "migrations",
            "routers": (routes(),),
            "handlers": {INCIDENT: notice},
            "tags_of": tags_of,
        }
        return House(**{**described, **more})

    return make
