"""Who goes: the order in which units are asked, and why sometimes nobody can be sent."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job, Patrol
from shared.geography import Positioned, kilometres

NO_STATION = "no_station"
"""No station answers for the place, or for one beside it: the jurisdiction is not loaded, or has a gap."""
NO_UNIT = "no_unit_available"
NO_UNIT_OUTSIDE = "no_unit_outside_directorate"


@dataclass(frozen=True)
class Station:
    code: str
    directorate: str
    covers: frozenset[str]
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Map:
    """The stations that matter for some jobs, and which municipality lies beside which."""

    stations: Sequence[Station]
    neighbours: Mapping[str, frozenset[str]]

    def covering(self, municipalities: Collection[str]) -> list[Station]:
        """Return the stations that answer for one of these municipalities."""
        return [station for station in self.stations if not station.covers.isdisjoint(municipalities)]

    def directorates(self, municipality: str) -> frozenset[str]:
        """Return the directorates of the stations that answer for a municipality."""
        return frozenset(station.directorate for station in self.covering({municipality}))


@dataclass(frozen=True)
class FreeUnit(Patrol):
    """A unit that could go; where it stands, or else its station."""

    latitude: float
    longitude: float


@dataclass(frozen=True)
class Tried:
    """A unit that this job was given to in vain."""

    unit: str
    at: datetime
    declined: bool
    """It said no. Otherwise it said nothing."""


@dataclass(frozen=True)
class Waiting:
    """A job in the queue, with what choosing needs."""

    job: Job
    incident: Incident
    tried: Sequence[Tried] = field(default=())

    @property
    def danger(self) -> tuple[int, datetime, str]:
        """Sorts the most dangerous first, then who waited longest."""
        return (self.incident.priority, self.incident.raised_at, self.incident.id)

    def resting(self, now: datetime, rest: timedelta) -> dict[str, datetime]:
        """Return the units that declined a moment ago, each with the time when they may be asked again."""
        return {each.unit: each.at + rest for each in self.tried if each.declined and each.at + rest > now}


def avoided(incident: Incident, map_: Map) -> frozenset[str]:
    """Return the directorates whose units must not be sent: those of the policemen among the perpetrators.

    A policeman whose municipality is not known, or not here, counts to the directorate of the incident's own.
    """
    if not incident.police_linked:
        return frozenset()
    here = map_.directorates(incident.municipality)
    homes = [map_.directorates(suspect) or here for suspect in incident.suspects] or [here]
    return frozenset().union(*homes)


def area(incident: Incident, map_: Map) -> tuple[tuple[Station, ...], ...]:
    """Return the stations whose units may be sent, in tiers: its own, those beside it.

    When a policeman is the perpetrator every other station of the jurisdiction comes third, so that a reserve of
    another directorate, which covers no municipality, can be sent.
    """
    refused = avoided(incident, map_)
    own = map_.covering({incident.municipality})
    beside = map_.covering(map_.neighbours.get(incident.municipality, frozenset()))
    tiers = (own, beside, map_.stations) if incident.police_linked else (own, beside)
    seen: set[str] = set()
    found = []
    for tier in tiers:
        found.append(tuple(each for each in tier if each.code not in seen and each.directorate not in refused))
        seen.update(each.code for each in tier)
    return tuple(found)


def choose(
    waiting: Waiting,
    tiers: Sequence[Sequence[Station]],
    free_at: Callable[[Collection[str]], Iterable[FreeUnit]],
    resting: Collection[str],
) -> FreeUnit | None:
    """Choose the unit to send: the nearest of the first tier that has one not yet tried for this job.

    When all were tried in vain they are asked again, the one that was tried longest ago first: better than never
    sending anybody. Who declined a moment ago rests.
    """
    tried = {each.unit: each.at for each in waiting.tried}
    again: list[FreeUnit] = []
    for tier in tiers:
        free = [unit for unit in free_at([station.code for station in tier]) if unit.id not in resting]
        if fresh := [unit for unit in free if unit.id not in tried]:
            return min(fresh, key=lambda unit: (kilometres(unit, waiting.incident), unit.code))
        again += free
    return min(again, key=lambda unit: (tried[unit.id], unit.code), default=None)


def why_nobody(incident: Incident, map_: Map, tiers: Sequence[Sequence[Station]]) -> str:
    """Say, as a code, why a job stays in the queue."""
    if incident.police_linked and map_.stations:
        return NO_UNIT_OUTSIDE
    return NO_UNIT if any(tiers) else NO_STATION


def desk(place: Positioned, tiers: Sequence[Sequence[Station]]) -> str | None:
    """Return the station that answers for a job while it waits: the nearest of the first tier that has one."""
    for tier in tiers:
        if tier:
            return min(tier, key=lambda station: (kilometres(station, place), station.code)).code
    return None
