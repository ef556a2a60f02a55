"""shelter_beds' rows. P3 is said here: a room has one active placement, a request of an incident one live placement."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.storage.kernel import NAMING
from shared.storage.types import UtcDateTime, json_column

_ID, _CODE, _WORD, _HASH = 36, 40, 16, 64


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """shelter_beds' own registry: no other service's table is ever in it."""


def _json(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(json_column(), nullable=nullable))


def _moment(*, nullable: bool = True) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=nullable), default=None)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class Jurisdiction(Base, table=True):
    __tablename__ = "jurisdiction"

    code: str = Field(primary_key=True, max_length=8)
    name: dict[str, str] = _json()
    languages: list[str] = _json()
    neighbours: list[str] = _json()
    """Jurisdictions whose rooms are tried when its own has none, nearest first."""
    hold: int
    """Seconds that a room is held before its staff must have confirmed."""
    shelter_arrived: int
    """Seconds from the confirmation in which the family should have arrived."""
    stale_room: int
    """Seconds after which a room's state must be confirmed by phone."""


class Municipality(Base, table=True):
    __tablename__ = "municipality"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    region: str = Field(max_length=_CODE)
    latitude: float
    longitude: float


class Shelter(Base, table=True):
    """Its code is an organisation's, so it is unique in the whole deployment. Its address is not here (P6)."""

    __tablename__ = "shelter"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    code_name: str = Field(max_length=120)
    region: str = Field(max_length=_CODE)
    municipality: str = Field(max_length=_CODE)
    phone: str | None = Field(max_length=_CODE)
    admission: dict[str, Any] = _json()
    meeting_points: list[dict[str, Any]] = _json()
    version: int
    by_hand: bool
    """Made over HTTP, not named in the jurisdiction's file: loading that does not retire it."""
    retired: bool


class Address(Base, table=True):
    """Where a shelter is: typed by its staff, sealed for this service alone, read by nobody else (P6)."""

    __tablename__ = "address"

    shelter: str = Field(primary_key=True, max_length=_CODE, foreign_key="shelter.code")
    version: int
    sealed: str
    at: datetime = _moment(nullable=False)


class OfferedPoint(Base, table=True):
    """A meeting point that a shelter's staff used, to be offered to them first the next time.

    One of those that the jurisdiction lists stands here by its code alone; kind and text are of those that staff typed
    and wished to keep. Nothing here says for which family.
    """

    __tablename__ = "offered_point"

    shelter: str = Field(primary_key=True, max_length=_CODE, foreign_key="shelter.code")
    code: str = Field(primary_key=True, max_length=_CODE)
    kind: str | None = Field(max_length=_WORD)
    text: str | None = Field(max_length=300)
    used_at: datetime = _moment(nullable=False)


class Acquaintance(Base, table=True):
    """Somebody who must not be near a shelter, as a keyed hash of the name: kin of its people, or who knows it.

    ``incident`` is that of the family that stayed there, or empty for kin that staff flagged.
    """

    __tablename__ = "acquaintance"
    __table_args__ = (Index("ix_acquaintance_name", "name", "shelter"),)

    shelter: str = Field(primary_key=True, max_length=_CODE)
    name: str = Field(primary_key=True, max_length=_HASH)
    incident: str = Field(primary_key=True, max_length=_ID)


