"""What the journey of the crew means for a room that is kept: it is kept as long as the journey takes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from services.shelter_beds.domain.placement import EXPECTED, Attention, Placement, ended, extended, marked
from shared.contracts.vocabulary import JobState, PlacementState

TRAVELLING = frozenset({JobState.EN_ROUTE, JobState.ON_SCENE, JobState.TRANSPORTING})
AT_RENDEZVOUS = frozenset({JobState.ON_SCENE, JobState.TRANSPORTING})
"""While they are there, the crew may read where to bring the family."""
_BROUGHT = frozenset({JobState.DELIVERED, JobState.CLEARED})
_SOLVED_BY_A_CREW = frozenset({Attention.CLEARED_WITHOUT_TRANSPORT.value, Attention.NOT_ARRIVED.value})

_ANY = timedelta(0)
"""Once its time is over a hold is extended by however little: it must not be looked at again at once."""


@dataclass(frozen=True)
class Crew:
    """The newest job of the incident, as far as it is known."""

    state: JobState
    station: str | None
    unit: str | None
    carried: bool

    @property
    def travelling(self) -> bool:
        """Whether they are on their way to the family, with it, or bring it."""
        return self.state in TRAVELLING

    @property
    def has_brought_them(self) -> bool:
        """Whether they have taken the family somewhere and left it there."""
        return self.carried and self.state in _BROUGHT


def matters(state: JobState) -> bool:
    """Say whether a room that is kept must know of this step."""
    return state in TRAVELLING | _BROUGHT


def after_step(placement: Placement, crew: Crew, now: datetime, hold: timedelta) -> tuple[Placement, str]:
    """Return a placement after a step of the crew, and what to call what became of it."""
    if placement.state not in EXPECTED:
        return placement, ""
    if crew.travelling:
        attention = None if placement.attention in _SOLVED_BY_A_CREW else placement.attention
        return _kept(marked(placement, attention, now + hold), now + hold), "extended"
    if crew.state is JobState.CLEARED and not crew.carried:
        # It never releases a room by itself: she may come on her own, or by another crew.
        asking = marked(placement, Attention.CLEARED_WITHOUT_TRANSPORT.value, now + hold)
        return _kept(asking, now + hold), "attention"
    if crew.state is JobState.DELIVERED:
        return _kept(placement, now + hold), "extended"
    return placement, ""


def _kept(placement: Placement, until: datetime) -> Placement:
    """Extend a hold; what was confirmed has an hour of arrival that is not moved before its time."""
    return extended(placement, until) if placement.state is PlacementState.HELD else placement


def when_due(placement: Placement, crew: Crew | None, now: datetime, hold: timedelta) -> tuple[Placement, str]:
    """Return what becomes of a placement whose time is over, and what to call that.

    A hold whose family is on its way, or was brought, is kept. One that was confirmed is loud first, for the length
    of a hold, and only then given up; never while the family may be at the door.
    """
    if crew is not None and crew.travelling:
        return extended(placement, now + hold, _ANY), "extended"
    if crew is not None and crew.has_brought_them:
        loud = replace(placement, attention=Attention.DELIVERED_NOT_ARRIVED.value)
        return (extended(loud, now + hold, _ANY) if placement.state is PlacementState.HELD else _without_clock(loud)), (
            "attention"
        )
    if placement.state is PlacementState.HELD:
        return ended(placement, PlacementState.EXPIRED, "not_confirmed", now), "expired"
    if placement.attention != Attention.NOT_ARRIVED:
        return replace(placement, attention=Attention.NOT_ARRIVED.value, due_at=now + hold), "attention"
    return ended(placement, PlacementState.NO_SHOW, "not_arrived", now), "no_show"


def _without_clock(placement: Placement) -> Placement:
    return replace(placement, due_at=None)
