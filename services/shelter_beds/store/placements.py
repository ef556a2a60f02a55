"""Placements: the newest of an incident, the waitlist, what is due, what was tried in vain."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, exists, insert, select, tuple_, update

from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.matching import Tried
from services.shelter_beds.domain.placement import Placement
from services.shelter_beds.store.incidents import COLUMNS as INCIDENT_COLUMNS
from services.shelter_beds.store.incidents import incident_of
from services.shelter_beds.tables import ACQUAINTANCE, INCIDENT, IS_ACTIVE, IS_LIVE, IS_WAITLISTED, PLACEMENT, TRIED
from shared.contracts.vocabulary import Mode, PlacementState
from shared.errors import NotFound
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_FIELDS = tuple(field.name for field in fields(Placement))
_MOST_DUE = 200
WAITING_AT_ONCE = 50

Waiting = tuple[Placement, Incident]

# What is asked at every call is built once: building a statement costs more than running it.
_BY_ID = select(PLACEMENT).where(PLACEMENT.c.id == bindparam("id"))
_NEWEST = (
    select(PLACEMENT).where(PLACEMENT.c.incident == bindparam("incident")).order_by(PLACEMENT.c.attempt.desc()).limit(1)
)
_ADD = insert(PLACEMENT)
_SAVE = (
    update(PLACEMENT)
    .where(PLACEMENT.c.id == bindparam("saved"))
    .values({column: bindparam(column.name) for column in PLACEMENT.c if column is not PLACEMENT.c.id})
)
_WITH_INCIDENT = select(PLACEMENT, *INCIDENT_COLUMNS).join(INCIDENT, INCIDENT.c.id == PLACEMENT.c.incident)
_DANGER = (PLACEMENT.c.priority, PLACEMENT.c.raised_at, PLACEMENT.c.incident)
_WAITLIST = (
    _WITH_INCIDENT.where(
        IS_WAITLISTED,
        PLACEMENT.c.shadow == bindparam("shadow"),
        PLACEMENT.c.jurisdiction.in_(bindparam("jurisdictions", expanding=True)),
        PLACEMENT.c.people.between(1, bindparam("beds")),
    )
    .order_by(*_DANGER)
    .limit(WAITING_AT_ONCE)
)
_WAITLIST_AFTER = _WAITLIST.where(
    tuple_(*_DANGER)
    > tuple_(bindparam("priority"), bindparam("raised_at", type_=PLACEMENT.c.raised_at.type), bindparam("incident"))
)
_TRIED = select(TRIED).where(TRIED.c.incident.in_(bindparam("incidents", expanding=True)))
_ACQUAINTED = select(ACQUAINTANCE).where(ACQUAINTANCE.c.name.in_(bindparam("names", expanding=True)))
_ALIASES = select(PLACEMENT.c.alias).where(PLACEMENT.c.alias.in_(bindparam("aliases", expanding=True)), IS_LIVE)


def placement_of(row: RowMapping | Mapping[str, Any]) -> Placement:
    """Read a placement from its row."""
    stored = {name: row[name] for name in _FIELDS}
    return Placement(**{**stored, "mode": Mode(row["mode"]), "state": PlacementState(row["state"])})


def _waiting(rows: Sequence[RowMapping]) -> list[Waiting]:
    return [(placement_of(row), incident_of(row)) for row in rows]


def placement(connection: Connection, placement_id: str) -> Placement:
    """Return a placement.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_BY_ID, {"id": placement_id}).mappings().first()
    if row is None:
        raise NotFound("placement")
    return placement_of(row)


def newest(tx: Transaction, incident: str) -> Placement | None:
    """Return the placement of an incident that counts: the one with the highest attempt."""
    row = tx.first(_NEWEST, {"incident": incident})
    return placement_of(row) if row else None


def add(tx: Transaction, new: Placement) -> None:
    """Write a new placement."""
    tx.execute(_ADD, {"id": new.id, **_row(new)})