class Room(Base, table=True):
    __tablename__ = "room"
    __table_args__ = (
        Index("uq_room_shelter_name_shadow", "shelter", "name", "shadow", unique=True),
        _partial("ix_room_free", "jurisdiction", "shadow", "beds", where="shown = 'free' AND NOT retired"),
        Index("ix_room_shown", "jurisdiction", "shadow", "shelter", "shown"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    shelter: str = Field(max_length=_CODE, foreign_key="shelter.code")
    jurisdiction: str = Field(max_length=8)
    name: str = Field(max_length=_CODE)
    beds: int
    accessible: bool
    state: str = Field(max_length=_WORD)
    """The base state, which only staff set."""
    placement: str | None = Field(max_length=_ID)
    """The active placement; written with it, in its transaction."""
    shown: str = Field(max_length=_WORD)
    """``held`` or ``occupied`` while a placement is active, else the base state: what boards count."""
    shadow: bool
    """A twin that stands in for the real one in drills (P9)."""
    version: int
    confirmed_at: datetime | None = _moment()
    """When somebody last said that the state is true."""
    confirmed_role: str | None = Field(max_length=_WORD)
    confirmed_by: str | None = Field(max_length=64)
    """A pseudonym; shown to the shelter's own staff."""
    by_hand: bool
    retired: bool


class Incident(Base, table=True):
    """What was heard of an incident, the newest."""

    __tablename__ = "incident"

    id: str = Field(primary_key=True, max_length=_ID)
    version: int
    number: str = Field(max_length=32)
    jurisdiction: str = Field(max_length=8, index=True)
    mode: str = Field(max_length=_WORD)
    priority: int
    state: str = Field(max_length=_WORD)
    raised_at: datetime = _moment(nullable=False)
    wanted: bool
    waived: bool
    request: int
    near_allowed: bool
    municipality: str = Field(max_length=_CODE)
    latitude: float
    longitude: float
    police_linked: bool
    family: dict[str, Any] = _json()
    """What choosing a room looks at; perpetrators' names only as keyed hashes."""
    facts: dict[str, Any] = _json()
    """Family size and needs: shown to the staff of its shelter, and every look is noted."""


_WAITLISTED = "state = 'waitlisted'"
_ACTIVE = "state IN ('held', 'confirmed', 'arrived', 'absent')"


class Placement(Base, table=True):
    __tablename__ = "placement"
    __table_args__ = (
        _partial("uq_placement_active_room", "room", where=_ACTIVE, unique=True),
        _partial("uq_placement_live_request", "incident", "request", where=f"{_WAITLISTED} OR {_ACTIVE}", unique=True),
        _partial("ix_placement_waitlist", "shadow", "priority", "raised_at", "incident", where=_WAITLISTED),
        _partial("ix_placement_due", "due_at", where="due_at IS NOT NULL"),
        _partial("ix_placement_alias", "alias", where=f"{_WAITLISTED} OR {_ACTIVE}"),
        Index("ix_placement_incident_attempt", "incident", "attempt", unique=True),
        Index("ix_placement_shelter", "shelter", "id"),
        Index("ix_placement_jurisdiction", "jurisdiction", "id"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    incident: str = Field(max_length=_ID, foreign_key="incident.id")
    jurisdiction: str = Field(max_length=8)
    attempt: int
    request: int
    mode: str = Field(max_length=_WORD)
    shadow: bool
    alias: str = Field(max_length=8)
    people: int
    priority: int
    raised_at: datetime = _moment(nullable=False)
    state: str = Field(max_length=_WORD)
    version: int
    room: str | None = Field(max_length=_ID, foreign_key="room.id")
    shelter: str | None = Field(max_length=_CODE)
    home: str | None = Field(max_length=8)
    """The jurisdiction of the room: its incident's, or a neighbour."""
    reason: str | None = Field(max_length=_CODE)
    attention: str | None = Field(max_length=_CODE)
    excluded: dict[str, int] = _json()
    held_until: datetime | None = _moment()
    arrive_by: datetime | None = _moment()
    due_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()
    meeting_point: dict[str, Any] | None = _json(nullable=True)
    word: str | None = Field(max_length=_CODE)


class Tried(Base, table=True):
    """A room that a request had in vain."""

    __tablename__ = "tried"

    incident: str = Field(primary_key=True, max_length=_ID)
    request: int = Field(primary_key=True)
    room: str = Field(primary_key=True, max_length=_ID)
    shelter: str = Field(max_length=_CODE)
    at: datetime = _moment(nullable=False)
    refused: bool
    """Its staff said no. Otherwise the time ran out, and the room may be tried again once they confirmed it anew."""


class Job(Base, table=True):
    """The crew that goes to the family, the newest that was heard."""

    __tablename__ = "job"

    incident: str = Field(primary_key=True, max_length=_ID)
    id: str = Field(max_length=_ID)
    attempt: int
    version: int
    state: str = Field(max_length=_WORD)
    station: str | None = Field(max_length=_CODE)
    unit: str | None = Field(max_length=_CODE)
    carried: bool


class Look(Base, table=True):
    """A crew read a rendezvous (P8); shown to the shelter's staff."""

    __tablename__ = "look"
    __table_args__ = (Index("ix_look_placement", "placement", "id"),)

    id: str = Field(primary_key=True, max_length=_ID)
    placement: str = Field(max_length=_ID, foreign_key="placement.id")
    at: datetime = _moment(nullable=False)
    station: str = Field(max_length=_CODE)
    unit: str = Field(max_length=_CODE)


class Denial(Base, table=True):
    """A request that found no room, with the rule that excluded each candidate."""

    __tablename__ = "denial"
    __table_args__ = (
        Index("uq_denial_request", "incident", "request", unique=True),
        Index("ix_denial_jurisdiction", "jurisdiction", "shadow", "id"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    at: datetime = _moment(nullable=False)
    jurisdiction: str = Field(max_length=8)
    incident: str = Field(max_length=_ID, foreign_key="incident.id")
    request: int
    shadow: bool
    people: int
    excluded: dict[str, int] = _json()
    candidates: dict[str, dict[str, int]] = _json()
    """Shelter → rule → how many of its rooms."""


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it for table=True
    return table


JURISDICTION = _table(Jurisdiction)
MUNICIPALITY = _table(Municipality)
SHELTER = _table(Shelter)
ADDRESS = _table(Address)
OFFERED_POINT = _table(OfferedPoint)
ACQUAINTANCE = _table(Acquaintance)
ROOM = _table(Room)
INCIDENT = _table(Incident)
PLACEMENT = _table(Placement)
TRIED = _table(Tried)
JOB = _table(Job)
LOOK = _table(Look)
DENIAL = _table(Denial)

IS_WAITLISTED = text(f"placement.{_WAITLISTED}")
IS_ACTIVE = text(f"placement.{_ACTIVE}")
IS_LIVE = text(f"(placement.{_WAITLISTED} OR placement.{_ACTIVE})")
IS_FREE = text("room.shown = 'free' AND NOT room.retired")
"""Conditions word for word those of the partial indexes: with bound values no database would use these."""
