"""What travels on the bus: one model per kind of entity, and the table of types (CONTRACT, "Events").

An event carries the id, the version and the whole public state of its entity, with every step so far, so that no
earlier event is needed. Nothing personal stands outside ``sealed``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.vocabulary import (
    CallState,
    HandoverState,
    IncidentState,
    JobState,
    LegKind,
    Level,
    Mode,
    NoticeState,
    PlacementState,
    RoomState,
    Service,
    UnitState,
)

Priority = Annotated[int, Field(ge=1, le=3)]


class _Public(BaseModel):
    """Events grow by addition: a reader ignores what it does not know yet."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Step(_Public):
    """One step of one entity: codes only, no free text."""

    version: int
    type: str
    at: datetime
    by: str
    """A role, or the name of the service for what a clock or a rule did."""
    step: int
    """Logical step of the incident: later than everything its service had heard of the incident by then."""


class LegWanted(_Public):
    """What intake asks of one service for one incident."""

    wanted: bool
    request: int
    """Counted up each time the leg is asked for anew (again after an end, or for a new place)."""
    waived: bool = False
    near_allowed: bool = False
    """A supervisor allows a room in the incident's or the perpetrator's municipality."""


class RiskSummary(_Public):
    instrument: str
    lowest: Level
    highest: Level


class IncidentPublic(_Public):
    number: str
    state: IncidentState
    raised_at: datetime
    call: CallState
    legs: dict[LegKind, LegWanted]
    risk: RiskSummary
    ambulance: Literal["not_needed", "needed", "called"] = "not_needed"
    children_involved: bool = False
    police_linked: bool = False
    """A perpetrator is linked to the police: see CONTRACT, "A policeman as perpetrator"."""


class LegPublic(_Public):
    leg: LegKind
    state: str
    due_at: datetime | None


class JobPublic(_Public):
    state: JobState
    attempt: int
    request: int
    station: str | None = None
    unit: str | None = None
    shadow: bool = False
    reason: str | None = None
    ack_by: datetime | None = None
    carried: bool = False
    """Whether the crew took the family along at any time of this job."""


class PlacementPublic(_Public):
    state: PlacementState
    attempt: int
    request: int
    alias: str
    held_until: datetime | None = None
    arrive_by: datetime | None = None
    shadow: bool = False
    reason: str | None = None
    excluded: dict[str, int] = {}
    """How many candidates each rule excluded when no room was found, or when this one was chosen."""
    attention: str | None = None
    """Why a human is asked to look, for instance ``cleared_without_transport``."""


class HandoverPublic(_Public):
    state: HandoverState
    attempt: int
    request: int
    centre: str | None = None
    rota_step: int = 0
    due_at: datetime | None = None
    shadow: bool = False
    reason: str | None = None


class NoticePublic(_Public):
    state: NoticeState
    office: str | None = None
    shadow: bool = False


class UnitPublic(_Public):
    code: str
    state: UnitState
    shadow: bool = False


class RoomPublic(_Public):
    state: RoomState
    held: bool
    shadow: bool = False


class SessionPublic(_Public):
    """``session`` is the token's ``sid``; tokens of it are refused until ``until``."""

    session: str
    until: datetime


class AccountPublic(_Public):
    """Tokens of this account issued before ``since`` are refused: its roles or its state changed."""

    account: str
    since: datetime
    until: datetime


class KeysPublic(_Public):
    kids: list[str]


class EventData(_Public):
    """``data`` of an event about an incident. ``state`` is validated by the type's own model."""

    incident: str
    incident_version: int
    entity: str
    version: int
    ask: int = 0
    mode: Mode = Mode.ACTUAL
    jurisdiction: str
    priority: Priority = 3
    state: dict[str, Any]
    steps: list[Step] = []
    sealed: dict[Service, str] = {}


class BoardData(_Public):
    """``data`` of an event that is about no incident: accounts, keys, boards of units and rooms."""

    entity: str
    version: int
    mode: Mode = Mode.ACTUAL
    jurisdiction: str
    state: dict[str, Any]


