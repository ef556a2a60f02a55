"""Roles are held in organisations; a few also in the whole deployment."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from shared.contracts.vocabulary import Role
from shared.errors import FieldError
from shared.security.tokens import Grant

EVERYWHERE = "*"
"""In place of an organisation: the whole deployment. No organisation's code can look like this."""

HELD_EVERYWHERE = frozenset({Role.ADMIN, Role.OPS, Role.AUDITOR})
"""Roles that may be held everywhere. Whoever reads of people is held to one mechanism (P6)."""

_HOMES: Mapping[Role, str] = {
    Role.DISPATCHER: "police",
    Role.CREW: "police",
    Role.SHELTER_STAFF: "shelter",
    Role.CENTRE_STAFF: "centre",
}
_MECHANISM = "mechanism"


def refusals(grants: Sequence[Grant], kinds: Mapping[str, str]) -> Iterator[FieldError]:
    """Return what is wrong with the roles of an account.

    Args:
        grants: in the order they were sent.
        kinds: code → kind of the organisations that are known.
    """
    for number, grant in enumerate(grants):
        field = f"roles.{number}"
        if grant in grants[:number]:
            yield FieldError(field, "stands there twice")
        if (grant.role is Role.CREW) != (grant.unit is not None):
            yield FieldError(f"{field}.unit", "a crew, and nobody else, names its unit")
        home = _HOMES.get(grant.role, _MECHANISM)
        if grant.organisation == EVERYWHERE:
            if grant.role not in HELD_EVERYWHERE:
                yield FieldError(f"{field}.organisation", f"{grant.role} is a role in a {home}, not everywhere")
        elif kinds.get(grant.organisation) != home:
            yield FieldError(f"{field}.organisation", f"the code of a {home} that is loaded")


def spelled_out(grants: Collection[Grant], mechanisms: Sequence[str]) -> tuple[Grant, ...]:
    """Return grants as a token says them: what is held everywhere is also named for each mechanism.

    So the other services look for their own jurisdiction, as with everybody else.
    """
    return tuple(
        dict.fromkeys(
            each
            for grant in grants
            for each in (
                grant,
                *(Grant(grant.role, code) for code in mechanisms if grant.organisation == EVERYWHERE),
            )
        )
    )
