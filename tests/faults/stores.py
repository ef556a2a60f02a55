"""Reading every store at the end, on either database, into plain values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, Table, and_, create_engine, select

from services.dispatch import tables as dispatch
from services.intake import tables as intake
from services.notify import tables as notify
from services.shelter_beds import tables as shelter_beds
from shared.clock import utc_now
from shared.contracts.vocabulary import LegKind, Service
from shared.storage import kernel
from shared.storage.ledger import FIRST_HASH, chain_hash
from tests.faults.records import DeadLetter, Heard, Incident, Leg, Owned, Step, Stores

_KNOWN: Mapping[Service, Table] = {
    Service.DISPATCH: dispatch.INCIDENT,
    Service.SHELTER_BEDS: shelter_beds.INCIDENT,
    Service.NOTIFY: notify.INCIDENT,
}
_OWNED: Mapping[LegKind, tuple[Table, str, str]] = {
    LegKind.POLICE: (dispatch.JOB, "unit", "due_at"),
    LegKind.SHELTER: (shelter_beds.PLACEMENT, "room", "held_until"),
    LegKind.CENTRE: (notify.HANDOVER, "centre", "due_at"),
}


def read(url_of: Callable[[Service], str]) -> Stores:
    """Read all stores: the owners' first, so that intake cannot look as if it lacked what is only newer."""
    with ExitStack() as open_stores:
        stores = {service: open_stores.enter_context(_reading(url_of(service))) for service in Service}
        owners = {service: stores[service] for service in _KNOWN}
        read_at = utc_now()
        owned = [each for kind in LegKind for each in _owned(stores[kind.service], kind)]
        steps = {service: _steps(connection) for service, connection in owners.items()}
        heard = stores[Service.INTAKE]
        return Stores(
            read_at=read_at,
            incidents=[_incident(row) for row in _all(heard, select(intake.INCIDENT))],
            legs=[_leg(row) for row in _all(heard, select(intake.LEG))],
            timeline=[_heard(row) for row in _all(heard, select(intake.TIMELINE))],
            steps={**steps, Service.INTAKE: _steps(heard)},
            owned=owned,
            known={service: _known(connection, _KNOWN[service]) for service, connection in owners.items()},
            shadows=_shadows(stores),
            asks=_asks(heard),
            deliveries=[(row["mode"], row["state"]) for row in _all(stores[Service.NOTIFY], select(notify.DELIVERY))],
            dead_letters=[each for service, store in stores.items() for each in _dead_letters(service, store)],
            broken_trails=[broken for service, store in stores.items() for broken in _broken(service, store)],
        )


def _reading(url: str) -> Any:
    return create_engine(url, isolation_level="AUTOCOMMIT").connect()


def _all(connection: Connection, query: Select[Any]) -> Sequence[RowMapping]:
    return connection.execute(query).mappings().all()


def _incident(row: RowMapping) -> Incident:
    name = str(row["facts"].get("external_ref"))
    return Incident(
        row["id"], row["number"], name, row["mode"], row["state"], row["version"], row["priority"], row["raised_at"]
    )


def _leg(row: RowMapping) -> Leg:
    names = ("incident", "state", "request", "attempt", "entity", "entity_version", "quoted", "asked_at", "due_at")
    told = {name: row[name] for name in (*names, "overdue", "id")}
    return Leg(**told, kind=LegKind(row["kind"]), detail=row["detail"] or {})


def _heard(row: RowMapping) -> Heard:
    return Heard(row["entity"], row["version"], row["incident"], row["type"], row["step"], row["heard_at"])


def _owned(connection: Connection, kind: LegKind) -> Iterator[Owned]:
    table, thing, due_at = _OWNED[kind]
    for row in _all(connection, select(table)):
        names = ("id", "incident", "attempt", "request", "state", "version", "mode", "shadow")
        told = {name: row[name] for name in names}
        yield Owned(**told, kind=kind, thing=row[thing], due_at=row[due_at])


def _steps(connection: Connection) -> list[Step]:
    """Return every step in the order of the commits: that of the outbox rows that told of them."""
    step, outbox = kernel.step, kernel.outbox
    same = and_(outbox.c.entity == step.c.entity, outbox.c.version == step.c.version, outbox.c.told.is_(True))
    query = select(step, outbox.c.id.label("order")).join(outbox, and_(same, outbox.c.type == step.c.type))
    found: dict[tuple[str, int], Step] = {}
    for row in _all(connection, query.order_by(outbox.c.id)):
        names = ("order", "entity", "version", "incident", "type", "at", "by", "step", "holder")
        found.setdefault((row["entity"], row["version"]), Step(**{name: row[name] for name in names}))
    return list(found.values())


def _known(connection: Connection, table: Table) -> dict[str, int]:
    return {row["id"]: row["version"] for row in _all(connection, select(table.c.id, table.c.version))}


def _shadows(stores: Mapping[Service, Connection]) -> frozenset[str]:
    twins: set[str] = set()
    for service, table in ((Service.DISPATCH, dispatch.UNIT), (Service.SHELTER_BEDS, shelter_beds.ROOM)):
        twins |= {row["id"] for row in _all(stores[service], select(table.c.id).where(table.c.shadow.is_(True)))}
    return frozenset(twins)


def _asks(connection: Connection) -> list[datetime]:
    outbox = kernel.outbox
    query = select(outbox.c.at).where(outbox.c.type.like("intake.incident.%"), outbox.c.told.is_(False))
    return [row["at"] for row in _all(connection, query)]


def _dead_letters(service: Service, connection: Connection) -> Iterator[DeadLetter]:
    for row in _all(connection, select(kernel.dead_letter)):
        yield DeadLetter(service, row["stream"], str(row["headers"].get("ce-id", "")), row["reason"])


def _broken(service: Service, connection: Connection) -> Iterator[tuple[Service, int]]:
    """Return the first line of the audit trail whose hash or number does not follow from the line before."""
    previous, expected = FIRST_HASH, 1
    for row in _all(connection, select(kernel.audit).order_by(kernel.audit.c.seq)):
        fields = {**row, "previous": previous}
        if row["seq"] != expected or row["previous"] != previous or row["hash"] != chain_hash(fields):
            yield service, row["seq"]
            return
        previous, expected = row["hash"], expected + 1
