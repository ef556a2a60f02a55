"""Jobs: the newest of an incident, the queue, what is due, who was tried in vain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, select, update

from services.dispatch.domain.choosing import Tried, Waiting
from services.dispatch.domain.job import ENDED, Job
from services.dispatch.store.incidents import COLUMNS as INCIDENT_COLUMNS
from services.dispatch.store.incidents import incident_of
from services.dispatch.tables import INCIDENT, IS_ACTIVE, IS_QUEUED, JOB, TRIED
from shared.contracts.vocabulary import JobState, Mode
from shared.errors import NotFound
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_ENDED_STATES = tuple(sorted(state.value for state in ENDED))
_FIELDS = tuple(field.name for field in fields(Job))
_MOST_DUE = 200

# What is asked at every call is built once: building a statement costs more than running it.
_BY_ID = select(JOB).where(JOB.c.id == bindparam("id"))
_NEWEST = select(JOB).where(JOB.c.incident == bindparam("incident")).order_by(JOB.c.attempt.desc()).limit(1)
_ADD = insert(JOB)
_SAVE = (
    update(JOB)
    .where(JOB.c.id == bindparam("saved"))
    .values({column: bindparam(column.name) for column in JOB.c if column is not JOB.c.id})
)
_LINE = (
    select(JOB.c.id)
    .join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    .where(JOB.c.jurisdiction == bindparam("jurisdiction"), JOB.c.shadow == bindparam("shadow"), IS_QUEUED)
    .order_by(INCIDENT.c.priority, INCIDENT.c.raised_at, INCIDENT.c.id)
)
_WAITING = (
    select(JOB, *INCIDENT_COLUMNS)
    .join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    .where(JOB.c.id.in_(bindparam("ids", expanding=True)), IS_QUEUED)
)
_ACTIVE_UNITS = select(JOB.c.unit, JOB.c.id).where(JOB.c.unit.in_(bindparam("units", expanding=True)), IS_ACTIVE)


def job_of(row: RowMapping | Mapping[str, Any]) -> Job:
    """Read a job from its row."""
    stored = {name: row[name] for name in _FIELDS}
    return Job(**{**stored, "mode": Mode(row["mode"]), "state": JobState(row["state"])})


def job(connection: Connection, job_id: str) -> Job:
    """Return a job.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BY_ID, {"id": job_id}).mappings().first()
    if row is None:
        raise NotFound("job")
    return job_of(row)


def newest(tx: Transaction, incident: str) -> Job | None:
    """Return the job of an incident that counts: the one with the highest attempt."""
    row = tx.execute(_NEWEST, {"incident": incident}).mappings().first()
    return job_of(row) if row else None


def add(tx: Transaction, new: Job) -> None:
    """Write a new job."""
    tx.execute(_ADD, {"id": new.id, **_row(new)})


def save(tx: Transaction, changed: Job) -> None:
    """Write a job as it is now."""
    tx.execute(_SAVE, {"saved": changed.id, **_row(changed)})


def _row(job_: Job) -> dict[str, Any]:
    row = {name: getattr(job_, name) for name in _FIELDS if name != "id"}
    return {**row, "mode": job_.mode.value, "state": job_.state.value, "shadow": job_.shadow, "scene": dict(job_.scene)}


def line(tx: Transaction, jurisdiction: str, *, shadow: bool) -> Sequence[str]:
    """Return who waits for a unit in a jurisdiction, most dangerous first."""
    return tx.execute(_LINE, {"jurisdiction": jurisdiction, "shadow": shadow}).scalars().all()


def waiting(tx: Transaction, ids: Collection[str]) -> list[Waiting]:
    """Return those of some jobs that wait for a unit, with what choosing needs."""
    rows = tx.execute(_WAITING, {"ids": sorted(ids)}).mappings().all()
    tried = _tried(tx, [row["id"] for row in rows if row["assigned_at"] is not None])
    return [Waiting(job_of(row), incident_of(row), tried.get(row["id"], ())) for row in rows]


def _tried(tx: Transaction, jobs: Sequence[str]) -> dict[str, list[Tried]]:
    found: dict[str, list[Tried]] = {}
    for row in tx.all(select(TRIED).where(TRIED.c.job.in_(jobs))) if jobs else ():
        found.setdefault(row["job"], []).append(Tried(row["unit"], row["at"], row["declined"]))
    return found


def note_tried(tx: Transaction, job_id: str, unit: str, *, declined: bool) -> None:
    """Note that a unit was given a job in vain."""
    row = {"job": job_id, "unit": unit, "at": tx.now, "declined": declined}
    statement = insert_into(tx.connection, TRIED).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=[TRIED.c.job, TRIED.c.unit], set_=row))


def tried_with(tx: Transaction, job_id: str, units: Collection[str]) -> Tried | None:
    """Return what one of these units answered when it was given the job in vain."""
    query = select(TRIED).where(TRIED.c.job == job_id, TRIED.c.unit.in_(units)).limit(1)
    row = tx.first(query) if units else None
    return Tried(row["unit"], row["at"], row["declined"]) if row else None


def any_due(connection: Connection, now: datetime) -> bool:
    """Say whether a job's time is over."""
    return bool(connection.execute(select(exists().where(JOB.c.due_at <= now))).scalar())


def due_places(tx: Transaction) -> list[tuple[str, bool]]:
    """Return where jobs are due: jurisdictions, and whether in a drill."""
    query = select(JOB.c.jurisdiction, JOB.c.shadow).where(JOB.c.due_at <= tx.now).distinct()
    return sorted((row["jurisdiction"], row["shadow"]) for row in tx.all(query))


def due(tx: Transaction, jurisdiction: str, *, shadow: bool) -> list[Job]:
    """Return jobs whose time is over, longest ago first."""
    place = (JOB.c.jurisdiction == jurisdiction, JOB.c.shadow == shadow)
    query = select(JOB).where(JOB.c.due_at <= tx.now, *place).order_by(JOB.c.due_at).limit(_MOST_DUE)
    return [job_of(row) for row in tx.all(query)]


def active_units(tx: Transaction, units: Collection[str]) -> dict[str, str]:
    """Return which of these units have an active job: unit → job."""
    if not units:
        return {}
    return {row.unit: row.id for row in tx.execute(_ACTIVE_UNITS, {"units": list(units)})}


def live_in(tx: Transaction, municipality: str) -> bool:
    """Say whether a job that has not ended is in a municipality."""
    live = select(JOB.c.id).join(INCIDENT, INCIDENT.c.id == JOB.c.incident)
    query = live.where(INCIDENT.c.municipality == municipality, JOB.c.state.not_in(_ENDED_STATES))
    return tx.first(query.limit(1)) is not None
