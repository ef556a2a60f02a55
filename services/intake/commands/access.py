"""Whose incident is it: operators and supervisors act within their own mechanism, or on what they raised."""

from __future__ import annotations

from services.intake.domain.case import Case
from shared.contracts.vocabulary import Mode, Role, WhoDecided
from shared.errors import Forbidden, NotFound
from shared.security.tokens import Account
from shared.web.pages.words import N_

CALL_TAKERS = (Role.OPERATOR, Role.SUPERVISOR)


def check_raise(who: Account, mode: Mode) -> None:
    """Check who raises. Whatever the place, nobody in danger is refused for it.

    Raises:
        Forbidden: a drill started by somebody who is no supervisor.
    """
    if mode is not Mode.ACTUAL and Role.SUPERVISOR not in who.roles:
        raise Forbidden("Only a supervisor starts a drill. Leave `mode` out for a real call.")


def own(who: Account, *roles: Role) -> frozenset[str]:
    """Return the mechanisms whose incidents an account may see."""
    return frozenset(who.organisations(*(roles or CALL_TAKERS)))


def check_own(who: Account, case: Case, *roles: Role) -> None:
    """Check that an incident belongs to the account's mechanism.

    Raises:
        NotFound: it belongs to another; even that it exists is not told.
    """
    if not own(who, *roles) & {case.jurisdiction, case.origin}:
        raise NotFound("incident")


def check_supervisor(who: Account, case: Case, otherwise: str) -> None:
    """Check that a supervisor of the incident's mechanism decides.

    Raises:
        Forbidden: somebody else did.
    """
    if not who.organisations(Role.SUPERVISOR) & {case.jurisdiction, case.origin}:
        raise Forbidden(otherwise)


def check_waive(who: Account, case: Case, decided: WhoDecided, *, police: bool) -> None:
    """Check who takes a leg back: an operator by her decision, a supervisor by his own.

    Raises:
        Forbidden: an operator for the police leg, since a word on the phone ends nothing; or for a supervisor.
    """
    if police:
        check_supervisor(who, case, N_("Only a supervisor waives the police leg: a word on the phone ends nothing."))
    elif decided is WhoDecided.SUPERVISOR:
        check_supervisor(who, case, N_("Only a supervisor decides in a supervisor's place."))
