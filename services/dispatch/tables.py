"""dispatch's rows. P3 is said here: a unit has one active job, a request of an incident one live job."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, MetaData, Table, text
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.storage.kernel import NAMING
from shared.storage.types import UtcDateTime, json_column

_ID, _CODE, _WORD = 36, 40, 16


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """dispatch's own registry: no other service's table is ever in it."""


def _json() -> Any:
    return Field(sa_column=Column(json_column(), nullable=False))


def _moment(*, nullable: bool = True) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=nullable), default=None)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class Jurisdiction(Base, table=True):
    __tablename__ = "jurisdiction"

    code: str = Field(primary_key=True, max_length=8)
    name: dict[str, str] = _json()
    languages: list[str] = _json()
    police_accepted: int
    """Seconds that a unit has to acknowledge a job."""


class Municipality(Base, table=True):
    __tablename__ = "municipality"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    name: dict[str, str] = _json()
    latitude: float
    longitude: float
    neighbours: list[str] = _json()


class Station(Base, table=True):
    """Its code is an organisation's, so it is unique in the whole deployment."""

    __tablename__ = "station"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    name: dict[str, str] = _json()
    municipality: str = Field(max_length=_CODE)
    latitude: float
    longitude: float
    covers: list[str] = _json()
    directorate: str = Field(max_length=_CODE)
    phone: str | None = Field(max_length=_CODE)
    version: int
    by_hand: bool
    """Made over HTTP, not named in the jurisdiction's file: loading that does not retire it."""
    retired: bool


class Coverage(Base, table=True):
    """Which stations answer for a municipality: ``station.covers``, to be searched."""

    __tablename__ = "coverage"

    municipality: str = Field(primary_key=True, max_length=_CODE)
    station: str = Field(primary_key=True, max_length=_CODE)


class Unit(Base, table=True):
    __tablename__ = "unit"
    __table_args__ = (
        Index("uq_unit_jurisdiction_code_shadow", "jurisdiction", "code", "shadow", unique=True),
        Index("ix_unit_station_shadow", "station", "shadow"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    code: str = Field(max_length=_CODE)
    jurisdiction: str = Field(max_length=8)
    station: str = Field(max_length=_CODE)
    latitude: float | None
    longitude: float | None
    position_at: datetime | None = _moment()
    state: str = Field(max_length=_WORD)
    """The base state; whoever has an active job is shown as busy besides."""
    shadow: bool
    """A twin that stands in for the real one in drills (P9)."""
    version: int
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
    ambulance: str = Field(max_length=_WORD)
    wanted: bool
    waived: bool
    request: int
    municipality: str = Field(max_length=_CODE, index=True)
    latitude: float
    longitude: float
    position_by: str = Field(max_length=_WORD)
    police_linked: bool
    suspects: list[str] = _json()
    facts: dict[str, Any] = _json()
    """Personal: shown to the crew and its desk, field by field (``need_to_know``), and every look is noted."""


_QUEUED = "state = 'queued'"
_ACTIVE = "state IN ('assigned', 'acknowledged', 'en_route', 'on_scene', 'transporting', 'delivered')"


class Job(Base, table=True):
    __tablename__ = "job"
    __table_args__ = (
        _partial("uq_job_active_unit", "unit", where=_ACTIVE, unique=True),
        _partial("uq_job_live_request", "incident", "request", where=f"{_QUEUED} OR {_ACTIVE}", unique=True),
        _partial("ix_job_queued", "jurisdiction", "shadow", where=_QUEUED),
        _partial("ix_job_due", "due_at", where="due_at IS NOT NULL"),
        Index("ix_job_incident_attempt", "incident", "attempt", unique=True),
        Index("ix_job_station", "station", "id"),
        Index("ix_job_unit", "unit", "id"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    incident: str = Field(max_length=_ID, foreign_key="incident.id")
    jurisdiction: str = Field(max_length=8)
    attempt: int
    request: int
    mode: str = Field(max_length=_WORD)
    shadow: bool
    state: str = Field(max_length=_WORD)
    version: int
    station: str | None = Field(max_length=_CODE)
    unit: str | None = Field(max_length=_ID, foreign_key="unit.id")
    unit_code: str | None = Field(max_length=_CODE)
    reason: str | None = Field(max_length=_CODE)
    attention: str | None = Field(max_length=_CODE)
    assigned_at: datetime | None = _moment()
    due_at: datetime | None = _moment()
    ended_at: datetime | None = _moment()
    carried: bool
    scene: dict[str, Any] = _json()


class Tried(Base, table=True):
    """A unit that a job was given to in vain."""

    __tablename__ = "tried"

    job: str = Field(primary_key=True, max_length=_ID, foreign_key="job.id")
    unit: str = Field(primary_key=True, max_length=_ID)
    at: datetime = _moment(nullable=False)
    declined: bool


class DeskNotice(Base, table=True):
    """What a station's desk is told: one of its units lost a job, and why."""

    __tablename__ = "desk_notice"
    __table_args__ = (Index("ix_desk_notice_station", "station", "id"),)

    id: str = Field(primary_key=True, max_length=_ID)
    at: datetime = _moment(nullable=False)
    jurisdiction: str = Field(max_length=8)
    station: str = Field(max_length=_CODE)
    job: str = Field(max_length=_ID)
    unit: str = Field(max_length=_CODE)
    kind: str = Field(max_length=_CODE)


class Placement(Base, table=True):
    """What the crew may know of the room: that there is one, under which alias, and how far it is."""

    __tablename__ = "placement"

    incident: str = Field(primary_key=True, max_length=_ID)
    id: str = Field(max_length=_ID)
    attempt: int
    version: int
    alias: str = Field(max_length=_CODE)
    state: str = Field(max_length=_WORD)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it for table=True
    return table


JURISDICTION = _table(Jurisdiction)
MUNICIPALITY = _table(Municipality)
STATION = _table(Station)
COVERAGE = _table(Coverage)
UNIT = _table(Unit)
INCIDENT = _table(Incident)
JOB = _table(Job)
TRIED = _table(Tried)
DESK_NOTICE = _table(DeskNotice)
PLACEMENT = _table(Placement)

IS_QUEUED = text(f"job.{_QUEUED}")
IS_ACTIVE = text(f"job.{_ACTIVE}")
"""Conditions word for word those of the partial indexes: with bound values no database would use these."""
