"""What shelter_beds knows of an incident, and what hearing of it asks of the newest placement."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.placement import Placement
from shared.contracts.vocabulary import Decision, IncidentState, Mode, PlacementState

REFUSED = "refused_by_her"
"""Her decision: neither a denial nor a lack of room."""
_NOBODY_CONFIRMED = frozenset({PlacementState.WAITLISTED, PlacementState.HELD})
_NOT_ARRIVED = _NOBODY_CONFIRMED | {PlacementState.CONFIRMED}


@dataclass(frozen=True)
class Incident:
    """The newest that was heard: intake's public state, the place, the family. The facts stay in the store."""

    id: str
    version: int
    number: str
    jurisdiction: str
    mode: Mode
    priority: int
    state: IncidentState
    raised_at: datetime
    wanted: bool
    waived: bool
    request: int
    near_allowed: bool
    municipality: str
    latitude: float
    longitude: float
    police_linked: bool
    family: Family

    @property
    def asks(self) -> bool:
        """Whether a room should be sought for the first time."""
        return self.still_asks and self.state is IncidentState.OPEN

    @property
    def still_asks(self) -> bool:
        """Whether a search goes on: closing an incident ends none, and no stay."""
        return self.wanted and not self.waived and self.state is not IncidentState.CANCELLED

    @property
    def taken_back(self) -> str:
        """Why no room should be sought (any more), as a code."""
        if self.waived:
            return REFUSED if self.family.decision == Decision.REFUSES else "waived"
        return f"incident_{self.state.value}"

    @property
    def accepted_by_her(self) -> bool:
        """Whether she said yes to a shelter."""
        return self.family.decision == Decision.ACCEPTS


class Verdict(Enum):
    """What an incident asks of its newest placement."""

    NOTHING = auto()
    """It never asked for a room."""
    BEGIN = auto()
    BEGIN_ENDED = auto()
    """It was taken back before it was heard: there must be something to answer with."""
    KEEP = auto()
    """Also under a new request, once a shelter has confirmed: people have agreed on that room."""
    REPLACE = auto()
    """The placement ends and a new one begins: for a new place, or because the drill became real."""
    CANCEL = auto()


def verdict(incident: Incident, placement: Placement | None) -> Verdict:
    """Decide what becomes of the newest placement of an incident."""
    if placement is None:
        return _first(incident)
    real_now = placement.shadow and not incident.mode.shadow
    anew = incident.request > placement.request
    if placement.ended:
        return _first(incident) if anew or (real_now and incident.asks) else Verdict.KEEP
    if real_now:
        return Verdict.REPLACE if incident.asks else Verdict.CANCEL
    if not incident.still_asks and placement.state in _NOT_ARRIVED:
        return Verdict.CANCEL
    return Verdict.REPLACE if anew and incident.asks and placement.state in _NOBODY_CONFIRMED else Verdict.KEEP


def _first(incident: Incident) -> Verdict:
    if incident.asks:
        return Verdict.BEGIN
    return Verdict.BEGIN_ENDED if incident.wanted or incident.waived else Verdict.NOTHING
