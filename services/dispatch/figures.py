"""What dispatch tells of itself: who could go, what waits for a unit, who did not answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from services.dispatch.store.units import HAS_JOB
from services.dispatch.tables import INCIDENT, IS_ACTIVE, IS_QUEUED, JOB, UNIT
from shared.contracts.vocabulary import Mode, UnitState
from shared.telemetry.figures import Count, Figure, Figures, Gauge, mode_of

UNITS = Gauge("zakrila_units", "Units in service; whoever has a job is busy", ("state", "mode"))
JOBS = Gauge("zakrila_jobs", "Jobs that have not ended", ("state", "priority", "mode"))
UNACKNOWLEDGED = Count(
    "zakrila_jobs_unacknowledged",
    "Jobs taken back because the unit did not acknowledge in time",
    ("mode",),
    known=((Mode.ACTUAL.value,),),
)

_COUNT_UNITS = (
    select(UNIT.c.state, UNIT.c.shadow, HAS_JOB.label("has_job"), func.count())
    .where(UNIT.c.retired.is_(False))
    .group_by(UNIT.c.state, UNIT.c.shadow, "has_job")
)
_COUNT_JOBS = (
    select(JOB.c.state, INCIDENT.c.priority, JOB.c.mode, func.count())
    .join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    .where(or_(IS_QUEUED, IS_ACTIVE))
    .group_by(JOB.c.state, INCIDENT.c.priority, JOB.c.mode)
)


def read(connection: Connection, _now: datetime) -> Iterable[Figure]:
    """Count units and live jobs; zeros are told too, because "no unit is free" is what must be seen."""
    units: dict[tuple[str, ...], float] = {
        (state.value, mode_of(shadow=shadow)): 0.0 for state in UnitState for shadow in (False, True)
    }
    for state, shadow, has_job, count in connection.execute(_COUNT_UNITS):
        units[UnitState.BUSY.value if has_job else state, mode_of(shadow=shadow)] += count
    yield UNITS.of(units)
    rows = connection.execute(_COUNT_JOBS)
    yield JOBS.of({(state, str(priority), mode): count for state, priority, mode, count in rows})


FIGURES = Figures((UNITS, JOBS), read, (UNACKNOWLEDGED,))
