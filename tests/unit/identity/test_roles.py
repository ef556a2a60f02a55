"""Which role is held where, and how a token says it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain import EVERYWHERE
from services.identity.domain.roles import HELD_EVERYWHERE, refusals, spelled_out
from shared.contracts.jurisdiction_checks import ROLE_HOMES
from shared.contracts.vocabulary import Role
from shared.security.tokens import Grant

KINDS = {"TST": "mechanism", "north": "police", "birch": "shelter", "river": "centre"}
HOMES = {"station": "north", "shelter": "birch", "centre": "river", "mechanism": "TST"}


def home(role: Role) -> str:
    return HOMES[ROLE_HOMES.get(role, "mechanism")]


def grant(role: Role, organisation: str) -> Grant:
    return Grant(role, organisation, "N-1" if role is Role.CREW else None)


@pytest.mark.parametrize("role", Role)
def test_a_role_is_held_in_its_own_kind_of_organisation_and_no_other(role: Role) -> None:
    """The same kinds as a jurisdiction's document is checked for."""
    for organisation in KINDS:
        wrong = list(refusals([grant(role, organisation)], KINDS))
        assert bool(wrong) == (organisation != home(role)), organisation


@pytest.mark.parametrize("role", Role)
def test_only_who_reads_nothing_of_people_works_everywhere(role: Role) -> None:
    assert (not list(refusals([grant(role, EVERYWHERE)], KINDS))) == (role in HELD_EVERYWHERE)
    assert not {Role.OPERATOR, Role.SUPERVISOR, Role.CREW} & HELD_EVERYWHERE


def test_an_organisation_that_is_not_loaded_is_refused() -> None:
    (wrong,) = refusals([Grant(Role.OPERATOR, "XXX")], KINDS)
    assert wrong.field == "roles.0.organisation"


def test_a_crew_and_nobody_else_names_its_unit() -> None:
    for wrong in (Grant(Role.CREW, "north"), Grant(Role.DISPATCHER, "north", "N-1")):
        (refusal,) = refusals([wrong], KINDS)
        assert refusal.field == "roles.0.unit"


def test_the_same_role_stands_once() -> None:
    twice = [Grant(Role.OPERATOR, "TST"), Grant(Role.OPERATOR, "TST")]
    assert [refusal.field for refusal in refusals(twice, KINDS)] == ["roles.1"]


GRANTS = st.lists(
    st.builds(Grant, st.sampled_from([Role.ADMIN, Role.OPS, Role.OPERATOR]), st.sampled_from(["TST", "OTH", "*"])),
    max_size=6,
)


@given(held=GRANTS, mechanisms=st.lists(st.sampled_from(["TST", "OTH", "NEW"]), unique=True))
def test_what_is_held_everywhere_is_held_in_every_mechanism_and_nothing_more(
    held: list[Grant], mechanisms: list[str]
) -> None:
    said = spelled_out(held, mechanisms)
    assert len(set(said)) == len(said)
    for role in (Role.ADMIN, Role.OPS, Role.OPERATOR):
        everywhere = Grant(role, EVERYWHERE) in held
        wanted = {g.organisation for g in held if g.role is role} | (set(mechanisms) if everywhere else set())
        assert {g.organisation for g in said if g.role is role} == wanted
