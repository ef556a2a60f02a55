"""The copy of what was heard: incidents, and the crew that goes to each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, select

from services.shelter_beds.domain.crew import Crew
from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.tables import INCIDENT, JOB
from shared.contracts.events import JobPublic
from shared.contracts.vocabulary import IncidentState, JobState, Mode
from shared.storage.transaction import Transaction
from shared.storage.upsert import on_both

_FIELDS = tuple(field.name for field in fields(Incident))
_PREFIX = "incident_"
COLUMNS = tuple(INCIDENT.c[name].label(_PREFIX + name) for name in _FIELDS)
"""An incident's columns beside those of its placement, which has some of the same names."""

_BY_ID = select(*COLUMNS).where(INCIDENT.c.id == bindparam("id"))
_FACTS = select(INCIDENT.c.facts).where(INCIDENT.c.id == bindparam("id"))
_SAVE = on_both(
    INCIDENT,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[INCIDENT.c.id],
        set_={column.name: insert.excluded[column.name] for column in INCIDENT.c if column is not INCIDENT.c.id},
    ),
)
_NEWER_JOB = on_both(
    JOB,
    lambda insert: insert.on_conflict_do_update(
        index_elements=[JOB.c.incident],
        set_={column.name: insert.excluded[column.name] for column in JOB.c if column is not JOB.c.incident},
        where=(JOB.c.attempt < insert.excluded.attempt)
        | ((JOB.c.attempt == insert.excluded.attempt) & (JOB.c.version < insert.excluded.version)),
    ).returning(JOB.c.id),
)
_CREW = select(JOB.c.state, JOB.c.station, JOB.c.unit, JOB.c.carried).where(JOB.c.incident == bindparam("incident"))


def incident_of(row: RowMapping) -> Incident:
    """Read an incident from ``COLUMNS``."""
    stored = {name: row[_PREFIX + name] for name in _FIELDS}
    return Incident(
        **{
            **stored,
            "mode": Mode(stored["mode"]),
            "state": IncidentState(stored["state"]),
            "family": Family.stored(stored["family"]),
        }
    )


def incident(connection: Connection, incident_id: str) -> Incident:
    """Return what was heard of an incident that has a placement."""
    return incident_of(connection.execute(_BY_ID, {"id": incident_id}).mappings().one())


def facts_of(connection: Connection, incident_id: str) -> Mapping[str, Any]:
    """Return what its shelter's staff may know of the family."""
    facts: Mapping[str, Any] = connection.execute(_FACTS, {"id": incident_id}).scalar_one()
    return facts


def save(tx: Transaction, heard: Incident, facts: Mapping[str, Any]) -> None:
    """Write what was heard of an incident in the place of what was heard before."""
    row = {name: getattr(heard, name) for name in _FIELDS}
    row |= {"mode": heard.mode.value, "state": heard.state.value, "family": heard.family.kept, "facts": facts}
    tx.on_both(_SAVE, row)


def save_job(tx: Transaction, incident_id: str, entity: str, version: int, job: JobPublic) -> bool:
    """Keep the newest job of an incident; say whether this is it."""
    row = {
        "incident": incident_id,
        "id": entity,
        "attempt": job.attempt,
        "version": version,
        "state": job.state.value,
        "station": job.station,
        "unit": job.unit,
        "carried": job.carried,
    }
    return tx.on_both(_NEWER_JOB, row).first() is not None


def crew(tx: Transaction, incident_id: str) -> Crew | None:
    """Return the crew that goes to the family, if one was heard of."""
    row = tx.first(_CREW, {"incident": incident_id})
    return Crew(JobState(row["state"]), row["station"], row["unit"], row["carried"]) if row else None
