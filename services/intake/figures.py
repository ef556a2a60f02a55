"""What intake tells of itself: promises that wait or are overdue, and how long each answer took."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select

from services.intake.domain.case import Case
from services.intake.domain.legs import Leg
from services.intake.tables import INCIDENT, LEG
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Mode
from shared.storage.transaction import Transaction
from shared.telemetry.figures import Count, Figure, Figures, Gauge, Timing

INCIDENTS = Gauge("zakrila_incidents", "Open incidents", ("priority", "mode"))
LEGS = Gauge("zakrila_legs", "Unfinished promises of open incidents", ("kind", "priority", "state", "overdue", "mode"))
RAISED = Count("zakrila_incidents_raised", "Incidents accepted", ("channel", "priority", "mode"))
OVERDUE = Count(
    "zakrila_legs_overdue",
    "Deadlines that passed without the promise's next step",
    ("kind", "priority", "mode"),
    known=tuple((kind.value, priority, Mode.ACTUAL.value) for kind in LegKind for priority in "123"),
)
ASKED_AGAIN = Count("zakrila_asked_again", "Times an incident was said again because an answer was missing")
ANSWER_SECONDS = Timing(
    "zakrila_answer_seconds",
    "Time from asking for a promise to each step of its answer, seconds",
    ("kind", "step", "mode"),
    (0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 14400),
)

_UNFINISHED = tuple(state.value for state in (LegState.WAITING, LegState.ANSWERED, LegState.ACCEPTED, LegState.UNMET))
_OPEN = INCIDENT.c.state == IncidentState.OPEN.value
_COUNT_INCIDENTS = (
    select(INCIDENT.c.priority, INCIDENT.c.mode, func.count())
    .where(_OPEN)
    .group_by(INCIDENT.c.priority, INCIDENT.c.mode)
)
_COUNT_LEGS = (
    select(LEG.c.kind, INCIDENT.c.priority, LEG.c.state, LEG.c.overdue, INCIDENT.c.mode, func.count())
    .join(INCIDENT, INCIDENT.c.id == LEG.c.incident)
    .where(_OPEN, LEG.c.state.in_(_UNFINISHED))
    .group_by(LEG.c.kind, INCIDENT.c.priority, LEG.c.state, LEG.c.overdue, INCIDENT.c.mode)
)


def read(connection: Connection, _now: datetime) -> Iterable[Figure]:
    """Count what is open; the cost follows the number of open incidents."""
    rows = connection.execute(_COUNT_INCIDENTS)
    yield INCIDENTS.of({(str(priority), mode): count for priority, mode, count in rows})
    legs: dict[tuple[str, ...], float] = {}
    for kind, priority, state, overdue, mode, count in connection.execute(_COUNT_LEGS):
        legs[kind, str(priority), state, "yes" if overdue else "no", mode] = count
    yield LEGS.of(legs)


def measure_answer(tx: Transaction, case: Case, before: Leg, after: Leg) -> None:
    """Time the steps that an answer brought a promise forward by."""
    if after.asked_at is None:
        return
    steps = (
        ("answered", before.answered_at, after.answered_at),
        ("accepted", before.accepted_at, after.accepted_at),
        ("done", before.done_at, after.done_at),
    )
    for step, was, is_now in steps:
        if was is None and is_now is not None:
            seconds = (is_now - after.asked_at).total_seconds()
            tx.measure(ANSWER_SECONDS, max(0.0, seconds), after.kind.value, step, case.mode.value)


FIGURES = Figures((INCIDENTS, LEGS), read, (RAISED, OVERDUE, ASKED_AGAIN, ANSWER_SECONDS))