@dataclass(frozen=True)
class Family:
    """All types of events about one kind of entity."""

    prefix: str
    source: Service
    state: type[_Public]
    heard_by: frozenset[Service]
    steps: tuple[str, ...]
    about_incident: bool = True

    @property
    def types(self) -> tuple[str, ...]:
        """Full names, for instance ``dispatch.job.assigned``."""
        return tuple(f"{self.prefix}.{step}" for step in self.steps)

    @property
    def pattern(self) -> str:
        """The NATS subject of the whole family in every jurisdiction."""
        return f"zakrila.*.{self.prefix}.>"


_EVERYBODY = frozenset(Service) - {Service.IDENTITY}

INCIDENT = Family(
    "intake.incident",
    Service.INTAKE,
    IncidentPublic,
    frozenset({Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY}),
    ("raised", "updated", "closed", "cancelled"),
)
LEG = Family("intake.leg", Service.INTAKE, LegPublic, frozenset({Service.NOTIFY}), ("overdue",))
JOB = Family(
    "dispatch.job",
    Service.DISPATCH,
    JobPublic,
    frozenset({Service.INTAKE, Service.NOTIFY, Service.SHELTER_BEDS}),
    (
        "queued",
        "assigned",
        "acknowledged",
        "declined",
        "reassigned",
        "en_route",
        "on_scene",
        "transporting",
        "delivered",
        "cleared",
        "cancelled",
        "facts",
    ),
)
PLACEMENT = Family(
    "shelter_beds.placement",
    Service.SHELTER_BEDS,
    PlacementPublic,
    frozenset({Service.INTAKE, Service.NOTIFY, Service.DISPATCH}),
    (
        "waitlisted",
        "held",
        "extended",
        "confirmed",
        "arrived",
        "departed",
        "released",
        "expired",
        "declined",
        "cancelled",
        "absent",
        "no_show",
        "attention",
    ),
)
HANDOVER = Family(
    "notify.handover",
    Service.NOTIFY,
    HandoverPublic,
    frozenset({Service.INTAKE, Service.SHELTER_BEDS}),
    ("offered", "acknowledged", "accepted", "declined", "completed", "escalated", "cancelled"),
)
NOTICE = Family(
    "notify.notice",
    Service.NOTIFY,
    NoticePublic,
    frozenset({Service.INTAKE}),
    ("sent", "acknowledged", "cancelled"),
)
SESSION = Family("identity.session", Service.IDENTITY, SessionPublic, _EVERYBODY, ("revoked",), about_incident=False)
ACCOUNT = Family("identity.account", Service.IDENTITY, AccountPublic, _EVERYBODY, ("changed",), about_incident=False)
KEYS = Family("identity.keys", Service.IDENTITY, KeysPublic, _EVERYBODY, ("changed",), about_incident=False)
UNIT = Family("dispatch.unit", Service.DISPATCH, UnitPublic, frozenset(), ("changed",), about_incident=False)
ROOM = Family("shelter_beds.room", Service.SHELTER_BEDS, RoomPublic, frozenset(), ("changed",), about_incident=False)

FAMILIES: tuple[Family, ...] = (
    INCIDENT,
    LEG,
    JOB,
    PLACEMENT,
    HANDOVER,
    NOTICE,
    SESSION,
    ACCOUNT,
    KEYS,
    UNIT,
    ROOM,
)
_BY_PREFIX: Mapping[str, Family] = {family.prefix: family for family in FAMILIES}


def family_of(event_type: str) -> Family | None:
    """Return the family of an event type, or ``None`` for one this release knows nothing of.

    A new step of a known entity is understood by its state, so only the family is looked up.
    """
    return _BY_PREFIX.get(event_type.rpartition(".")[0])


def heard_by(service: Service) -> dict[Service, list[str]]:
    """Return the subjects that a service may hear, by the service whose stream holds them."""
    subjects: dict[Service, list[str]] = {}
    for family in FAMILIES:
        if service in family.heard_by:
            subjects.setdefault(family.source, []).append(family.pattern)
    return subjects
