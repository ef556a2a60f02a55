"""A placement: a room for one family, from the search to the day they leave (DESIGN, "State machines")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from shared.contracts.vocabulary import Mode, PlacementState
from shared.errors import IllegalMove

ACTIVE = frozenset({PlacementState.HELD, PlacementState.CONFIRMED, PlacementState.ARRIVED, PlacementState.ABSENT})
"""A room is taken (P3)."""
EXPECTED = frozenset({PlacementState.HELD, PlacementState.CONFIRMED})
"""The family is on its way, or not yet."""
LIVE = ACTIVE | {PlacementState.WAITLISTED}
AGAIN = timedelta(minutes=1)
"""A hold is not extended by less: pressing twice is once."""


class Attention(StrEnum):
    """Why a human is asked to look."""

    CHILD_ALONE = "child_alone"
    CLEARED_WITHOUT_TRANSPORT = "cleared_without_transport"
    DELIVERED_NOT_ARRIVED = "delivered_not_arrived"
    """A crew has brought the family, and nobody said that they arrived."""
    NOT_ARRIVED = "not_arrived"
    NO_LONGER_FITS = "no_longer_fits"
    """The shelter confirmed, and then something was learned with which this room would not have been chosen."""
    POLICE_LINKED = "police_linked"
    """The meeting point is a police station, and a perpetrator is linked to the police."""
    SHELTER_LINKED = "shelter_linked"


class Move(StrEnum):
    """A step that a shelter's staff take."""

    CONFIRM = "confirm"
    DECLINE = "decline"
    ARRIVE = "arrive"
    ABSENT = "absent"
    RETURN = "return"
    DEPART = "depart"
    RELEASE = "release"
    NO_SHOW = "no_show"


@dataclass(frozen=True)
class _Rule:
    to: PlacementState
    since: frozenset[PlacementState]
    hint: str = ""


_RULES: Mapping[Move, _Rule] = {
    Move.CONFIRM: _Rule(PlacementState.CONFIRMED, frozenset({PlacementState.HELD})),
    Move.DECLINE: _Rule(
        PlacementState.DECLINED, frozenset({PlacementState.HELD}), "A confirmed room is given up by release."
    ),
    Move.ARRIVE: _Rule(
        PlacementState.ARRIVED,
        frozenset({PlacementState.CONFIRMED}),
        "Confirm a hold first; a family that was absent comes back by return.",
    ),
    Move.ABSENT: _Rule(PlacementState.ABSENT, frozenset({PlacementState.ARRIVED})),
    Move.RETURN: _Rule(PlacementState.ARRIVED, frozenset({PlacementState.ABSENT})),
    Move.DEPART: _Rule(PlacementState.DEPARTED, frozenset({PlacementState.ARRIVED, PlacementState.ABSENT})),
    Move.RELEASE: _Rule(PlacementState.RELEASED, EXPECTED, "A family that arrived leaves by depart."),
    Move.NO_SHOW: _Rule(PlacementState.NO_SHOW, frozenset({PlacementState.CONFIRMED})),
}
FOLLOWED_UP = frozenset(
    {PlacementState.DECLINED, PlacementState.RELEASED, PlacementState.EXPIRED, PlacementState.NO_SHOW}
)
"""Ends after which another room is sought for the same request."""
REFUSED_BY_STAFF = frozenset({PlacementState.DECLINED, PlacementState.RELEASED})


@dataclass(frozen=True)
class Placement:
    id: str
    incident: str
    jurisdiction: str
    attempt: int
    request: int
    mode: Mode
    alias: str
    people: int
    priority: int
    raised_at: datetime
    state: PlacementState = PlacementState.WAITLISTED
    version: int = 0
    """Counted up each time the placement is said; 0: not yet."""
    room: str | None = None
    """Stays when the placement ends, and is held no longer."""
    shelter: str | None = None
    home: str | None = None
    """The jurisdiction of the room."""
    reason: str | None = None
    attention: str | None = None
    excluded: Mapping[str, int] = field(default_factory=dict)
    held_until: datetime | None = None
    arrive_by: datetime | None = None
    due_at: datetime | None = None
    ended_at: datetime | None = None
    meeting_point: Mapping[str, Any] | None = None
    word: str | None = None

    @property
    def shadow(self) -> bool:
        """Whether a shadow twin stands in for the real room (P9)."""
        return self.mode.shadow

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state not in LIVE

    @property
    def holder(self) -> str | None:
        """The room it holds now."""
        return self.room if self.state in ACTIVE else None

    @property
    def danger(self) -> tuple[int, datetime, str]:
        """Sorts the most dangerous first, then who waited longest."""
        return (self.priority, self.raised_at, self.incident)


