"""Whose handover is it: a centre's staff act for their centre; others look on, without anything personal."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from shared.contracts.vocabulary import Role
from shared.security.tokens import Account


@dataclass(frozen=True)
class Seat:
    """Where an account sits, as far as notify is concerned."""

    account: str
    onlookers: frozenset[str]
    """Jurisdictions whose handovers it may read, without anything personal."""
    supervised: frozenset[str]
    administered: frozenset[str]
    audited: frozenset[str]
    centres: frozenset[str]
    """Centres whose staff it belongs to."""

    @classmethod
    def of(cls, who: Account) -> Self:
        """Read an account's grants."""
        return cls(
            account=who.id,
            onlookers=who.organisations(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR),
            supervised=who.organisations(Role.SUPERVISOR),
            administered=who.organisations(Role.ADMIN),
            audited=who.organisations(Role.AUDITOR),
            centres=who.organisations(Role.CENTRE_STAFF),
        )


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account may be told of live: handovers and notices it may read, centres, its own pages."""
    seat = Seat.of(who)
    return frozenset(
        {
            account_tag(who.id),
            *(f"mechanism:{code}" for code in seat.onlookers),
            *(administration_tag(code) for code in seat.administered),
            *(centre_tag(code) for code in seat.centres),
        }
    )


def account_tag(account: str) -> str:
    """Return the tag of one person's own console."""
    return f"account:{account}"


def administration_tag(jurisdiction: str) -> str:
    """Return the tag of those who administer a jurisdiction."""
    return f"administration:{jurisdiction}"


def centre_tag(code: str) -> str:
    """Return the tag of a centre's staff."""
    return f"centre:{code}"
