"""What was done and seen from outside during a storm. Moments are seconds since the epoch, by this process's clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from shared.contracts.vocabulary import LegKind


@dataclass(frozen=True)
class Call:
    """One call as it was planned."""

    name: str
    at: float
    """Seconds after the start."""
    body: Mapping[str, Any]
    needs: frozenset[LegKind]
    drill: bool
    alike: str
    """Families with the same word fit the same rooms and the same units."""


@dataclass(frozen=True)
class Done:
    """One fault, from its first blow until its cause was gone."""

    name: str
    hits: frozenset[str]
    began: float
    ended: float

    def hit(self, part: str) -> bool:
        """Say whether it touched a part."""
        return part in self.hits


@dataclass(frozen=True)
class Episode:
    """Faults that overlapped, and how long it took after the last of them until everything was answered."""

    faults: tuple[Done, ...]
    recovered: float | None
    """Seconds; ``None``: not within the time allowed."""
    waiting: tuple[str, ...] = ()
    """Incidents that still waited then."""

    @property
    def name(self) -> str:
        """Its faults, in words."""
        return " + ".join(sorted(fault.name for fault in self.faults))

    @property
    def ended(self) -> float:
        """When its last fault was over."""
        return max(fault.ended for fault in self.faults)


@dataclass(frozen=True)
class Silent:
    """A leg seen past its deadline without being shown as overdue."""

    incident: str
    leg: str
    due_at: float
    seen_at: float


@dataclass
class History:
    """Everything the checker knows besides the stores."""

    seed: int
    database: str
    calls: dict[str, Call] = field(default_factory=dict)
    accepted: dict[str, str] = field(default_factory=dict)
    """Incident by call: answered 201."""
    refused: dict[str, str] = field(default_factory=dict)
    """Why a call was not accepted, by call."""
    episodes: list[Episode] = field(default_factory=list)
    silent: list[Silent] = field(default_factory=list)
    surprises: list[str] = field(default_factory=list)
    """Answers that nobody should ever get, for instance 500."""
    unready: list[tuple[float, float]] = field(default_factory=list)
    """When intake could not be read or could not write."""
    timelines: dict[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    """Public timelines at the end, by incident."""
    poison: set[str] = field(default_factory=set)
    """Event ids of messages that were made to be unreadable or to fail."""
    not_run: dict[str, str] = field(default_factory=dict)
    """Faults that could not be tried here, and why."""
    began: float = 0.0
    ended: float = 0.0

    @property
    def faults(self) -> list[Done]:
        """Every fault, in the order in which they began."""
        return sorted((fault for episode in self.episodes for fault in episode.faults), key=lambda each: each.began)
