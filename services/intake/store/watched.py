"""What whoever leads the shift must see: promises that are not kept, contradictions, decisions, drills."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from services.intake.tables import INCIDENT, LATE, LEG, PLACE
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Mode
from shared.storage import kernel

_AUDIT = kernel.audit
_OPEN = INCIDENT.c.state == IncidentState.OPEN.value
_LINES_LOOKED_AT = 20_000
"""Of the audit trail, the newest: its lines are found by their number alone, and most tell of looks, not decisions."""
DECISIONS = (*(f"leg.{kind.value}.waive" for kind in LegKind), "risk.override", "incident.close.override")


def unkept(connection: Connection, mine: Collection[str], mode: Mode, most: int) -> list[RowMapping]:
    """Return incidents of these mechanisms with a promise overdue or not met, most dangerous first.

    An overdue one counts after its incident was closed too: closing ends no handover.
    """
    late = INCIDENT.c.id.in_(select(LEG.c.incident).where(LATE))
    unmet = select(LEG.c.incident).where(LEG.c.incident == INCIDENT.c.id, LEG.c.state == LegState.UNMET.value)
    found: dict[str, RowMapping] = {}
    for which in ((late, INCIDENT.c.state != IncidentState.CANCELLED.value), (_OPEN, unmet.exists())):
        query = _incidents(mine, mode).where(*which).order_by(INCIDENT.c.priority, INCIDENT.c.id).limit(most)
        found |= {row["id"]: row for row in connection.execute(query).mappings()}
    return sorted(found.values(), key=lambda row: (row["priority"], row["id"]))[:most]


def contradicted(connection: Connection, mine: Collection[str], mode: Mode, most: int) -> Sequence[RowMapping]:
    """Return open incidents with a yes taken back in words, or with a perpetrator who is linked to the police."""
    in_doubt = INCIDENT.c.danger["conflicts"].as_string() != "[]"
    linked = INCIDENT.c.danger["police_linked"].as_boolean()
    query = _incidents(mine, mode).where(_OPEN, or_(in_doubt, linked))
    return connection.execute(query.order_by(INCIDENT.c.priority, INCIDENT.c.id).limit(most)).mappings().all()


def drills(connection: Connection, mine: Collection[str], most: int) -> Sequence[RowMapping]:
    """Return drills that have not ended, youngest first."""
    query = select(INCIDENT).where(_OPEN, INCIDENT.c.mode != Mode.ACTUAL.value, _own(mine))
    return connection.execute(query.order_by(INCIDENT.c.id.desc()).limit(most)).mappings().all()


def decisions(
    connection: Connection, mine: Collection[str], mode: Mode, since: datetime, most: int
) -> list[dict[str, Any]]:
    """Return waivers, levels set by decision and closings in spite of unkept promises, youngest first."""
    newest = select(func.max(_AUDIT.c.seq)).scalar_subquery()
    query = (
        select(_AUDIT.c.at, _AUDIT.c.action, _AUDIT.c.roles, INCIDENT.c.id, INCIDENT.c.number)
        .join(INCIDENT, INCIDENT.c.id == _AUDIT.c.incident)
        .where(_AUDIT.c.seq > newest - _LINES_LOOKED_AT, _AUDIT.c.action.in_(DECISIONS), _AUDIT.c.at >= since)
        .where(INCIDENT.c.mode == mode.value, _own(mine))
        .order_by(_AUDIT.c.seq.desc())
        .limit(most)
    )
    return [dict(row) for row in connection.execute(query).mappings()]


def municipalities(connection: Connection, mine: Collection[str]) -> Sequence[RowMapping]:
    """Return the municipalities of these jurisdictions, with their names in each language."""
    query = select(PLACE.c.code, PLACE.c.names, PLACE.c.jurisdiction).where(
        PLACE.c.kind == "municipality", PLACE.c.jurisdiction.in_(mine)
    )
    return connection.execute(query.order_by(PLACE.c.code)).mappings().all()


def names_of(connection: Connection, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the names of municipalities, by code and language."""
    query = select(PLACE.c.code, PLACE.c.names).where(PLACE.c.kind == "municipality", PLACE.c.code.in_(codes))
    return {row.code: row.names for row in connection.execute(query)} if codes else {}


def _incidents(mine: Collection[str], mode: Mode) -> Select[Any]:
    return select(INCIDENT).where(INCIDENT.c.mode == mode.value, _own(mine))


def _own(mine: Collection[str]) -> ColumnElement[bool]:
    return or_(INCIDENT.c.jurisdiction.in_(mine), INCIDENT.c.origin.in_(mine))
