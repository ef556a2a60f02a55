"""A job: a unit's assignment to an incident, from the queue to the moment it is cleared (DESIGN, "State machines")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from shared.contracts.vocabulary import JobState, Mode
from shared.errors import IllegalMove

ACTIVE = frozenset(
    {
        JobState.ASSIGNED,
        JobState.ACKNOWLEDGED,
        JobState.EN_ROUTE,
        JobState.ON_SCENE,
        JobState.TRANSPORTING,
        JobState.DELIVERED,
    }
)
"""A unit is held (P3)."""
ENDED = frozenset({JobState.CLEARED, JobState.CANCELLED})
UNACKNOWLEDGED = frozenset({JobState.QUEUED, JobState.ASSIGNED})
BEFORE_SCENE = UNACKNOWLEDGED | {JobState.ACKNOWLEDGED, JobState.EN_ROUTE}
_REPORTS = (ACTIVE - {JobState.ASSIGNED}) | {JobState.CLEARED}
"""A crew may report what it learned from when it took the job on; a late report is better than none."""


class Attention(StrEnum):
    """Why a human is asked to look."""

    POLICE_LINKED = "police_linked"
    NOT_ACKNOWLEDGED = "not_acknowledged"
    DECLINED = "declined"


class Move(StrEnum):
    """A step that a crew or its dispatcher takes."""

    ACKNOWLEDGE = "acknowledge"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    TRANSPORTING = "transporting"
    DELIVERED = "delivered"
    CLEAR = "clear"


@dataclass(frozen=True)
class _Rule:
    to: JobState
    since: frozenset[JobState]


_RULES: Mapping[Move, _Rule] = {
    Move.ACKNOWLEDGE: _Rule(JobState.ACKNOWLEDGED, frozenset({JobState.ASSIGNED})),
    Move.EN_ROUTE: _Rule(JobState.EN_ROUTE, frozenset({JobState.ACKNOWLEDGED})),
    Move.ON_SCENE: _Rule(JobState.ON_SCENE, frozenset({JobState.EN_ROUTE})),
    Move.TRANSPORTING: _Rule(JobState.TRANSPORTING, frozenset({JobState.ON_SCENE})),
    Move.DELIVERED: _Rule(JobState.DELIVERED, frozenset({JobState.TRANSPORTING})),
    Move.CLEAR: _Rule(JobState.CLEARED, frozenset({JobState.ON_SCENE, JobState.DELIVERED})),
}
_DECLINABLE = frozenset({JobState.ASSIGNED, JobState.ACKNOWLEDGED, JobState.EN_ROUTE})


@dataclass(frozen=True)
class Patrol:
    """A unit, as far as a job names it."""

    id: str
    code: str
    station: str


@dataclass(frozen=True)
class Job:
    id: str
    incident: str
    jurisdiction: str
    attempt: int
    request: int
    mode: Mode
    state: JobState = JobState.QUEUED
    version: int = 0
    """Counted up each time the job is said; 0: not yet."""
    station: str | None = None
    """The desk that answers for it: of its unit, or while it waits the one nearest to the place."""
    unit: str | None = None
    unit_code: str | None = None
    reason: str | None = None
    attention: str | None = None
    assigned_at: datetime | None = None
    due_at: datetime | None = None
    """Assigned: acknowledged by then, or the next unit goes. Queued: then somebody who declined may be asked again."""
    ended_at: datetime | None = None
    carried: bool = False
    scene: Mapping[str, Any] = field(default_factory=dict)
    """Everything the crews of this incident have reported so far."""

    @property
    def shadow(self) -> bool:
        """Whether a shadow twin stands in for the real unit (P9)."""
        return self.mode.shadow

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED

    @property
    def holder(self) -> str | None:
        """The unit it holds now."""
        return self.unit if self.state in ACTIVE else None

    @property
    def ack_by(self) -> datetime | None:
        """When its unit must have acknowledged."""
        return self.due_at if self.state is JobState.ASSIGNED else None


def is_step_again(job: Job, move: Move) -> bool:
    """Say whether the job is already where the move leads."""
    return job.state is _RULES[move].to


def next_moves(state: JobState) -> list[Move]:
    """Return the steps that begin in a state."""
    return [move for move, rule in _RULES.items() if state in rule.since]


def may_be_declined(state: JobState) -> bool:
    """Say whether a crew can still give a job in this state back."""
    return state in _DECLINABLE


def moved(job: Job, move: Move, now: datetime, reason: str | None = None) -> Job:
    """Take a step.

    Raises:
        IllegalMove: the job is not where this step begins.
    """
    rule = _RULES[move]
    if job.state not in rule.since:
        raise IllegalMove("job", job.state, rule.to)
    return replace(
        job,
        state=rule.to,
        due_at=None,
        reason=reason,
        attention=job.attention if job.attention == Attention.POLICE_LINKED else None,
        carried=job.carried or rule.to is JobState.TRANSPORTING,
        ended_at=now if rule.to in ENDED else None,
    )


def assigned(job: Job, unit: Patrol, now: datetime, ack_by: datetime) -> Job:
    """Give the job to a unit.

    Raises:
        IllegalMove: somebody is at the scene already, or the job has ended.
    """
    if job.state not in BEFORE_SCENE:
        raise IllegalMove("job", job.state, JobState.ASSIGNED)
    return replace(
        job,
        state=JobState.ASSIGNED,
        unit=unit.id,
        unit_code=unit.code,
        station=unit.station,
        reason=None,
        assigned_at=now,
        due_at=ack_by,
    )


def declined(job: Job, reason: str) -> Job:
    """Put a job back that its crew will not do.

    Raises:
        IllegalMove: it has no crew, or they are at the scene.
    """
    if job.state not in _DECLINABLE:
        raise IllegalMove("job", job.state, JobState.QUEUED)
    return taken_back(job, reason, Attention.DECLINED)


def taken_back(job: Job, reason: str | None, attention: Attention) -> Job:
    """Put a job back into the queue; its unit is free."""
    return replace(
        noticed(job, attention), state=JobState.QUEUED, unit=None, unit_code=None, due_at=None, reason=reason
    )


def waiting(job: Job, reason: str, station: str | None, look_again: datetime | None) -> Job:
    """Leave a job in the queue, with the reason why nobody goes."""
    return replace(job, reason=reason, station=station, due_at=look_again)


def cancelled(job: Job, reason: str, now: datetime) -> Job:
    """End a job that is not wanted any more. It keeps the name of its unit, and holds it no longer."""
    return replace(job, state=JobState.CANCELLED, reason=reason, due_at=None, ended_at=now)


def noticed(job: Job, attention: Attention) -> Job:
    """Ask a human to look. That a policeman is the perpetrator stays the first reason."""
    return job if job.attention == Attention.POLICE_LINKED else replace(job, attention=attention)


def check_report(job: Job) -> None:
    """Check that a crew may report from the scene.

    Raises:
        IllegalMove: it has not taken the job on, or the job was cancelled.
    """
    if job.state not in _REPORTS:
        raise IllegalMove("job", job.state, JobState.ON_SCENE, "Only a crew that took the job on reports from it.")
