"""Incidents and promises of a time, counted and timed in the store: a month is some hundred rows, however many calls.

What is young is found by its key (ids sort by birth), so that no index is kept up for this while calls come in.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, RowMapping, case, func, literal, or_, select, union_all

from services.intake.tables import INCIDENT, LEG
from shared.contracts.vocabulary import LegState, Mode
from shared.storage.timing import halves_and_tenths, hour_of, part_of, seconds_between
from shared.window import Window

STEPS = ("answered", "accepted")
"""What is timed, from the moment when a promise was asked for."""


def incidents_by_hour(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count incidents by the hour (UTC) they were raised in, and priority."""
    hour = hour_of(INCIDENT.c.raised_at).label("hour")
    query = select(hour, INCIDENT.c.priority, func.count().label("many")).where(*_of(window, mine))
    return connection.execute(query.group_by(hour, INCIDENT.c.priority)).mappings().all()


def legs_by_hour(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count promises by the hour (UTC) their incident was raised in: asked for, ever late, not met now.

    ``late_else``: ever late, but not unmet, so that the two can be added.
    """
    hour = hour_of(INCIDENT.c.raised_at).label("hour")
    query = (
        select(
            hour,
            LEG.c.kind,
            func.count().label("asked"),
            _count_of(LEG.c.overdue_count > 0).label("late"),
            _count_of((LEG.c.overdue_count > 0) & (LEG.c.state != LegState.UNMET.value)).label("late_else"),
            _count_of(LEG.c.state == LegState.UNMET.value).label("unmet"),
        )
        .join(INCIDENT, INCIDENT.c.id == LEG.c.incident)
        .where(LEG.c.incident >= window.first_id, LEG.c.request > 0, *_of(window, mine))
    )
    return connection.execute(query.group_by(hour, LEG.c.kind)).mappings().all()


def answer_times(
    connection: Connection, window: Window, mine: Collection[str], starts: Sequence[datetime]
) -> Sequence[RowMapping]:
    """Time the steps of promises (seconds), by kind and step, in each part of the time."""
    part = part_of(INCIDENT.c.raised_at, starts).label("part")
    measured = [
        select(LEG.c.kind, literal(step).label("step"), part, seconds_between(LEG.c.asked_at, at).label("seconds"))
        .join(INCIDENT, INCIDENT.c.id == LEG.c.incident)
        .where(LEG.c.incident >= window.first_id, at.is_not(None), LEG.c.asked_at.is_not(None), *_of(window, mine))
        for step, at in ((step, LEG.c[f"{step}_at"]) for step in STEPS)
    ]
    query = halves_and_tenths(select(union_all(*measured).subquery()), "kind", "step", "part")
    return connection.execute(query).mappings().all()


def _of(window: Window, mine: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Real incidents of these mechanisms that were raised in a time: drills are counted nowhere (P9)."""
    return (
        INCIDENT.c.id >= window.first_id,
        INCIDENT.c.raised_at >= window.since,
        INCIDENT.c.mode == Mode.ACTUAL.value,
        or_(INCIDENT.c.jurisdiction.in_(mine), INCIDENT.c.origin.in_(mine)),
    )


def _count_of(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.sum(case((condition, 1), else_=0))
