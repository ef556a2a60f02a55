"""What the stores held at the end, as plain values: all that the checker reads of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from shared.contracts.vocabulary import LegKind, Service


@dataclass(frozen=True)
class Step:
    """One step of one entity, as its owner wrote it."""

    order: int
    """Place in the order of the owner's commits, whatever its clock did: the step's outbox row."""
    entity: str
    version: int
    incident: str
    type: str
    at: datetime
    by: str
    step: int
    """The logical step within the incident."""
    holder: str | None = None
    """The unit or room it held after the step."""

    @property
    def word(self) -> str:
        """The step without its family, for instance ``held``."""
        return self.type.rpartition(".")[2]


@dataclass(frozen=True)
class Heard:
    """A step of another service in intake's timeline."""

    entity: str
    version: int
    incident: str
    type: str
    step: int
    heard_at: datetime


@dataclass(frozen=True)
class Incident:
    id: str
    number: str
    name: str
    """Which call it is of the generator's: its ``external_ref``."""
    mode: str
    state: str
    version: int
    priority: int
    raised_at: datetime


@dataclass(frozen=True)
class Leg:
    """One of an incident's three promises, as intake pictures it."""

    incident: str
    kind: LegKind
    state: str
    request: int
    attempt: int
    entity: str | None
    entity_version: int
    quoted: int
    asked_at: datetime | None
    due_at: datetime | None
    overdue: bool
    detail: Mapping[str, Any]
    id: str = ""


@dataclass(frozen=True)
class Owned:
    """A job, placement or handover, as its owner has it."""

    kind: LegKind
    id: str
    incident: str
    attempt: int
    request: int
    state: str
    version: int
    mode: str
    shadow: bool
    thing: str | None
    """The unit, room or centre it names; after its end perhaps still."""
    due_at: datetime | None = None
    """Of a held placement: until when it is held. Of an assigned job: when it is taken back."""


@dataclass(frozen=True)
class DeadLetter:
    service: Service
    stream: str
    event: str
    """Its ``ce-id``, if it had one."""
    reason: str


@dataclass(frozen=True)
class Stores:
    """All stores at one moment after the storm, when nobody acted any more."""

    read_at: datetime
    incidents: Sequence[Incident] = ()
    legs: Sequence[Leg] = ()
    timeline: Sequence[Heard] = ()
    steps: Mapping[Service, Sequence[Step]] = field(default_factory=dict)
    """By owner, in the order of its commits."""
    owned: Sequence[Owned] = ()
    known: Mapping[Service, Mapping[str, int]] = field(default_factory=dict)
    """By service: which version of each incident it knows."""
    shadows: frozenset[str] = frozenset()
    """Units and rooms that are twins for drills."""
    asks: Sequence[datetime] = ()
    """When intake said an incident again."""
    deliveries: Sequence[tuple[str, str]] = ()
    """Mode and state of everything that was sent to people."""
    dead_letters: Sequence[DeadLetter] = ()
    broken_trails: Sequence[tuple[Service, int]] = ()
    """Audit trails whose chain does not hold, and the first line where it breaks."""
    answered_within: float = 5.0
    """Seconds within which a leg must be answered; the same for all three here."""
