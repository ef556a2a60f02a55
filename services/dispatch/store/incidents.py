"""The copy of what was heard: incidents, and of a placement what a crew may know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from sqlalchemy import RowMapping, bindparam, insert, select, update

from services.dispatch.domain.incident import Incident
from services.dispatch.tables import INCIDENT, PLACEMENT
from shared.contracts.events import PlacementPublic
from shared.contracts.vocabulary import IncidentState, Mode
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_FIELDS = tuple(field.name for field in fields(Incident))
_PREFIX = "incident_"
COLUMNS = tuple(INCIDENT.c[name].label(_PREFIX + name) for name in _FIELDS)
"""An incident's columns beside those of its job, which has some of the same names."""

_BY_ID = select(*COLUMNS).where(INCIDENT.c.id == bindparam("id"))
_ADD = insert(INCIDENT)
_REPLACE = (
    update(INCIDENT)
    .where(INCIDENT.c.id == bindparam("known"))
    .values({column: bindparam(column.name) for column in INCIDENT.c if column is not INCIDENT.c.id})
)


def incident_of(row: RowMapping) -> Incident:
    """Read an incident from ``COLUMNS``."""
    stored = {name: row[_PREFIX + name] for name in _FIELDS}
    return Incident(
        **{
            **stored,
            "mode": Mode(stored["mode"]),
            "state": IncidentState(stored["state"]),
            "suspects": tuple(stored["suspects"]),
        }
    )


def incident(tx: Transaction, incident_id: str) -> Incident:
    """Return what was heard of an incident that has a job."""
    return incident_of(tx.execute(_BY_ID, {"id": incident_id}).mappings().one())


def save(tx: Transaction, heard: Incident, facts: Mapping[str, Any]) -> None:
    """Write what was heard of an incident in the place of what was heard before."""
    row = {name: getattr(heard, name) for name in _FIELDS}
    row |= {"mode": heard.mode.value, "state": heard.state.value, "suspects": list(heard.suspects), "facts": facts}
    if tx.execute(_REPLACE, {"known": heard.id, **row}).rowcount == 0:
        tx.execute(_ADD, row)


def save_placement(tx: Transaction, *, incident_id: str, entity: str, version: int, placement: PlacementPublic) -> bool:
    """Keep the newest placement of an incident; say whether this is it."""
    row = {
        "incident": incident_id,
        "id": entity,
        "attempt": placement.attempt,
        "version": version,
        "alias": placement.alias,
        "state": placement.state.value,
    }
    newer = (PLACEMENT.c.attempt < placement.attempt) | (
        (PLACEMENT.c.attempt == placement.attempt) & (PLACEMENT.c.version < version)
    )
    statement = insert_into(tx.connection, PLACEMENT).values(**row)
    statement = statement.on_conflict_do_update(index_elements=[PLACEMENT.c.incident], set_=row, where=newer)
    return tx.execute(statement.returning(PLACEMENT.c.id)).first() is not None