def save(tx: Transaction, changed: Placement) -> None:
    """Write a placement as it is now."""
    tx.execute(_SAVE, {"saved": changed.id, **_row(changed)})


def _row(placement_: Placement) -> dict[str, Any]:
    row = {name: getattr(placement_, name) for name in _FIELDS if name != "id"}
    point = placement_.meeting_point
    return {
        **row,
        "mode": placement_.mode.value,
        "state": placement_.state.value,
        "shadow": placement_.shadow,
        "excluded": dict(placement_.excluded),
        "meeting_point": dict(point) if point is not None else None,
    }


def waitlist(
    tx: Transaction, jurisdictions: Collection[str], *, shadow: bool, beds: int, after: Placement | None
) -> list[Waiting]:
    """Return the next families on the waitlist that so many beds would be enough for, most dangerous first."""
    asked = {"shadow": shadow, "jurisdictions": sorted(jurisdictions), "beds": beds}
    if after is None:
        return _waiting(tx.all(_WAITLIST, asked))
    danger = {"priority": after.priority, "raised_at": after.raised_at, "incident": after.incident}
    return _waiting(tx.all(_WAITLIST_AFTER, asked | danger))


def all_waiting(tx: Transaction, jurisdictions: Collection[str]) -> list[Waiting]:
    """Return every family on the waitlist of some jurisdictions, real and in drills."""
    query = _WITH_INCIDENT.where(IS_WAITLISTED, PLACEMENT.c.jurisdiction.in_(jurisdictions), PLACEMENT.c.people > 0)
    return _waiting(tx.all(query))


def expected_at(tx: Transaction, shelter: str) -> list[Waiting]:
    """Return the placements that have a room of a shelter."""
    return _waiting(tx.all(_WITH_INCIDENT.where(PLACEMENT.c.shelter == shelter, IS_ACTIVE)))


def any_due(connection: Connection, now: datetime) -> bool:
    """Say whether a placement's time is over."""
    return bool(connection.execute(select(exists().where(PLACEMENT.c.due_at <= now))).scalar())


def due(tx: Transaction) -> list[Waiting]:
    """Return placements whose time is over, longest ago first."""
    query = _WITH_INCIDENT.where(PLACEMENT.c.due_at <= tx.now).order_by(PLACEMENT.c.due_at).limit(_MOST_DUE)
    return _waiting(tx.all(query))


def free_aliases(tx: Transaction, aliases: Sequence[str]) -> list[str]:
    """Return those of some aliases that no live placement has."""
    taken = set(tx.execute(_ALIASES, {"aliases": list(aliases)}).scalars())
    return [alias for alias in aliases if alias not in taken]


def note_tried(tx: Transaction, tried: Placement, *, refused: bool) -> None:
    """Note that a request had a room in vain."""
    row = {
        "incident": tried.incident,
        "request": tried.request,
        "room": tried.room,
        "shelter": tried.shelter,
        "at": tx.now,
        "refused": refused,
    }
    statement = insert_into(tx.connection, TRIED).values(**row)
    tx.execute(
        statement.on_conflict_do_update(index_elements=[TRIED.c.incident, TRIED.c.request, TRIED.c.room], set_=row)
    )


def tried_by(tx: Transaction, incidents: Collection[str]) -> dict[tuple[str, int], list[Tried]]:
    """Return the rooms that requests of some incidents had in vain, by incident and request."""
    found: dict[tuple[str, int], list[Tried]] = {}
    for row in tx.all(_TRIED, {"incidents": list(incidents)}) if incidents else ():
        tried = Tried(row["room"], row["shelter"], row["at"], row["refused"])
        found.setdefault((row["incident"], row["request"]), []).append(tried)
    return found


def acquainted(tx: Transaction, names: Collection[str]) -> dict[str, list[tuple[str, str]]]:
    """Return where somebody with one of these (hashed) names is known: name → shelter, and the family's incident."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in tx.all(_ACQUAINTED, {"names": sorted(names)}) if names else ():
        found.setdefault(row["name"], []).append((row["shelter"], row["incident"]))
    return found
