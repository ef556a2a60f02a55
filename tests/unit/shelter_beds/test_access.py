"""Where an account sits, and what it may be told of live."""

from __future__ import annotations

from services.shelter_beds.commands.access import Seat, tags_of
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account, Grant


def account(*grants: Grant) -> Account:
    return Account("a", "s", grants, 0, 0)


def test_a_night_worker_of_two_houses_hears_of_both() -> None:
    who = account(Grant(Role.SHELTER_STAFF, "lipa"), Grant(Role.CENTRE_STAFF, "dunav"))
    assert tags_of(who) == {"shelter:lipa"}


def test_the_mechanism_hears_of_placements_and_a_supervisor_of_rooms_too() -> None:
    assert tags_of(account(Grant(Role.OPERATOR, "TST"))) == {"mechanism:TST"}
    assert tags_of(account(Grant(Role.SUPERVISOR, "TST"))) == {"mechanism:TST", "supervision:TST"}
    assert tags_of(account(Grant(Role.ADMIN, "TST"))) == {"supervision:TST"}


def test_a_crew_hears_nothing_and_is_known_by_station_and_unit() -> None:
    who = account(Grant(Role.CREW, "north", "N-1"), Grant(Role.CREW, "north"))
    assert tags_of(who) == frozenset()
    assert Seat.of(who).crews == {("north", "N-1")}
