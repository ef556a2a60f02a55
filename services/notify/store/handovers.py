"""Handovers: the newest of an incident, what is due, who has declined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, select, update

from services.notify.domain.handover import Handover
from services.notify.store.calls import call_of, call_row
from services.notify.tables import HANDOVER, INCIDENT, IS_LIVE
from shared.contracts.vocabulary import HandoverState, Mode
from shared.errors import NotFound
from shared.storage.transaction import Transaction

_FIELDS = tuple(field.name for field in fields(Handover) if field.name != "call")
_MOST_DUE = 200

# What is asked at every call is built once: building a statement costs more than running it.
_BY_ID = select(HANDOVER).where(HANDOVER.c.id == bindparam("id"))
_NEWEST = (
    select(HANDOVER).where(HANDOVER.c.incident == bindparam("incident")).order_by(HANDOVER.c.attempt.desc()).limit(1)
)
_ADD = insert(HANDOVER)
_SAVE = (
    update(HANDOVER)
    .where(HANDOVER.c.id == bindparam("saved"))
    .values({column: bindparam(column.name) for column in HANDOVER.c if column is not HANDOVER.c.id})
)
_DECLINED_BY = select(HANDOVER.c.centre).where(
    HANDOVER.c.incident == bindparam("incident"),
    HANDOVER.c.request == bindparam("request"),
    HANDOVER.c.state == HandoverState.DECLINED.value,
    HANDOVER.c.centre.is_not(None),
)
_DUE = (
    select(HANDOVER.c.id, HANDOVER.c.incident)
    .where(HANDOVER.c.due_at <= bindparam("now"))
    .order_by(HANDOVER.c.due_at)
    .limit(_MOST_DUE)
)
_ANY_DUE = select(exists().where(HANDOVER.c.due_at <= bindparam("now")))


def handover_of(row: RowMapping | Mapping[str, Any]) -> Handover:
    """Read a handover from its row."""
    stored = {name: row[name] for name in _FIELDS}
    return Handover(**{**stored, "mode": Mode(row["mode"]), "state": HandoverState(row["state"]), "call": call_of(row)})


def handover(connection: Connection, handover_id: str) -> Handover:
    """Return a handover.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BY_ID, {"id": handover_id}).mappings().first()
    if row is None:
        raise NotFound("handover")
    return handover_of(row)


def newest(tx: Transaction, incident: str) -> Handover | None:
    """Return the handover of an incident that counts: the one with the highest attempt."""
    row = tx.execute(_NEWEST, {"incident": incident}).mappings().first()
    return handover_of(row) if row else None


def add(tx: Transaction, new: Handover) -> None:
    """Write a new handover."""
    tx.execute(_ADD, {"id": new.id, **_row(new)})


def save(tx: Transaction, changed: Handover) -> None:
    """Write a handover as it is now."""
    tx.execute(_SAVE, {"saved": changed.id, **_row(changed)})


def _row(handover_: Handover) -> dict[str, Any]:
    row = {name: getattr(handover_, name) for name in _FIELDS if name != "id"}
    row |= {"mode": handover_.mode.value, "state": handover_.state.value, "shadow": handover_.shadow}
    return row | call_row(handover_.call)


def declined_by(tx: Transaction, incident: str, request: int) -> frozenset[str]:
    """Return the centres that declined a request."""
    return frozenset(tx.execute(_DECLINED_BY, {"incident": incident, "request": request}).scalars())


def any_due(connection: Connection, now: datetime) -> bool:
    """Say whether a handover's time is over."""
    return bool(connection.execute(_ANY_DUE, {"now": now}).scalar())


def due(tx: Transaction) -> Sequence[tuple[str, str]]:
    """Return handovers whose time is over, longest ago first: id and incident."""
    return [(row.id, row.incident) for row in tx.execute(_DUE, {"now": tx.now})]


def look_again(tx: Transaction, centres: Sequence[str]) -> None:
    """Let the clock look now at what waits at centres that had nobody to call."""
    nobody_called = (HANDOVER.c.call_person.is_(None), HANDOVER.c.attention.is_not(None))
    tx.execute(update(HANDOVER).where(HANDOVER.c.centre.in_(centres), IS_LIVE, *nobody_called).values(due_at=tx.now))


def live_at(tx: Transaction, centres: Sequence[str]) -> list[str]:
    """Return those of some centres that have a handover which has not ended."""
    query = select(HANDOVER.c.centre).where(HANDOVER.c.centre.in_(centres), IS_LIVE).distinct()
    return list(tx.execute(query.order_by(HANDOVER.c.centre)).scalars()) if centres else []


def live_in(tx: Transaction, municipalities: Sequence[str]) -> list[str]:
    """Return those of some municipalities in which a handover has not ended."""
    live = select(INCIDENT.c.municipality).join(HANDOVER, HANDOVER.c.incident == INCIDENT.c.id).distinct()
    query = live.where(INCIDENT.c.municipality.in_(municipalities), IS_LIVE).order_by(INCIDENT.c.municipality)
    return list(tx.execute(query).scalars()) if municipalities else []
