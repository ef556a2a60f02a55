"""The copy of what was heard: incidents with their packets, and how far police and shelter are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import RowMapping, bindparam, or_, select

from services.notify.domain.incident import Incident
from services.notify.tables import INCIDENT, OTHER_LEG
from shared.contracts.vocabulary import IncidentState, LegKind, Mode
from shared.storage.transaction import Transaction
from shared.storage.upsert import Insert, on_both

_FIELDS = tuple(field.name for field in fields(Incident))
_BY_ID = select(*(INCIDENT.c[name] for name in _FIELDS)).where(INCIDENT.c.id == bindparam("id"))


def _in_place(insert: Insert) -> Any:
    replaced = {name: insert.excluded[name] for name in INCIDENT.c.keys() if name != "id"}  # noqa: SIM118  # columns
    return insert.on_conflict_do_update(index_elements=[INCIDENT.c.id], set_=replaced)


def _if_newer(insert: Insert) -> Any:
    keys = {"incident", "leg"}
    replaced = {name: insert.excluded[name] for name in OTHER_LEG.c.keys() if name not in keys}  # noqa: SIM118  # columns
    same_attempt = OTHER_LEG.c.attempt == insert.excluded.attempt
    newer = or_(
        OTHER_LEG.c.attempt < insert.excluded.attempt, same_attempt & (OTHER_LEG.c.version < insert.excluded.version)
    )
    return insert.on_conflict_do_update(
        index_elements=[OTHER_LEG.c.incident, OTHER_LEG.c.leg], set_=replaced, where=newer
    ).returning(OTHER_LEG.c.entity)


_SAVE = on_both(INCIDENT, _in_place)
_SAVE_LEG = on_both(OTHER_LEG, _if_newer)


@dataclass(frozen=True)
class Personal:
    """What is only shown in a handover's or a notice's detail."""

    packet: Mapping[str, Any]
    children: Sequence[Mapping[str, Any]]


def lock(tx: Transaction, incident: str) -> None:
    """Let nobody else move anything of this incident until the commit: staff, clocks and intake all do."""
    tx.lock(f"incident:{incident}")


def incident_of(row: RowMapping) -> Incident:
    """Read an incident from its row."""
    stored = {name: row[name] for name in _FIELDS}
    return Incident(
        **{
            **stored,
            "mode": Mode(row["mode"]),
            "state": IncidentState(row["state"]),
            "languages": tuple(row["languages"]),
        }
    )


def incident(tx: Transaction, incident_id: str) -> Incident:
    """Return what was heard of an incident that has a handover or a notice."""
    return incident_of(tx.execute(_BY_ID, {"id": incident_id}).mappings().one())


def save(tx: Transaction, heard: Incident, personal: Personal) -> None:
    """Write what was heard of an incident in the place of all that was heard before."""
    row = {name: getattr(heard, name) for name in _FIELDS}
    row |= {"mode": heard.mode.value, "state": heard.state.value, "languages": list(heard.languages)}
    tx.on_both(_SAVE, {**row, "packet": dict(personal.packet), "children": list(personal.children)})


def save_leg(
    tx: Transaction,
    leg: LegKind,
    *,
    incident_id: str,
    entity: str,
    attempt: int,
    version: int,
    state: str,
    alias: str | None,
) -> bool:
    """Keep how far another leg of an incident is; say whether this is news."""
    row = {
        "incident": incident_id,
        "leg": leg.value,
        "entity": entity,
        "attempt": attempt,
        "version": version,
        "state": state,
        "alias": alias,
    }
    return tx.on_both(_SAVE_LEG, row).first() is not None
