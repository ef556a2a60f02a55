"""Which accounts an administrator may see and change: those of the own mechanisms, or all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Self

from sqlalchemy import RowMapping

from services.identity.domain.roles import EVERYWHERE
from shared.contracts.vocabulary import Role
from shared.errors import Forbidden, NotFound
from shared.security.tokens import Account, Grant


@dataclass(frozen=True)
class Reach:
    """What an account administers."""

    jurisdictions: frozenset[str] | None
    """``None``: every one, those not loaded yet included."""

    @classmethod
    def of(cls, who: Account) -> Self:
        """Read an account's grants."""
        administered = who.organisations(Role.ADMIN)
        return cls(None if EVERYWHERE in administered else administered)

    def covers(self, grant: Grant, organisations: Mapping[str, RowMapping]) -> bool:
        """Say whether a grant lies within. An organisation that is gone is in reach of whoever reaches everything."""
        if self.jurisdictions is None:
            return True
        organisation = organisations.get(grant.organisation)
        return organisation is not None and organisation["jurisdiction"] in self.jurisdictions

    def check_may_see(self, grants: Iterable[Grant], organisations: Mapping[str, RowMapping]) -> None:
        """Check that an account has to do with what is administered.

        Raises:
            NotFound: it has not; even that it exists is not told.
        """
        if not any(self.covers(grant, organisations) for grant in grants):
            raise NotFound("account")

    def check_may_give(self, grants: Iterable[Grant], organisations: Mapping[str, RowMapping]) -> None:
        """Check that every role lies within what is administered; otherwise somebody could rise above oneself.

        Raises:
            Forbidden: one does not.
        """
        if not all(self.covers(grant, organisations) for grant in grants):
            raise Forbidden("This account holds, or would hold, a role outside of what you administer.")
