"""What is due: promises past their deadline, and incidents to be said again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, RowMapping, bindparam, or_, select, update

from services.intake.domain.case import Case
from services.intake.store.cases import cases_of
from services.intake.tables import INCIDENT, LEG, RUNNING
from shared.contracts.vocabulary import LegKind, Service
from shared.storage import kernel
from shared.storage.transaction import Transaction

_OUTBOX = kernel.outbox
_OVERDUE = select(LEG).where(RUNNING, LEG.c.due_at <= bindparam("now"))
_ANY_OVERDUE = _OVERDUE.limit(1)
_MOST_DANGEROUS_OVERDUE = (
    _OVERDUE.join(INCIDENT, INCIDENT.c.id == LEG.c.incident)
    .order_by(INCIDENT.c.priority, LEG.c.due_at)
    .limit(bindparam("most"))
    .with_for_update(skip_locked=True, of=LEG)
)
_INCIDENTS = select(INCIDENT).where(INCIDENT.c.id.in_(bindparam("of", expanding=True)))
_TO_ASK = (
    select(INCIDENT.c.id)
    .where(INCIDENT.c.priority == bindparam("priority"), INCIDENT.c.next_ask_at <= bindparam("now"))
    .order_by(INCIDENT.c.next_ask_at)
    .limit(bindparam("most"))
)
_PUBLISHED_AT = (
    select(_OUTBOX.c.seq)
    .where(_OUTBOX.c.entity == bindparam("of"), _OUTBOX.c.body.is_not(None))
    .order_by(_OUTBOX.c.id.desc())
    .limit(1)
)


def any_overdue(connection: Connection, now: datetime) -> bool:
    """Say whether a deadline passed that nobody was told of."""
    return connection.execute(_ANY_OVERDUE, {"now": now}).first() is not None


def overdue_legs(tx: Transaction, most: int) -> Sequence[RowMapping]:
    """Return legs whose deadline passed unnoticed, most dangerous first."""
    return tx.all(_MOST_DANGEROUS_OVERDUE, {"now": tx.now, "most": most})


def cases_with(tx: Transaction, legs: Sequence[RowMapping]) -> dict[str, Case]:
    """Return the incidents of these legs, by id."""
    rows = tx.all(_INCIDENTS, {"of": sorted({leg["incident"] for leg in legs})})
    return {case.id: case for case in cases_of(tx.connection, rows)}


def to_ask(connection: Connection, now: datetime, most: int) -> list[str]:
    """Return incidents that should be said again now, most dangerous first."""
    found: list[str] = []
    for priority in (1, 2, 3):
        left = {"priority": priority, "now": now, "most": most - len(found)}
        found += connection.execute(_TO_ASK, left).scalars()
        if len(found) >= most:
            break
    return found


def ask_everything_now(tx: Transaction) -> None:
    """Ask at once about everything unanswered: the bus is back."""
    notify = [kind.value for kind in LegKind if kind.service is Service.NOTIFY]
    must_answer = or_(LEG.c.request > 0, INCIDENT.c.children_involved & LEG.c.kind.in_(notify))
    behind = select(LEG.c.incident).where(
        LEG.c.incident == INCIDENT.c.id, LEG.c.quoted < INCIDENT.c.version, must_answer
    )
    waiting = INCIDENT.c.next_ask_at.is_not(None) & behind.correlate(INCIDENT).exists()
    tx.execute(update(INCIDENT).where(waiting).values(next_ask_at=tx.now, asks=0))


def published_at(tx: Transaction, incident: str) -> int | None:
    """Return the stream sequence of what was last said of an incident; ``None`` while it is not published."""
    found: int | None = tx.scalar(_PUBLISHED_AT, {"of": incident})
    return found
