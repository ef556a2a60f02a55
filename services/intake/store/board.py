"""Lists of incidents: by age, and as a board, the most urgent first."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, case, select

from services.intake.tables import INCIDENT, LATE, LEG, LINK
from shared.contracts.vocabulary import IncidentState, Mode

_OVERDUE = select(LEG.c.incident).where(LATE)
_MOST_MATCHES = 20


@dataclass(frozen=True)
class Filter:
    """Which incidents; what is ``None`` does not matter."""

    state: IncidentState | None = None
    priority: int | None = None
    municipality: str | None = None
    mode: Mode | None = None
    overdue: bool | None = None


def incidents_of(mine: Collection[str], wanted: Filter) -> Select[Any]:
    """Return the query for a mechanism's incidents: those where it is, and those that it raised."""
    query = select(INCIDENT).where(_own(mine))
    for column, value in (
        (INCIDENT.c.state, wanted.state),
        (INCIDENT.c.priority, wanted.priority),
        (INCIDENT.c.municipality, wanted.municipality),
        (INCIDENT.c.mode, wanted.mode),
    ):
        if value is not None:
            query = query.where(column == value)
    if wanted.overdue is not None:
        query = query.where(INCIDENT.c.id.in_(_OVERDUE) if wanted.overdue else INCIDENT.c.id.not_in(_OVERDUE))
    return query


def most_urgent(
    connection: Connection, mine: Collection[str], wanted: Filter, *, skipped: int, most: int
) -> Sequence[RowMapping]:
    """Return a board's rows: what is overdue first, then by priority, then the oldest; what has ended, youngest first.

    Args:
        connection: where to read.
        mine: the mechanisms of the one who looks.
        wanted: which incidents.
        skipped: how many stand on the pages before.
        most: how many to return.
    """
    urgent = case((INCIDENT.c.id.in_(_OVERDUE), 0), else_=1)
    urgency = (urgent, INCIDENT.c.priority, INCIDENT.c.id)
    order = urgency if wanted.state is IncidentState.OPEN else (INCIDENT.c.id.desc(),)
    query = incidents_of(mine, wanted).order_by(*order).offset(skipped).limit(most)
    return connection.execute(query).mappings().all()


def open_with_links(
    connection: Connection, mine: Collection[str], mode: Mode, hashes: Mapping[str, str], since: datetime
) -> Sequence[RowMapping]:
    """Return open incidents that share one of these hashes, with the kind of each, youngest first."""
    if not hashes:
        return ()
    query = (
        select(INCIDENT, LINK.c.kind.label("by"))
        .join(LINK, LINK.c.incident == INCIDENT.c.id)
        .where(_open_since(mine, mode, since), LINK.c.hash.in_(sorted(hashes.values())))
    )
    return connection.execute(query.order_by(INCIDENT.c.id.desc()).limit(_MOST_MATCHES)).mappings().all()


def open_in(
    connection: Connection, mine: Collection[str], mode: Mode, municipality: str, since: datetime
) -> Sequence[RowMapping]:
    """Return incidents of a municipality that were raised since a moment and are open, youngest first."""
    query = select(INCIDENT).where(_open_since(mine, mode, since), INCIDENT.c.municipality == municipality)
    return connection.execute(query.order_by(INCIDENT.c.id.desc()).limit(_MOST_MATCHES)).mappings().all()


def _own(mine: Collection[str]) -> Any:
    return INCIDENT.c.jurisdiction.in_(sorted(mine)) | INCIDENT.c.origin.in_(sorted(mine))


def _open_since(mine: Collection[str], mode: Mode, since: datetime) -> Any:
    recent = (INCIDENT.c.raised_at >= since) & (INCIDENT.c.mode == mode)
    return _own(mine) & recent & (INCIDENT.c.state == IncidentState.OPEN)
