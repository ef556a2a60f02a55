"""Jobs of a time, counted and timed in the store."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, func, or_, select

from services.dispatch.tables import INCIDENT, IS_ACTIVE, IS_QUEUED, JOB, STATION
from shared.contracts.vocabulary import Mode
from shared.storage import kernel
from shared.storage.timing import halves_and_tenths, hour_of, seconds_between
from shared.window import Window

_STEP = kernel.step
_ASSIGNED = ("dispatch.job.assigned", "dispatch.job.reassigned")
_ACKNOWLEDGED = "dispatch.job.acknowledged"
GIVEN_ON = ("dispatch.job.declined", "dispatch.job.reassigned")
"""Steps by which a job changes hands: a unit gave it back; another was given it."""
_REAL = JOB.c.mode == Mode.ACTUAL.value


def live_jobs(connection: Connection, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count the jobs that have not ended, by state and priority, with since when the oldest of them is known."""
    query = (
        select(JOB.c.state, INCIDENT.c.priority, func.count().label("jobs"), _oldest().label("since"))
        .join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
        .where(or_(IS_QUEUED, IS_ACTIVE), _REAL, JOB.c.jurisdiction.in_(mine))
        .group_by(JOB.c.state, INCIDENT.c.priority)
    )
    return connection.execute(query).mappings().all()


def _oldest() -> ColumnElement[datetime]:
    return func.min(INCIDENT.c.raised_at, type_=INCIDENT.c.raised_at.type)


def ended_jobs(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count the jobs of a time that have ended, by state."""
    query = (
        select(JOB.c.state, func.count().label("jobs"))
        .where(JOB.c.id >= window.first_id, JOB.c.ended_at >= window.since, _REAL, JOB.c.jurisdiction.in_(mine))
        .group_by(JOB.c.state)
    )
    return connection.execute(query).mappings().all()


def given_on_by_hour(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count how often jobs changed hands, by the hour (UTC) and step."""
    hour = hour_of(_STEP.c.at).label("hour")
    query = _steps(window, mine, GIVEN_ON).with_only_columns(hour, _STEP.c.type, func.count().label("times"))
    return connection.execute(query.group_by(hour, _STEP.c.type)).mappings().all()


def acknowledgement_times(
    connection: Connection, window: Window, mine: Collection[str], *by: str
) -> Sequence[RowMapping]:
    """Time how long units took to acknowledge (seconds): from the assignment that each acknowledgement answers."""
    steps = (
        _steps(window, mine, (*_ASSIGNED, _ACKNOWLEDGED))
        .with_only_columns(
            _STEP.c.type,
            _STEP.c.at,
            JOB.c.station,
            func.lag(_STEP.c.at, type_=_STEP.c.at.type)
            .over(partition_by=_STEP.c.entity, order_by=_STEP.c.version)
            .label("before"),
            func.lag(_STEP.c.type).over(partition_by=_STEP.c.entity, order_by=_STEP.c.version).label("type_before"),
        )
        .subquery()
    )
    measured = select(steps.c.station, seconds_between(steps.c.before, steps.c.at).label("seconds")).where(
        steps.c.type == _ACKNOWLEDGED, steps.c.type_before.in_(_ASSIGNED), steps.c.station.is_not(None)
    )
    return connection.execute(halves_and_tenths(measured, *by)).mappings().all()


def station_names(connection: Connection, codes: Collection[str]) -> dict[str, dict[str, str]]:
    """Return the names of stations, by code and language."""
    query = select(STATION.c.code, STATION.c.name).where(STATION.c.code.in_(codes))
    return {row.code: row.name for row in connection.execute(query)} if codes else {}


def _steps(window: Window, mine: Collection[str], types: Collection[str]) -> Select[Any]:
    """Steps of real jobs of these mechanisms in a time, of these types."""
    return (
        select(_STEP)
        .join(JOB, JOB.c.id == _STEP.c.entity)
        .where(
            _STEP.c.incident >= window.first_id,
            _STEP.c.at >= window.since,
            _STEP.c.type.in_(types),
            _REAL,
            JOB.c.jurisdiction.in_(mine),
        )
    )
