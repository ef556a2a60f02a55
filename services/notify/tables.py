"""notify's rows. Said here: an incident has one live handover and one notice, a person one waiting page about it."""

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
    """notify's own registry: no other service's table is ever in it."""


def _json() -> Any:
    return Field(sa_column=Column(json_column(), nullable=False))


def _moment(*, nullable: bool = True) -> Any:
    return Field(sa_column=Column(UtcDateTime, nullable=nullable), default=None)


def _partial(name: str, *columns: str, where: str, unique: bool = False) -> Index:
    return Index(name, *columns, unique=unique, sqlite_where=text(where), postgresql_where=text(where))


class Jurisdiction(Base, table=True):
    """Times are in seconds."""

    __tablename__ = "jurisdiction"

    code: str = Field(primary_key=True, max_length=8)
    name: dict[str, str] = _json()
    languages: list[str] = _json()
    centre_accepted: int
    centre_done: int
    rota_step: int


class Municipality(Base, table=True):
    __tablename__ = "municipality"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    name: dict[str, str] = Field(sa_column=Column(json_column(), nullable=False, server_default="{}"))
    """Empty: loaded by a release that did not keep it."""


class Centre(Base, table=True):
    """Its code is an organisation's, so it is unique in the whole deployment."""

    __tablename__ = "centre"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    name: dict[str, str] = _json()
    serves: list[str] = _json()
    phone: str | None = Field(max_length=_CODE)
    rota: list[dict[str, Any]] = _json()
    """``{order, person, minutes}`` in their order; a step without a person is nobody's."""
    rota_version: int
    rota_by_hand: bool
    """Changed by its staff: loading the jurisdiction leaves it alone from then on."""
    version: int
    by_hand: bool
    """Made over HTTP, not named in the jurisdiction's file: loading that does not retire it."""
    retired: bool


class ServiceArea(Base, table=True):
    """Which centres serve a municipality, its own first: ``centre.serves``, to be searched."""

    __tablename__ = "service_area"

    municipality: str = Field(primary_key=True, max_length=_CODE)
    centre: str = Field(primary_key=True, max_length=_CODE)
    position: int
    """Where in the centre's list the municipality stands."""


class Office(Base, table=True):
    """Child protection."""

    __tablename__ = "office"

    code: str = Field(primary_key=True, max_length=_CODE)
    jurisdiction: str = Field(max_length=8, index=True)
    name: dict[str, str] = _json()
    municipalities: list[str] = _json()
    phone: str | None = Field(max_length=_CODE)


class OfficeArea(Base, table=True):
    __tablename__ = "office_area"

    municipality: str = Field(primary_key=True, max_length=_CODE)
    office: str = Field(primary_key=True, max_length=_CODE)


class Incident(Base, table=True):
    """What was heard of an incident, the newest: withdrawn consent leaves nothing of an older packet."""

    __tablename__ = "incident"

    id: str = Field(primary_key=True, max_length=_ID)
    version: int
    number: str = Field(max_length=32)
    jurisdiction: str = Field(max_length=8)
    mode: str = Field(max_length=_WORD)
    priority: int
    state: str = Field(max_length=_WORD)
    raised_at: datetime = _moment(nullable=False)
    wanted: bool
    waived: bool
    request: int
    municipality: str = Field(max_length=_CODE, index=True)
    region: str = Field(max_length=_CODE)
    people: int
    languages: list[str] = _json()
    consented: bool
    child_involved: bool
    packet: dict[str, Any] = _json()
    """Personal: shown to the centre that has the handover, field by field, and every look is noted."""
    children: list[dict[str, Any]] = _json()
    """Personal: for the child-protection notice alone."""


_CALLING = "due_at IS NOT NULL"
_LIVE = "state IN ('offered', 'acknowledged', 'accepted')"
_QUEUED = "state = 'queued'"


