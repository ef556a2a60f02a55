"""Rooms: who is free, who has one, what is counted."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from math import cos, radians
from typing import Any

from sqlalchemy import RowMapping, bindparam, case, func, literal_column, null, or_, select, update

from services.shelter_beds.domain.matching import Candidate, Rule
from services.shelter_beds.domain.room import FREE
from services.shelter_beds.tables import IS_FREE, MUNICIPALITY, ROOM, SHELTER
from shared.contracts.jurisdiction import Admission
from shared.errors import NotFound
from shared.geography import Positioned
from shared.storage.transaction import Transaction

_FIRST, _TIMES = 24, 8
"""Rooms looked at first, usually one of them is chosen; and how many times more each time none was."""

_CANDIDATES = (
    select(
        ROOM.c.id,
        ROOM.c.shelter,
        ROOM.c.jurisdiction,
        ROOM.c.shadow,
        ROOM.c.beds,
        ROOM.c.accessible,
        ROOM.c.confirmed_at,
        SHELTER.c.municipality,
        SHELTER.c.admission,
        MUNICIPALITY.c.latitude,
        MUNICIPALITY.c.longitude,
    )
    .join(SHELTER, SHELTER.c.code == ROOM.c.shelter)
    .join(MUNICIPALITY, MUNICIPALITY.c.code == SHELTER.c.municipality)
)
_NORTH = MUNICIPALITY.c.latitude - bindparam("latitude")
_EAST = (MUNICIPALITY.c.longitude - bindparam("longitude")) * bindparam("narrowing")
_SEARCH = (
    _CANDIDATES.where(
        IS_FREE,
        ROOM.c.jurisdiction == bindparam("jurisdiction"),
        ROOM.c.shadow == bindparam("shadow"),
        ROOM.c.beds >= bindparam("beds"),
        SHELTER.c.municipality.not_in(bindparam("avoided", expanding=True)),
    )
    # On a flat map, to find the first few; the domain measures them on the globe.
    .order_by(ROOM.c.beds, ROOM.c.confirmed_at.desc().nulls_last(), _NORTH * _NORTH + _EAST * _EAST, ROOM.c.id)
)
_SEARCH_SOME = _SEARCH.limit(bindparam("some")).offset(bindparam("seen"))
_FREE_AMONG = _CANDIDATES.where(IS_FREE, ROOM.c.id.in_(bindparam("rooms", expanding=True)))
_IN_SERVICE = (
    ROOM.c.jurisdiction == bindparam("jurisdiction"),
    ROOM.c.shadow == bindparam("shadow"),
    ROOM.c.retired.is_(False),
)
_COUNTED = (
    select(
        ROOM.c.shelter,
        case(
            (ROOM.c.shown != FREE, ROOM.c.shown), (ROOM.c.beds < bindparam("beds"), Rule.SIZE.value), else_=FREE
        ).label("why"),
        func.count().label("rooms"),
    )
    .where(*_IN_SERVICE)
    .group_by(ROOM.c.shelter, literal_column("why"))
    .subquery()
)
_NOT_LOOKED_AT = (
    select(_COUNTED)
    .join(SHELTER, SHELTER.c.code == _COUNTED.c.shelter)
    .where(or_(_COUNTED.c.why != FREE, SHELTER.c.municipality.in_(bindparam("avoided", expanding=True))))
)
_TAKE = (
    update(ROOM)
    .where(ROOM.c.id == bindparam("taken"))
    .values(placement=bindparam("by"), shown=bindparam("as"), version=ROOM.c.version + 1)
    .returning(*ROOM.c)
)
_LEAVE = (
    update(ROOM)
    .where(ROOM.c.id == bindparam("left"))
    .values(placement=null(), shown=ROOM.c.state, version=ROOM.c.version + 1)
    .returning(*ROOM.c)
)


def _candidate(row: RowMapping) -> Candidate:
    return Candidate(
        id=row["id"],
        shelter=row["shelter"],
        jurisdiction=row["jurisdiction"],
        beds=row["beds"],
        accessible=row["accessible"],
        confirmed_at=row["confirmed_at"],
        municipality=row["municipality"],
        admission=Admission.model_construct(**row["admission"]),  # checked when it was loaded
        latitude=row["latitude"],
        longitude=row["longitude"],
    )


def search(
    tx: Transaction, jurisdiction: str, *, shadow: bool, beds: int, near: Positioned, avoided: Collection[str]
) -> Iterator[list[Candidate]]:
    """Yield the free rooms with enough beds outside the municipalities to avoid, some at a time, in their order."""
    asked = {
        "jurisdiction": jurisdiction,
        "shadow": shadow,
        "beds": beds,
        "latitude": near.latitude,
        "longitude": near.longitude,
        "narrowing": cos(radians(near.latitude)),
        "avoided": sorted(avoided),
    }
    some, seen = _FIRST, 0
    while True:
        rows = tx.all(_SEARCH_SOME, {**asked, "some": some, "seen": seen})
        yield [_candidate(row) for row in rows]
        if len(rows) < some:
            return
        some, seen = some * _TIMES, seen + some


def free_among(tx: Transaction, ids: Collection[str]) -> list[tuple[Candidate, bool]]:
    """Return those of some rooms that are free, each with whether it is a shadow twin."""
    rows = tx.all(_FREE_AMONG, {"rooms": sorted(ids)}) if ids else ()
    return [(_candidate(row), row["shadow"]) for row in rows]


def candidate(tx: Transaction, room_id: str) -> Candidate:
    """Return a room, whoever has it."""
    return _candidate(tx.execute(_CANDIDATES.where(ROOM.c.id == room_id)).mappings().one())


def not_looked_at(
    tx: Transaction, jurisdiction: str, *, shadow: bool, beds: int, avoided: Collection[str]
) -> list[tuple[str, str, int]]:
    """Return how many rooms of each shelter such a search does not even look at: shelter, rule, rooms."""
    asked = {"jurisdiction": jurisdiction, "shadow": shadow, "beds": beds, "avoided": sorted(avoided)}
    rows = tx.all(_NOT_LOOKED_AT, asked)
    return [(r["shelter"], Rule.SAFETY.value if r["why"] == FREE else r["why"], r["rooms"]) for r in rows]


def take(tx: Transaction, room_id: str, placement: str, shown: str) -> RowMapping:
    """Write that a placement has a room, and how the room is shown; return its next version."""
    return tx.execute(_TAKE, {"taken": room_id, "by": placement, "as": shown}).mappings().one()


def leave(tx: Transaction, room_id: str) -> RowMapping:
    """Write that nobody has a room; return its next version. Its base state was never changed."""
    return tx.execute(_LEAVE, {"left": room_id}).mappings().one()


def room(tx: Transaction, room_id: str) -> RowMapping:
    """Return a room in service.

    Raises:
        NotFound: there is none.
    """
    row = tx.first(select(ROOM).where(ROOM.c.id == room_id, ROOM.c.retired.is_(False)))
    if row is None:
        raise NotFound("room")
    return row


def change(tx: Transaction, room_id: str, **values: Any) -> RowMapping:
    """Write a room's next version and return it."""
    statement = update(ROOM).where(ROOM.c.id == room_id).values(**values, version=ROOM.c.version + 1)
    return tx.execute(statement.returning(*ROOM.c)).mappings().one()


def confirm_all(tx: Transaction, shelter: str, **said: Any) -> list[RowMapping]:
    """Write that the states of all rooms of a shelter, real and twin, are true."""
    chosen = (ROOM.c.shelter == shelter, ROOM.c.retired.is_(False))
    statement = update(ROOM).where(*chosen).values(**said, version=ROOM.c.version + 1)
    return list(tx.execute(statement.returning(*ROOM.c)).mappings())


def of_shelter(tx: Transaction, shelter: str) -> list[str]:
    """Return the rooms of a shelter, real and twin."""
    return list(tx.execute(select(ROOM.c.id).where(ROOM.c.shelter == shelter, ROOM.c.retired.is_(False))).scalars())
