"""Handovers of a time, counted and timed in the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import ColumnElement, Connection, RowMapping, func, literal, select, union_all

from services.notify.tables import CENTRE, HANDOVER, INCIDENT
from shared.contracts.vocabulary import Mode
from shared.storage import kernel
from shared.storage.timing import halves_and_tenths, hour_of, seconds_between
from shared.window import Window

_STEP = kernel.step
_ESCALATED = "notify.handover.escalated"
STEPS = ("acknowledged", "accepted")
"""What is timed, from the moment when a handover was offered."""


def handovers_by_state(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count the handovers of a time by how they stand now."""
    query = (
        select(HANDOVER.c.state, func.count().label("handovers"))
        .join(INCIDENT, INCIDENT.c.id == HANDOVER.c.incident)
        .where(*_of(window, mine))
        .group_by(HANDOVER.c.state)
    )
    return connection.execute(query).mappings().all()


def answer_times(connection: Connection, window: Window, mine: Collection[str], *by: str) -> Sequence[RowMapping]:
    """Time the answers of centres (seconds): to the acknowledgement and the acceptance, by step and what is named."""
    measured = [
        select(
            HANDOVER.c.centre, literal(step).label("step"), seconds_between(HANDOVER.c.offered_at, at).label("seconds")
        )
        .join(INCIDENT, INCIDENT.c.id == HANDOVER.c.incident)
        .where(*_of(window, mine), at.is_not(None), HANDOVER.c.offered_at.is_not(None), HANDOVER.c.centre.is_not(None))
        for step, at in ((step, HANDOVER.c[f"{step}_at"]) for step in STEPS)
    ]
    query = halves_and_tenths(select(union_all(*measured).subquery()), "step", *by)
    return connection.execute(query).mappings().all()


def escalations_by_hour(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count how often the next person on a rota was called, by the hour (UTC)."""
    hour = hour_of(_STEP.c.at).label("hour")
    query = (
        select(hour, func.count().label("times"))
        .join(HANDOVER, HANDOVER.c.id == _STEP.c.entity)
        .where(_STEP.c.incident >= window.first_id, _STEP.c.at >= window.since, _STEP.c.type == _ESCALATED)
        .where(HANDOVER.c.mode == Mode.ACTUAL.value, HANDOVER.c.jurisdiction.in_(mine))
        .group_by(hour)
    )
    return connection.execute(query).mappings().all()


def centre_names(connection: Connection, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the names of centres, by code and language."""
    query = select(CENTRE.c.code, CENTRE.c.name).where(CENTRE.c.code.in_(codes))
    return {row.code: row.name for row in connection.execute(query)} if codes else {}


def _of(window: Window, mine: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    """Real handovers of these mechanisms whose incident was raised in a time."""
    return (
        HANDOVER.c.id >= window.first_id,
        HANDOVER.c.incident >= window.first_id,
        INCIDENT.c.raised_at >= window.since,
        HANDOVER.c.mode == Mode.ACTUAL.value,
        HANDOVER.c.jurisdiction.in_(mine),
    )
