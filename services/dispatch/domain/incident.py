"""What dispatch knows of an incident, and what hearing of it asks of the newest job."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, auto
from typing import Any

from services.dispatch.domain.job import BEFORE_SCENE, UNACKNOWLEDGED, Job
from shared.contracts.facts import Facts
from shared.contracts.vocabulary import IncidentState, JobState, LinkedTo, Mode


@dataclass(frozen=True)
class Incident:
    """The newest that was heard: intake's public state, and the place. The other facts stay in the store."""

    id: str
    version: int
    number: str
    jurisdiction: str
    mode: Mode
    priority: int
    state: IncidentState
    raised_at: datetime
    ambulance: str
    wanted: bool
    waived: bool
    request: int
    municipality: str
    latitude: float
    longitude: float
    position_by: str
    """What the position is that of: the ``coordinates`` told, the ``settlement`` or the ``municipality``."""
    police_linked: bool
    suspects: tuple[str, ...] = ()
    """Municipalities of the perpetrators who are policemen, as far as they are known."""

    @property
    def asks(self) -> bool:
        """Whether a unit should go."""
        return self.wanted and not self.waived and self.state is IncidentState.OPEN

    @property
    def taken_back(self) -> str:
        """Why no unit should go (any more), as a code."""
        if self.state is not IncidentState.OPEN:
            return f"incident_{self.state.value}"
        return "waived"


class Verdict(Enum):
    """What an incident asks of its newest job."""

    NOTHING = auto()
    """It never asked for police."""
    BEGIN = auto()
    BEGIN_ENDED = auto()
    """It was taken back before it was heard: there must be something to answer with."""
    KEEP = auto()
    CARRY_OVER = auto()
    """The crew that is going goes on, under the new request."""
    REPLACE = auto()
    """The job ends and a new one begins: for a new place, or because the drill became real."""
    CANCEL = auto()


def verdict(incident: Incident, job: Job | None) -> Verdict:
    """Decide what becomes of the newest job of an incident."""
    if job is None:
        return _first(incident)
    real_now = job.shadow and not incident.mode.shadow
    anew = incident.request > job.request
    if job.ended:
        return _first(incident) if anew or (real_now and incident.asks) else Verdict.KEEP
    if real_now:
        return Verdict.REPLACE if incident.asks else Verdict.CANCEL
    if not incident.asks and job.state in _cancellable(incident):
        return Verdict.CANCEL
    if not anew:
        return Verdict.KEEP
    return Verdict.REPLACE if incident.asks and job.state in UNACKNOWLEDGED else Verdict.CARRY_OVER


def _first(incident: Incident) -> Verdict:
    if incident.asks:
        return Verdict.BEGIN
    return Verdict.BEGIN_ENDED if incident.wanted or incident.waived else Verdict.NOTHING


def _cancellable(incident: Incident) -> frozenset[JobState]:
    """A cancelled incident frees every crew that is not done; a waiver only one that is not there yet."""
    if incident.state is IncidentState.CANCELLED:
        return BEFORE_SCENE | {JobState.ON_SCENE, JobState.TRANSPORTING}
    if incident.state is IncidentState.OPEN:
        return BEFORE_SCENE
    return frozenset()


def suspects(facts: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the municipalities of the perpetrators linked to the police; an empty text where it is not known."""
    linked = (each for each in Facts.model_validate(facts).perpetrators if each.linked_to is LinkedTo.POLICE)
    return tuple(each.municipality or "" for each in linked)
