"""What notify knows of an incident, and what hearing of it asks of the newest handover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto

from services.notify.domain.handover import LIVE, UNACCEPTED, Handover
from shared.contracts.vocabulary import HandoverState, IncidentState, Mode


@dataclass(frozen=True)
class Incident:
    """The newest that was heard, without what is personal: that stays in the store."""

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
    municipality: str
    region: str
    people: int
    languages: Sequence[str]
    consented: bool
    child_involved: bool

    @property
    def asks(self) -> bool:
        """Whether a centre should take her on. Closing the incident changes nothing about that."""
        return self.wanted and not self.waived and self.state is not IncidentState.CANCELLED

    @property
    def taken_back(self) -> str:
        """Why no centre should take her on (any more), as a code."""
        return "incident_cancelled" if self.state is IncidentState.CANCELLED else "waived"


class Verdict(Enum):
    """What an incident asks of its newest handover."""

    NOTHING = auto()
    """It never asked for a centre."""
    BEGIN = auto()
    BEGIN_ENDED = auto()
    """It was taken back before it was heard: there must be something to answer with."""
    KEEP = auto()
    CARRY_OVER = auto()
    """Whoever took it on keeps it, under the new request."""
    CHOOSE_ANEW = auto()
    """Nobody has acknowledged: the handover stays only if its centre would be chosen again."""
    REPLACE = auto()
    """The drill became real: nobody was paged for it, so everything begins anew."""
    CANCEL = auto()


def verdict(incident: Incident, handover: Handover | None) -> Verdict:
    """Decide what becomes of the newest handover of an incident."""
    if handover is None:
        return _first(incident)
    real_now = handover.shadow and not incident.mode.shadow
    anew = incident.request > handover.request
    if handover.ended:
        return _first(incident) if anew or (real_now and incident.asks) else Verdict.KEEP
    if real_now:
        return Verdict.REPLACE if incident.asks else Verdict.CANCEL
    if not incident.asks and handover.state in _cancellable(incident):
        return Verdict.CANCEL
    if not anew:
        return Verdict.KEEP
    return Verdict.CHOOSE_ANEW if _undecided(incident, handover) else Verdict.CARRY_OVER


def _first(incident: Incident) -> Verdict:
    if incident.asks:
        return Verdict.BEGIN
    return Verdict.BEGIN_ENDED if incident.wanted or incident.waived else Verdict.NOTHING


def _undecided(incident: Incident, handover: Handover) -> bool:
    return incident.asks and handover.state is HandoverState.OFFERED


def _cancellable(incident: Incident) -> frozenset[HandoverState]:
    """A cancelled incident ends whatever is live; a waiver only what nobody has accepted."""
    return LIVE if incident.state is IncidentState.CANCELLED else UNACCEPTED
