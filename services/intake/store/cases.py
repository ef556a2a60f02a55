"""Incidents with their legs: a ``Case`` goes in and comes out whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, insert, select, update

from services.intake.domain.case import Case
from services.intake.domain.legs import Leg
from services.intake.domain.risk import Danger
from services.intake.tables import INCIDENT, LEG
from shared.contracts.sealed import Position
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Mode, Tri, WhoDecided
from shared.errors import NotFound
from shared.storage import kernel
from shared.storage.transaction import Transaction

_LEG_FIELDS = tuple(item.name for item in fields(Leg))
_CASE_FIELDS = tuple(item.name for item in fields(Case) if item.name != "legs")
_ORDER = {kind: place for place, kind in enumerate(LegKind)}
_CLOCK = kernel.logical_clock

_INCIDENT = select(INCIDENT).where(INCIDENT.c.id == bindparam("of"))
_LEGS = select(LEG).where(LEG.c.incident == bindparam("of"))
_LEGS_OF_MANY = select(LEG).where(LEG.c.incident.in_(bindparam("of", expanding=True)))
_HOLD = select(_CLOCK.c.step).where(_CLOCK.c.incident == bindparam("of")).with_for_update()
_ADD_INCIDENT, _ADD_LEG = insert(INCIDENT), insert(LEG)
_SAVE_LEG = (
    update(LEG)
    .where(LEG.c.incident == bindparam("of"), LEG.c.kind == bindparam("which"))
    .values({name: bindparam(f"new_{name}") for name in _LEG_FIELDS if name != "kind"})
)
_SAVE_ASKING = (
    update(INCIDENT)
    .where(INCIDENT.c.id == bindparam("of"))
    .values(next_ask_at=bindparam("new_next_ask_at"), asks=bindparam("new_asks"))
)
_ASKING = {"next_ask_at", "asks"}


def load(tx: Transaction, incident: str) -> Case:
    """Return an incident for changing it; until the commit no other replica changes it.

    Raises:
        NotFound: there is none.
    """
    of = {"of": incident}
    if tx.connection.dialect.name == "postgresql":
        # What is heard has locked the clock already; to lock another row here would be a second order of locks.
        tx.execute(_HOLD, of)
    row = tx.first(_INCIDENT, of)
    if row is None:
        raise NotFound("incident")
    return case_of(row, tx.all(_LEGS, of))


def read_case(connection: Connection, incident: str) -> Case | None:
    """Return an incident for showing it."""
    row = connection.execute(_INCIDENT, {"of": incident}).mappings().first()
    return next(iter(cases_of(connection, [row])), None) if row else None


def cases_of(connection: Connection, rows: Sequence[RowMapping | Mapping[str, Any]]) -> list[Case]:
    """Return cases from rows of incidents, with their legs, in the order given."""
    legs: dict[str, list[RowMapping]] = {}
    if rows:
        for leg in connection.execute(_LEGS_OF_MANY, {"of": [row["id"] for row in rows]}).mappings():
            legs.setdefault(leg["incident"], []).append(leg)
    return [case_of(row, legs.get(row["id"], ())) for row in rows]


def add(tx: Transaction, case: Case) -> None:
    """Write a new incident."""
    tx.execute(_ADD_INCIDENT, {name: _stored(name, getattr(case, name)) for name in _CASE_FIELDS})
    tx.execute(_ADD_LEG, [{"incident": case.id, **_leg_values(leg)} for leg in case.legs.values()])


def save(tx: Transaction, before: Case, after: Case) -> None:
    """Write what changed of an incident."""
    changed = {name for name in _CASE_FIELDS if getattr(after, name) != getattr(before, name)}
    if changed and changed <= _ASKING:
        tx.execute(_SAVE_ASKING, {"of": after.id, "new_next_ask_at": after.next_ask_at, "new_asks": after.asks})
    elif changed:
        values = {name: _stored(name, getattr(after, name)) for name in changed}
        tx.execute(update(INCIDENT).where(INCIDENT.c.id == after.id).values(values))
    for kind, leg in after.legs.items():
        if leg != before.legs[kind]:
            save_leg(tx, after.id, leg)


def save_leg(tx: Transaction, incident: str, leg: Leg) -> None:
    """Write one leg."""
    values = _leg_values(leg)
    kind = values.pop("kind")
    tx.execute(_SAVE_LEG, {"of": incident, "which": kind, **{f"new_{name}": values[name] for name in values}})


def case_of(row: RowMapping | Mapping[str, Any], legs: Iterable[RowMapping]) -> Case:
    """Read a case from its rows."""
    plain = {name: row[name] for name in _CASE_FIELDS}
    read: dict[str, Any] = {
        "state": IncidentState(row["state"]),
        "mode": Mode(row["mode"]),
        "danger": Danger.from_json(row["danger"]),
        "position": Position.model_construct(**row["position"]),
        "legs": {leg.kind: leg for leg in sorted(map(leg_of, legs), key=lambda leg: _ORDER[leg.kind])},
        "unverified": tuple(row["unverified"]),
        "seen_alone": row["seen_alone"] and Tri(row["seen_alone"]),
    }
    return Case(**{**plain, **read})


def leg_of(row: RowMapping) -> Leg:
    """Read a leg from its row."""
    stored = {name: row[name] for name in _LEG_FIELDS}
    waived_by = stored["waived_by"] and WhoDecided(stored["waived_by"])
    return Leg(**{**stored, "kind": LegKind(row["kind"]), "state": LegState(row["state"]), "waived_by": waived_by})


def _stored(name: str, value: Any) -> Any:
    """Return a field of a case as its column holds it."""
    match name:
        case "danger":
            return value.as_json()
        case "position":
            return value.model_dump()
        case "unverified":
            return list(value)
        case "state" | "mode" | "seen_alone":
            return value and value.value
    return value


def _leg_values(leg: Leg) -> dict[str, Any]:
    return {
        **{name: getattr(leg, name) for name in _LEG_FIELDS},
        "kind": leg.kind.value,
        "state": leg.state.value,
        "waived_by": leg.waived_by and leg.waived_by.value,
    }
