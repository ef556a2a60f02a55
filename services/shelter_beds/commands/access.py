"""Whose shelter or placement is it: staff act for their shelter, a supervisor looks on within the mechanism."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from shared.contracts.vocabulary import Role
from shared.security.tokens import Account


@dataclass(frozen=True)
class Seat:
    """Where an account sits, as far as shelter_beds is concerned."""

    onlookers: frozenset[str]
    """Jurisdictions whose placements it may read, without anything personal and without the shelter."""
    supervised: frozenset[str]
    administered: frozenset[str]
    audited: frozenset[str]
    shelters: frozenset[str]
    """Shelters on whose staff it is."""
    crews: frozenset[tuple[str, str]]
    """Units it belongs to: station and code."""

    @classmethod
    def of(cls, who: Account) -> Self:
        """Read an account's grants."""
        crews = {(grant.organisation, grant.unit) for grant in who.grants if grant.role is Role.CREW and grant.unit}
        return cls(
            onlookers=who.organisations(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR),
            supervised=who.organisations(Role.SUPERVISOR),
            administered=who.organisations(Role.ADMIN),
            audited=who.organisations(Role.AUDITOR),
            shelters=who.organisations(Role.SHELTER_STAFF),
            crews=frozenset(crews),
        )

    @property
    def overseen(self) -> frozenset[str]:
        """Jurisdictions whose shelters and rooms it may list."""
        return self.supervised | self.administered | self.audited


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account may be told of live: placements and rooms that it may read."""
    seat = Seat.of(who)
    return frozenset(
        {
            *(f"mechanism:{code}" for code in seat.onlookers),
            *(f"supervision:{code}" for code in seat.overseen),
            *(f"shelter:{code}" for code in seat.shelters),
        }
    )
