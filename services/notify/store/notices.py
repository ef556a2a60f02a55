"""Child-protection notices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, select, update

from services.notify.domain.notice import Notice
from services.notify.store.calls import call_of, call_row
from services.notify.tables import NOTICE
from shared.contracts.vocabulary import Mode, NoticeState
from shared.errors import NotFound
from shared.storage.transaction import Transaction

_FIELDS = tuple(field.name for field in fields(Notice) if field.name != "call")
_MOST_DUE = 200
_BY_ID = select(NOTICE).where(NOTICE.c.id == bindparam("id"))
_OF_INCIDENT = select(NOTICE).where(NOTICE.c.incident == bindparam("incident")).order_by(NOTICE.c.shadow)
_ADD = insert(NOTICE)
_SAVE = (
    update(NOTICE)
    .where(NOTICE.c.id == bindparam("saved"))
    .values({column: bindparam(column.name) for column in NOTICE.c if column is not NOTICE.c.id})
)
_DUE = (
    select(NOTICE.c.id, NOTICE.c.incident)
    .where(NOTICE.c.due_at <= bindparam("now"))
    .order_by(NOTICE.c.due_at)
    .limit(_MOST_DUE)
)
_ANY_DUE = select(exists().where(NOTICE.c.due_at <= bindparam("now")))


def notice_of(row: RowMapping | Mapping[str, Any]) -> Notice:
    """Read a notice from its row."""
    stored = {name: row[name] for name in _FIELDS}
    return Notice(**{**stored, "mode": Mode(row["mode"]), "state": NoticeState(row["state"]), "call": call_of(row)})


def notice(connection: Connection, notice_id: str) -> Notice:
    """Return a notice.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BY_ID, {"id": notice_id}).mappings().first()
    if row is None:
        raise NotFound("notice")
    return notice_of(row)


def of_incident(tx: Transaction, incident: str) -> list[Notice]:
    """Return the notices of an incident: at most one, and at most one of its drill; the real one first."""
    return [notice_of(row) for row in tx.execute(_OF_INCIDENT, {"incident": incident}).mappings()]


def add(tx: Transaction, new: Notice) -> None:
    """Write a new notice."""
    tx.execute(_ADD, {"id": new.id, **_row(new)})


def save(tx: Transaction, changed: Notice) -> None:
    """Write a notice as it is now."""
    tx.execute(_SAVE, {"saved": changed.id, **_row(changed)})


def _row(notice_: Notice) -> dict[str, Any]:
    row = {name: getattr(notice_, name) for name in _FIELDS if name != "id"}
    row |= {"mode": notice_.mode.value, "state": notice_.state.value, "shadow": notice_.shadow}
    return row | call_row(notice_.call)


def any_due(connection: Connection, now: datetime) -> bool:
    """Say whether it is time to remind of a notice."""
    return bool(connection.execute(_ANY_DUE, {"now": now}).scalar())


def look_again(tx: Transaction, centres: Sequence[str]) -> None:
    """Let the clock look now at notices for which centres had nobody to call."""
    nobody_called = (NOTICE.c.call_person.is_(None), NOTICE.c.due_at.is_not(None))
    tx.execute(update(NOTICE).where(NOTICE.c.centre.in_(centres), *nobody_called).values(due_at=tx.now))


def due(tx: Transaction) -> Sequence[tuple[str, str]]:
    """Return notices nobody has confirmed in time, longest ago first: id and incident."""
    return [(row.id, row.incident) for row in tx.execute(_DUE, {"now": tx.now})]
