"""Saying what became of jobs and units: on the bus, on live streams, and to a station's desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import RowMapping, insert

from services.dispatch.commands.access import unit_tag
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job
from services.dispatch.store import jobs, units
from services.dispatch.tables import DESK_NOTICE
from shared.contracts.events import JOB, UNIT, JobPublic, UnitPublic
from shared.contracts.vocabulary import Mode, Service, UnitState
from shared.ids import new_id
from shared.messaging import outbox
from shared.messaging.outbox import Snapshot, announce, record, tell_live
from shared.storage.transaction import Transaction

BY_RULE = Service.DISPATCH.value
"""Who acted, when no person did."""


def say(tx: Transaction, job: Job, incident: Incident, step: str, by: str) -> Job:
    """Write a job's next version, say it, and return it."""
    said = replace(job, version=job.version + 1)
    jobs.save(tx, said)
    record(tx, _snapshot(said, incident), step, by, holder=said.holder)
    return said


def answer(tx: Transaction, job: Job, incident: Incident) -> None:
    """Say a job's present state again, quoting the newest version of its incident (P5)."""
    outbox.answer(tx, _snapshot(job, incident))


def tell_of_incident(tx: Transaction, job: Job, incident: Incident) -> None:
    """Let open pages of a job read it again: the job is as it was, but more is known of its incident."""
    tell_live(
        tx,
        f"{JOB.prefix}.facts",
        entity=job.id,
        version=job.version,
        jurisdiction=job.jurisdiction,
        audience=_audience(job, incident),
    )


def _snapshot(job: Job, incident: Incident) -> Snapshot:
    return Snapshot(
        family=JOB,
        incident=incident.id,
        incident_version=incident.version,
        entity=job.id,
        version=job.version,
        mode=job.mode,
        jurisdiction=incident.jurisdiction,
        priority=incident.priority,
        state=JobPublic(
            state=job.state,
            attempt=job.attempt,
            request=job.request,
            station=job.station,
            unit=job.unit_code,
            shadow=job.shadow,
            reason=job.reason,
            ack_by=job.ack_by,
            carried=job.carried,
        ),
        open=not job.ended,
        audience=_audience(job, incident),
        # Every event carries all that was reported, so that a lost one loses nothing.
        sealed={Service.INTAKE: {"scene": dict(job.scene)}} if job.scene else None,
    )


def _audience(job: Job, incident: Incident) -> Sequence[str]:
    tags = [f"mechanism:{job.jurisdiction}", f"mechanism:{incident.jurisdiction}"]
    if job.station:
        tags.append(f"station:{job.station}")
        if job.unit_code:
            tags.append(unit_tag(job.station, job.unit_code))
    return tuple(dict.fromkeys(tags))


def units_changed(tx: Transaction, ids: Collection[str]) -> None:
    """Say that units were given a job or are free again."""
    busy = jobs.active_units(tx, ids)
    for unit in sorted(ids):
        unit_changed(tx, units.change(tx, unit), has_job=unit in busy)


def unit_changed(tx: Transaction, unit: RowMapping, *, has_job: bool) -> None:
    """Say a unit's new state: no position."""
    state = UnitState.BUSY if has_job else UnitState(unit["state"])
    announce(
        tx,
        UNIT,
        "changed",
        entity=unit["id"],
        version=unit["version"],
        state=UnitPublic(code=unit["code"], state=state, shadow=unit["shadow"]),
        jurisdiction=unit["jurisdiction"],
        mode=Mode.EXERCISE if unit["shadow"] else Mode.ACTUAL,
        audience=_unit_audience(unit),
    )


def unit_moved(tx: Transaction, unit: RowMapping) -> None:
    """Let open boards read a unit again: it stands somewhere else. Where never leaves this service."""
    tell_live(
        tx,
        f"{UNIT.prefix}.changed",
        entity=unit["id"],
        version=unit["version"],
        jurisdiction=unit["jurisdiction"],
        audience=_unit_audience(unit),
    )


def _unit_audience(unit: RowMapping) -> tuple[str, ...]:
    station = unit["station"]
    return (f"station:{station}", unit_tag(station, unit["code"]), f"supervision:{unit['jurisdiction']}")


def tell_desk(tx: Transaction, job: Job, kind: str) -> None:
    """Tell the desk of a job's station that its unit loses the job, and why."""
    notice: dict[str, Any] = {
        "id": new_id(),
        "at": tx.now,
        "jurisdiction": job.jurisdiction,
        "station": job.station,
        "job": job.id,
        "unit": job.unit_code,
        "kind": kind,
    }
    tx.execute(insert(DESK_NOTICE), notice)
    tell_live(
        tx,
        "dispatch.notice.raised",
        entity=notice["id"],
        version=1,
        jurisdiction=job.jurisdiction,
        audience=(f"station:{job.station}", f"supervision:{job.jurisdiction}"),
    )
