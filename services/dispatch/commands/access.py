"""Whose unit or job is it: a desk acts for its station, a crew for its unit, a supervisor within the mechanism."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from services.dispatch.domain.job import Job
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account


@dataclass(frozen=True)
class Seat:
    """Where an account sits, as far as dispatch is concerned."""

    onlookers: frozenset[str]
    """Jurisdictions whose jobs it may read, without anything personal."""
    supervised: frozenset[str]
    administered: frozenset[str]
    audited: frozenset[str]
    stations: frozenset[str]
    """Stations at whose desk it sits."""
    crews: frozenset[tuple[str, str]]
    """Units it belongs to: station and code. A shadow twin has its unit's crew."""

    @classmethod
    def of(cls, who: Account) -> Self:
        """Read an account's grants."""
        crews = {(g.organisation, g.unit) for g in who.grants if g.role is Role.CREW and g.unit}
        return cls(
            onlookers=who.organisations(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR),
            supervised=who.organisations(Role.SUPERVISOR),
            administered=who.organisations(Role.ADMIN),
            audited=who.organisations(Role.AUDITOR),
            stations=who.organisations(Role.DISPATCHER),
            crews=frozenset(crews),
        )

    def role_in(self, job: Job) -> Role | None:
        """Return the role in which the account makes this job's moves, if it may."""
        if job.station is None:
            return None
        if (job.station, job.unit_code) in self.crews:
            return Role.CREW
        return Role.DISPATCHER if job.station in self.stations else None

    def is_near(self, station: str, unit_code: str) -> bool:
        """Say whether a unit is of its own station's desk, or its own."""
        return station in self.stations or (station, unit_code) in self.crews


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account may be told of live: jobs and units that it may read."""
    seat = Seat.of(who)
    return frozenset(
        {
            *(f"mechanism:{code}" for code in seat.onlookers),
            *(f"supervision:{code}" for code in seat.supervised | seat.administered | seat.audited),
            *(f"station:{code}" for code in seat.stations),
            *(unit_tag(station, code) for station, code in seat.crews),
        }
    )


def unit_tag(station: str, code: str) -> str:
    """Return the tag of a unit's crew. Unit codes alone are unique only within their jurisdiction."""
    return f"unit:{station}/{code}"
