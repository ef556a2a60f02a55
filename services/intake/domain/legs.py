"""The three promises of an incident: what each state means, and when it must have moved on (CONTRACT, "Legs")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.clock import rfc3339
from shared.contracts.events import HandoverPublic, JobPublic, LegWanted, PlacementPublic
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.vocabulary import (
    HandoverState,
    JobState,
    LegKind,
    LegState,
    PlacementState,
    WhoDecided,
)
from shared.errors import IllegalMove

REOPENED_WITHIN = timedelta(hours=72)
"""How long a waived leg can be asked for again."""
_LIVE = {LegState.WAITING, LegState.ANSWERED, LegState.ACCEPTED}


@dataclass(frozen=True)
class Leg:
    """One promise. ``request`` is counted up each time it is asked for anew; 0: it never was."""

    id: str
    kind: LegKind
    state: LegState = LegState.NOT_NEEDED
    request: int = 0
    attempt: int = 0
    entity: str | None = None
    entity_version: int = 0
    quoted: int = 0
    """The incident's version that the answering service has acted on."""
    asked_at: datetime | None = None
    answered_at: datetime | None = None
    accepted_at: datetime | None = None
    done_at: datetime | None = None
    waived_at: datetime | None = None
    waived_by: WhoDecided | None = None
    due_at: datetime | None = None
    overdue: bool = False
    overdue_count: int = 0
    near_allowed: bool = False
    ever_accepted: bool = False
    """Whether a human ever took this promise on; from then on the incident cannot be cancelled."""
    ended: bool = False
    """Whether the newest entity has ended for good; asking again then needs a new request."""
    detail: Mapping[str, Any] | None = None

    @property
    def needed(self) -> bool:
        """Whether the promise is wanted now."""
        return self.state not in {LegState.NOT_NEEDED, LegState.WAIVED}

    @property
    def unfinished(self) -> bool:
        """Whether something must still come of it."""
        return self.state in _LIVE or (self.state is LegState.UNMET and not self.ended)

    @property
    def wanted(self) -> LegWanted:
        """What its service is told."""
        return LegWanted(
            wanted=self.needed,
            request=self.request,
            waived=self.state is LegState.WAIVED,
            near_allowed=self.near_allowed,
        )


@dataclass(frozen=True)
class Answered:
    """What a service's newest entity means for its leg."""

    state: LegState
    attempt: int
    request: int
    ended: bool
    due_at: datetime | None
    detail: Mapping[str, Any]


def asked(leg: Leg, now: datetime, deadlines: Deadlines, *, near_allowed: bool = False) -> Leg:
    """Ask for a leg, for the first time or anew."""
    return replace(
        leg,
        state=LegState.WAITING,
        request=leg.request + 1,
        attempt=0,
        near_allowed=leg.near_allowed or near_allowed,
        asked_at=now,
        answered_at=None,
        accepted_at=None,
        done_at=None,
        waived_at=None,
        waived_by=None,
        overdue=False,
        ended=False,
        due_at=now + _seconds(deadlines, leg.kind, "answered"),
    )


def requested(leg: Leg, now: datetime, deadlines: Deadlines, *, near_allowed: bool) -> Leg:
    """Ask for a leg on somebody's request. One that is under way, queued or waitlisted stays as it is.

    Raises:
        IllegalMove: it was waived too long ago.
    """
    newly_near = near_allowed and not leg.near_allowed
    under_way = leg.state in _LIVE or (leg.state is LegState.UNMET and not leg.ended)
    if under_way and not (newly_near and leg.state is LegState.UNMET):
        return replace(leg, near_allowed=True) if newly_near else leg
    if leg.state is LegState.WAIVED and leg.waived_at is not None and now - leg.waived_at > REOPENED_WITHIN:
        hint = "It was waived more than 72 hours ago: raise a new incident."
        raise IllegalMove(f"{leg.kind} leg", leg.state, LegState.WAITING, hint)
    return asked(leg, now, deadlines, near_allowed=near_allowed)


def waived(leg: Leg, now: datetime, who: WhoDecided) -> Leg:
    """Take a leg back by her decision or a supervisor's.

    Raises:
        IllegalMove: it is kept already, or was never asked for.
    """
    if leg.state is LegState.WAIVED:
        return leg
    if leg.state in {LegState.NOT_NEEDED, LegState.DONE}:
        raise IllegalMove(f"{leg.kind} leg", leg.state, LegState.WAIVED, "There is nothing to waive.")
    return replace(leg, state=LegState.WAIVED, waived_at=now, waived_by=who, due_at=None, overdue=False)


def heard(leg: Leg, answer: Answered, now: datetime, deadlines: Deadlines) -> Leg:
    """Take in what a service's newest entity says. An answer to an older request changes nothing.

    A leg that was waived stays so, and one that is done is not undone by what follows (a crew that cleared).
    """
    if answer.request < leg.request or answer.attempt < leg.attempt:
        return leg
    newest = replace(leg, attempt=answer.attempt, ended=answer.ended, detail=answer.detail)
    if leg.state is LegState.WAIVED or (leg.state is LegState.DONE and answer.ended):
        return newest
    state = answer.state
    moved = state is not leg.state
    after_accepted = state in {LegState.ACCEPTED, LegState.DONE}
    after_answered = after_accepted or state is LegState.ANSWERED
    due = answer.due_at or _next_due(leg.kind, state, now, deadlines)
    # Another unit or centre is no acceptance: she waits since the first was found, and so does the clock (P2).
    if not moved and (answer.due_at is None or state is LegState.ANSWERED):
        due = leg.due_at
    return replace(
        newest,
        state=state,
        answered_at=(leg.answered_at or now) if after_answered else leg.answered_at,
        accepted_at=(leg.accepted_at or now) if after_accepted else None,
        done_at=(leg.done_at or now) if state is LegState.DONE else None,
        ever_accepted=leg.ever_accepted or after_accepted,
        due_at=due if state in _LIVE else None,
        overdue=leg.overdue and not moved and due == leg.due_at,
    )