class Handover(Base, table=True):
    __tablename__ = "handover"
    __table_args__ = (
        _partial("uq_handover_live_incident", "incident", where=_LIVE, unique=True),
        _partial("ix_handover_due", "due_at", where=_CALLING),
        _partial("ix_handover_live_centre", "centre", where=_LIVE),
        Index("ix_handover_incident_attempt", "incident", "attempt", unique=True),
        Index("ix_handover_centre", "centre", "id"),
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
    centre: str | None = Field(max_length=_CODE, foreign_key="centre.code")
    call_person: str | None = Field(max_length=_ID)
    call_order: int
    call_round: int
    call_count: int
    due_at: datetime | None = _moment()
    reason: str | None = Field(max_length=_CODE)
    attention: str | None = Field(max_length=_CODE)
    offered_at: datetime | None = _moment()
    acknowledged_at: datetime | None = _moment()
    acknowledged_by: str | None = Field(max_length=_ID)
    accepted_at: datetime | None = _moment()
    accepted_by: str | None = Field(max_length=_ID)
    ended_at: datetime | None = _moment()


class Notice(Base, table=True):
    """Child protection is told of an incident once; a drill's notice is another one."""

    __tablename__ = "notice"
    __table_args__ = (
        Index("uq_notice_incident_shadow", "incident", "shadow", unique=True),
        _partial("ix_notice_due", "due_at", where=_CALLING),
        Index("ix_notice_centre", "centre", "id"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    incident: str = Field(max_length=_ID, foreign_key="incident.id")
    jurisdiction: str = Field(max_length=8)
    mode: str = Field(max_length=_WORD)
    shadow: bool
    state: str = Field(max_length=_WORD)
    version: int
    office: str | None = Field(max_length=_CODE)
    centre: str | None = Field(max_length=_CODE, foreign_key="centre.code")
    """Whose people see to it that the office hears of it."""
    call_person: str | None = Field(max_length=_ID)
    call_order: int
    call_round: int
    call_count: int
    due_at: datetime | None = _moment()
    attention: str | None = Field(max_length=_CODE)
    sent_at: datetime | None = _moment()
    acknowledged_at: datetime | None = _moment()


class Delivery(Base, table=True):
    """One attempt to reach one person over one channel, about a handover, a notice, or both."""

    __tablename__ = "delivery"
    __table_args__ = (
        _partial("uq_delivery_queued", "incident", "person", "mode", where=_QUEUED, unique=True),
        _partial("ix_delivery_queued", "at", where=_QUEUED),
        Index("ix_delivery_person", "person", "id"),
        Index("ix_delivery_handover", "handover", "id"),
        Index("ix_delivery_notice", "notice", "id"),
        Index("ix_delivery_centre", "centre", "id"),
    )

    id: str = Field(primary_key=True, max_length=_ID)
    incident: str = Field(max_length=_ID, foreign_key="incident.id")
    handover: str | None = Field(max_length=_ID, foreign_key="handover.id")
    notice: str | None = Field(max_length=_ID, foreign_key="notice.id")
    jurisdiction: str = Field(max_length=8)
    centre: str | None = Field(max_length=_CODE)
    person: str = Field(max_length=_ID)
    """The account of whom it should reach."""
    channel: str = Field(max_length=_WORD)
    cause: str = Field(max_length=_WORD)
    mode: str = Field(max_length=_WORD)
    state: str = Field(max_length=_WORD)
    reason: str | None = Field(max_length=_CODE)
    at: datetime = _moment(nullable=False)
    sent_at: datetime | None = _moment()
    delivered_at: datetime | None = _moment()


class OtherLeg(Base, table=True):
    """How far police or shelter are: states and an alias, never a place."""

    __tablename__ = "other_leg"

    incident: str = Field(primary_key=True, max_length=_ID)
    leg: str = Field(primary_key=True, max_length=_WORD)
    entity: str = Field(max_length=_ID)
    attempt: int
    version: int
    state: str = Field(max_length=_WORD)
    alias: str | None = Field(max_length=_CODE)


def _table(model: type[SQLModel]) -> Table:
    table: Table = model.__table__  # type: ignore[attr-defined]  # SQLModel makes it for table=True
    return table


JURISDICTION = _table(Jurisdiction)
MUNICIPALITY = _table(Municipality)
CENTRE = _table(Centre)
SERVICE_AREA = _table(ServiceArea)
OFFICE = _table(Office)
OFFICE_AREA = _table(OfficeArea)
INCIDENT = _table(Incident)
HANDOVER = _table(Handover)
NOTICE = _table(Notice)
DELIVERY = _table(Delivery)
OTHER_LEG = _table(OtherLeg)

IS_LIVE = text(f"handover.{_LIVE}")
IS_QUEUED = text(f"delivery.{_QUEUED}")
ONE_QUEUED = text(_QUEUED)
"""Conditions word for word those of the partial indexes: with bound values no database would use these."""
