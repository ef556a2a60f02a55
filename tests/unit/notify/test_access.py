"""Where an account sits."""

from __future__ import annotations

from services.notify.commands.access import tags_of
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account, Grant


def account(*grants: Grant) -> Account:
    return Account("a", "s", grants, 0, 0)


def test_live_streams_tell_each_of_what_it_may_read() -> None:
    assert tags_of(account(Grant(Role.CENTRE_STAFF, "dunav"))) == {"account:a", "centre:dunav"}
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR):
        assert tags_of(account(Grant(role, "TST"))) == {"account:a", "mechanism:TST"}
    # Whoever administers hears that a centre changed, and of nobody's handover.
    assert tags_of(account(Grant(Role.ADMIN, "TST"))) == {"account:a", "administration:TST"}
    for role in (Role.OPS, Role.CREW, Role.DISPATCHER, Role.SHELTER_STAFF):
        assert tags_of(account(Grant(role, "TST"))) == {"account:a"}