def became_overdue(leg: Leg) -> Leg:
    """Mark a leg whose deadline passed."""
    return replace(leg, overdue=True, overdue_count=leg.overdue_count + 1)


def _next_due(kind: LegKind, state: LegState, now: datetime, deadlines: Deadlines) -> datetime | None:
    if state is LegState.ANSWERED:
        return now + _seconds(deadlines, kind, "accepted")
    if state is LegState.ACCEPTED:
        step = {LegKind.POLICE: "on_scene", LegKind.SHELTER: "arrived", LegKind.CENTRE: "done"}[kind]
        return now + _seconds(deadlines, kind, step)
    return None


def _seconds(deadlines: Deadlines, kind: LegKind, step: str) -> timedelta:
    return timedelta(seconds=getattr(deadlines, f"{kind}_{step}"))


# --- what the others' states mean ------------------------------------------------------------------------------------

_JOB = {
    JobState.QUEUED: LegState.UNMET,
    JobState.ASSIGNED: LegState.ANSWERED,
    JobState.ACKNOWLEDGED: LegState.ACCEPTED,
    JobState.EN_ROUTE: LegState.ACCEPTED,
    JobState.ON_SCENE: LegState.DONE,
    JobState.TRANSPORTING: LegState.DONE,
    JobState.DELIVERED: LegState.DONE,
    JobState.CLEARED: LegState.DONE,
    JobState.CANCELLED: LegState.UNMET,
}
_PLACEMENT = {
    PlacementState.WAITLISTED: LegState.UNMET,
    PlacementState.HELD: LegState.ANSWERED,
    PlacementState.CONFIRMED: LegState.ACCEPTED,
    PlacementState.ARRIVED: LegState.DONE,
    PlacementState.ABSENT: LegState.DONE,
    PlacementState.DEPARTED: LegState.DONE,
    PlacementState.RELEASED: LegState.UNMET,
    PlacementState.EXPIRED: LegState.UNMET,
    PlacementState.DECLINED: LegState.UNMET,
    PlacementState.CANCELLED: LegState.UNMET,
    PlacementState.NO_SHOW: LegState.UNMET,
}
_HANDOVER = {
    HandoverState.OFFERED: LegState.ANSWERED,
    HandoverState.ACKNOWLEDGED: LegState.ACCEPTED,
    HandoverState.ACCEPTED: LegState.DONE,
    HandoverState.COMPLETED: LegState.DONE,
    HandoverState.DECLINED: LegState.UNMET,
    HandoverState.CANCELLED: LegState.UNMET,
}
_ENDED_JOB = {JobState.CLEARED, JobState.CANCELLED}
_LIVE_PLACEMENT = {
    PlacementState.WAITLISTED,
    PlacementState.HELD,
    PlacementState.CONFIRMED,
    PlacementState.ARRIVED,
    PlacementState.ABSENT,
}
_ENDED_HANDOVER = {HandoverState.COMPLETED, HandoverState.DECLINED, HandoverState.CANCELLED}


def from_job(entity: str, job: JobPublic) -> Answered:
    """Read a job as the answer of the police leg."""
    detail = {
        "job": entity,
        "job_state": job.state,
        "unit": job.unit,
        "station": job.station,
        "carried": job.carried or None,
        "reason": job.reason,
        "shadow": job.shadow or None,
    }
    due_at = job.ack_by if job.state is JobState.ASSIGNED else None
    return Answered(_JOB[job.state], job.attempt, job.request, job.state in _ENDED_JOB, due_at, _told(detail))


def from_placement(entity: str, placement: PlacementPublic) -> Answered:
    """Read a placement as the answer of the shelter leg."""
    detail = {
        "placement": entity,
        "placement_state": placement.state,
        "alias": placement.alias,
        "held_until": placement.held_until,
        "arrive_by": placement.arrive_by,
        "reason": placement.reason,
        "excluded": placement.excluded or None,
        "attention": placement.attention,
        "shadow": placement.shadow or None,
    }
    due_at = placement.arrive_by if placement.state is PlacementState.CONFIRMED else None
    ended = placement.state not in _LIVE_PLACEMENT
    return Answered(_PLACEMENT[placement.state], placement.attempt, placement.request, ended, due_at, _told(detail))


def from_handover(entity: str, handover: HandoverPublic) -> Answered:
    """Read a handover as the answer of the centre leg."""
    detail = {
        "handover": entity,
        "handover_state": handover.state,
        "centre": handover.centre,
        "reason": handover.reason,
        "shadow": handover.shadow or None,
    }
    ended = handover.state in _ENDED_HANDOVER
    return Answered(_HANDOVER[handover.state], handover.attempt, handover.request, ended, None, _told(detail))


def _told(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is known, as it is stored: what did not change must look the same."""
    return {name: _plain(value) for name, value in detail.items() if value is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return rfc3339(value)
    return value.value if isinstance(value, StrEnum) else value
