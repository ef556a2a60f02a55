"""intake's rows. Facts are kept as they were typed; what is searched or counted stands in columns of its own."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, MetaData, String, Table, text
from sqlalchemy.orm import registry
from sqlalchemy.types import TypeEngine
from sqlmodel import Field, SQLModel

from shared.storage.kernel import NAMING
from shared.storage.types import UtcDateTime, json_column


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """intake's own registry: no other service's table is ever in it."""


def _json(*, nullable: bool = False) -> Any:
    return Field(sa_column=Column(json_column(), nullable=nullable), default=None)


def _bytewise(length: int) -> TypeEngine[str]:
    """Return a text type that both databases order by code point, whatever their language."""
    return String(length).with_variant(String(length, collation="C"), "postgresql")


def _moment(*, nullable: bool = True, index: bool = False) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=nullable, index=index), default=None)


class Incident(Base, table=True):
    __tablename__ = "incident"
    __table_args__ = (
        Index(
            "ix_incident_next_ask",
            "priority",
            "next_ask_at",
            sqlite_where=text("next_ask_at IS NOT NULL"),
            postgresql_where=text("next_ask_at IS NOT NULL"),
        ),
        Index("ix_incident_state_priority", "state", "priority"),
    )

    id: str = Field(primary_key=True, max_length=36)
    number: str = Field(max_length=32, unique=True)
    jurisdiction: str = Field(max_length=8, index=True)
    municipality: str = Field(max_length=12)
    origin: str = Field(max_length=40)
    """The organisation that raised it; it may read it wherever the place lies."""
    state: str = Field(max_length=16)
    mode: str = Field(max_length=16)
    priority: int
    version: int
    facts: dict[str, Any] = _json()
    danger: dict[str, Any] = _json()
    position: dict[str, Any] = _json()
    unverified: list[str] = _json()
    children_involved: bool
    seen_alone: str | None = Field(max_length=8)
    scene: dict[str, Any] | None = _json(nullable=True)
    calls: int
    raised_at: datetime = _moment(nullable=False)
    medical_called_at: datetime | None = _moment()
    medical_called_by: str | None = Field(max_length=40)
    ended_at: datetime | None = _moment()
    outcome: str | None = Field(max_length=40)
    next_ask_at: datetime | None = _moment()
    asks: int
    """How often it was said again for the present version."""


RUNNING = text("due_at IS NOT NULL AND NOT overdue")
"""Legs with a running clock. Queries say it in these words: only then is the partial index used."""
LATE = text("overdue")
"""Legs past their deadline, likewise."""


class LegRow(Base, table=True):
    __tablename__ = "leg"
    __table_args__ = (
        Index("ix_leg_due", "due_at", sqlite_where=RUNNING, postgresql_where=RUNNING),
        Index("ix_leg_late", "incident", sqlite_where=LATE, postgresql_where=LATE),
    )

    incident: str = Field(primary_key=True, max_length=36, foreign_key="incident.id")
    kind: str = Field(primary_key=True, max_length=8)
    id: str = Field(max_length=36, unique=True)
    state: str = Field(max_length=16)
    request: int
    attempt: int
    entity: str | None = Field(max_length=36)
    entity_version: int
    quoted: int
    asked_at: datetime | None = _moment()
    answered_at: datetime | None = _moment()
    accepted_at: datetime | None = _moment()
    done_at: datetime | None = _moment()
    waived_at: datetime | None = _moment()
    waived_by: str | None = Field(max_length=16)
    due_at: datetime | None = _moment()
    overdue: bool
    overdue_count: int
    near_allowed: bool
    ever_accepted: bool
    ended: bool
    detail: dict[str, Any] | None = _json(nullable=True)


class Call(Base, table=True):
    """Every call about an incident after the first."""

    __tablename__ = "call"

    id: str = Field(primary_key=True, max_length=36)
    incident: str = Field(max_length=36, foreign_key="incident.id", index=True)
    at: datetime = _moment(nullable=False)
    facts: dict[str, Any] = _json()


class Note(Base, table=True):
    """Free text that stays here: why something was decided."""

    __tablename__ = "note"

    id: str = Field(primary_key=True, max_length=36)
    incident: str = Field(max_length=36, foreign_key="incident.id", index=True)
    at: datetime = _moment(nullable=False)
    version: int
    by: str = Field(max_length=32)
    text: str


class Link(Base, table=True):
    """Keyed hashes by which two incidents may be about one event."""

    __tablename__ = "link"
    __table_args__ = (Index("ix_link_hash", "hash"),)

    incident: str = Field(primary_key=True, max_length=36, foreign_key="incident.id")
    kind: str = Field(primary_key=True, max_length=16)
    hash: str = Field(max_length=64)


class TimelineRow(Base, table=True):
    """A step of another service, as heard."""

    __tablename__ = "timeline"
    __table_args__ = (Index("ix_timeline_incident", "incident", "step"),)

    entity: str = Field(primary_key=True, max_length=36)
    version: int = Field(primary_key=True)
    incident: str = Field(max_length=36)
    type: str = Field(max_length=64)
    by: str = Field(max_length=32)
    step: int
    at: datetime = _moment(nullable=False)
    heard_at: datetime = _moment(nullable=False)


class Counter(Base, table=True):
    """The last incident number given, by jurisdiction and year."""

    __tablename__ = "counter"

    jurisdiction: str = Field(primary_key=True, max_length=8)
    year: int = Field(primary_key=True)
    last: int


class JurisdictionRow(Base, table=True):
    __tablename__ = "jurisdiction"

    code: str = Field(primary_key=True, max_length=8)
    name: dict[str, str] = _json()
    country: str = Field(max_length=2)
    languages: list[str] = _json()
    deadlines: dict[str, int] = _json()
    duty_phones: list[dict[str, Any]] = _json()


class OrganisationNumber(Base, table=True):
    """A phone number that never links two incidents: a school's, a station's."""

    __tablename__ = "organisation_number"

    number: str = Field(primary_key=True, max_length=20)
    jurisdiction: str = Field(primary_key=True, max_length=8)


class PlaceRow(Base, table=True):
    """A municipality (its seat) or a settlement."""

    __tablename__ = "place"
    __table_args__ = (Index("ix_place_latitude", "latitude"), Index("ix_place_jurisdiction", "jurisdiction"))

    kind: str = Field(primary_key=True, max_length=12)
    code: str = Field(primary_key=True, max_length=16)
    municipality: str = Field(max_length=12)
    jurisdiction: str = Field(max_length=8)
    region: str | None = Field(max_length=40)
    """Of municipalities: the group they are counted with."""
    latitude: float
    longitude: float
    names: dict[str, str] = _json()


class PlaceName(Base, table=True):
    """A name of a place, folded so that what is typed finds it by its beginning."""

    __tablename__ = "place_name"
    __table_args__ = (Index("ix_place_name_name", "name"), Index("ix_place_name_jurisdiction", "jurisdiction"))

    kind: str = Field(primary_key=True, max_length=12)
    code: str = Field(primary_key=True, max_length=16)
    name: str = Field(sa_column=Column(_bytewise(400), primary_key=True))
    jurisdiction: str = Field(max_length=8)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it for table=True
    return table


INCIDENT = _table(Incident)
LEG = _table(LegRow)
CALL = _table(Call)
NOTE = _table(Note)
LINK = _table(Link)
TIMELINE = _table(TimelineRow)
COUNTER = _table(Counter)
JURISDICTION = _table(JurisdictionRow)
ORGANISATION_NUMBER = _table(OrganisationNumber)
PLACE = _table(PlaceRow)
PLACE_NAME = _table(PlaceName)
