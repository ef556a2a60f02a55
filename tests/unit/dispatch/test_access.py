"""Where an account sits."""

from __future__ import annotations

from dataclasses import replace

from services.dispatch.commands.access import Seat, tags_of
from shared.contracts.vocabulary import JobState, Role
from shared.security.tokens import Account, Grant
from tests.unit.dispatch.test_job import ASSIGNED


def account(*grants: Grant) -> Account:
    return Account("a", "s", grants, 0, 0)


CREW = Grant(Role.CREW, "north", "N-1")
DESK = Grant(Role.DISPATCHER, "north")


def test_who_moves_a_job() -> None:
    assert Seat.of(account(CREW)).role_in(ASSIGNED) is Role.CREW
    assert Seat.of(account(DESK)).role_in(ASSIGNED) is Role.DISPATCHER
    assert Seat.of(account(DESK, CREW)).role_in(ASSIGNED) is Role.CREW
    for stranger in (
        Grant(Role.CREW, "north", "N-2"),
        Grant(Role.CREW, "south", "N-1"),
        Grant(Role.CREW, "north"),
        Grant(Role.DISPATCHER, "south"),
        Grant(Role.SUPERVISOR, "TST"),
        Grant(Role.OPERATOR, "TST"),
    ):
        assert Seat.of(account(stranger)).role_in(ASSIGNED) is None


def test_a_job_that_waits_belongs_to_the_desk_alone() -> None:
    waiting = replace(ASSIGNED, state=JobState.QUEUED, unit=None, unit_code=None)
    assert Seat.of(account(DESK)).role_in(waiting) is Role.DISPATCHER
    assert Seat.of(account(CREW, Grant(Role.CREW, "north"))).role_in(waiting) is None
    assert Seat.of(account(DESK)).role_in(replace(waiting, station=None)) is None


def test_live_streams_tell_each_of_what_it_may_read() -> None:
    assert tags_of(account(CREW)) == {"unit:north/N-1"}
    assert tags_of(account(DESK)) == {"station:north"}
    assert tags_of(account(Grant(Role.OPERATOR, "TST"))) == {"mechanism:TST"}
    assert tags_of(account(Grant(Role.SUPERVISOR, "TST"))) == {"mechanism:TST", "supervision:TST"}
    assert tags_of(account(Grant(Role.SHELTER_STAFF, "lipa"))) == set()