def is_step_again(placement: Placement, move: Move) -> bool:
    """Say whether the placement is already where the move leads."""
    return placement.state is _RULES[move].to


def moved(placement: Placement, move: Move, now: datetime, reason: str | None = None) -> Placement:
    """Take a step.

    Raises:
        IllegalMove: the placement is not where this step begins.
    """
    rule = _RULES[move]
    if placement.state not in rule.since:
        raise IllegalMove("placement", placement.state, rule.to, rule.hint)
    if rule.to not in LIVE:
        return ended(placement, rule.to, reason, now)
    return replace(placement, state=rule.to, reason=reason, attention=None, due_at=None)


def held(
    placement: Placement, room: str, shelter: str, home: str, *, excluded: Mapping[str, int], until: datetime
) -> Placement:
    """Hold a room for the family."""
    return replace(
        placement,
        state=PlacementState.HELD,
        room=room,
        shelter=shelter,
        home=home,
        excluded=dict(excluded),
        reason=None,
        held_until=until,
        due_at=until,
    )


def waitlisted(placement: Placement, reason: str, excluded: Mapping[str, int]) -> Placement:
    """Leave the family on the waitlist, with the reason why there is no room."""
    return replace(placement, state=PlacementState.WAITLISTED, reason=reason, excluded=dict(excluded))


def confirmed(
    placement: Placement, meeting_point: Mapping[str, Any], word: str, now: datetime, arrive_within: timedelta
) -> Placement:
    """Take the shelter's word, and where its staff will meet the family. A confirmed one gets another meeting point.

    Raises:
        IllegalMove: nothing is held.
    """
    told = replace(placement, meeting_point=dict(meeting_point), word=word)
    if placement.state is PlacementState.CONFIRMED:
        return replace(told, attention=None) if told.attention == Attention.POLICE_LINKED else told
    arrive_by = now + arrive_within
    attention = placement.attention if placement.attention == Attention.SHELTER_LINKED else None
    after = moved(told, Move.CONFIRM, now)
    return replace(after, attention=attention, arrive_by=arrive_by, due_at=arrive_by)


def marked(placement: Placement, attention: str | None, until: datetime) -> Placement:
    """Ask a human to look at a placement, or no longer.

    The clock of an expected family stands still only while the mark says that a crew has delivered them. When another
    mark takes its place, or none, the clock runs again, to ``until``: nobody waits in silence (P2).
    """
    silent = placement.state in EXPECTED and placement.due_at is None and attention != Attention.DELIVERED_NOT_ARRIVED
    return replace(placement, attention=attention, due_at=until if silent else placement.due_at)


def extended(placement: Placement, until: datetime, least: timedelta = AGAIN) -> Placement:
    """Keep the room until then, if that is later. Nothing is extended by a moment only, unless its time is over.

    Raises:
        IllegalMove: nobody is expected.
    """
    if placement.state not in EXPECTED:
        raise IllegalMove("placement", placement.state, PlacementState.HELD, "Only a room that is kept is extended.")
    if placement.due_at is not None and until < placement.due_at + least:
        return placement
    if placement.state is PlacementState.HELD:
        return replace(placement, held_until=until, due_at=until)
    return replace(placement, arrive_by=until, due_at=until)


def ended(placement: Placement, state: PlacementState, reason: str | None, now: datetime) -> Placement:
    """End a placement. It keeps the name of its room, and holds it no longer; its word is worth nothing any more."""
    return replace(
        placement, state=state, reason=reason, attention=None, due_at=None, ended_at=now, meeting_point=None, word=None
    )
