"""Which room: every rule by itself, and the order of those that remain."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.matching import (
    RESERVATIONS,
    Candidate,
    Choice,
    Rule,
    Seeker,
    Tried,
    better,
    by_shelter,
    choose,
    counted,
    excluded_by,
    order,
    reservation_about,
    totals,
)
from services.shelter_beds.domain.placement import Placement
from shared.contracts.jurisdiction import Admission
from shared.contracts.vocabulary import IncidentState, Mode

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
OPEN = Admission(
    adults=("f", "m"),
    oldest_boy=None,
    mobility=("unrestricted", "assisted", "wheelchair"),
    acute_medical=True,
    pets=5,
    languages=("bg", "en"),
    documents_required=False,
)
ROOM = Candidate("r1", "lipa", "TST", 4, True, NOW, "TST2", OPEN, 43.5, 25.7)


def admitting(**admission: Any) -> Candidate:
    return replace(ROOM, admission=OPEN.model_copy(update=admission))


ONE = Family(1)


def seeking(family: Family = ONE, **incident: Any) -> Seeker:
    about = Incident(
        id="i",
        version=1,
        number="n",
        jurisdiction="TST",
        mode=Mode.ACTUAL,
        priority=2,
        state=IncidentState.OPEN,
        raised_at=NOW,
        wanted=True,
        waived=False,
        request=1,
        near_allowed=False,
        municipality="TST1",
        latitude=43.8,
        longitude=25.9,
        police_linked=False,
        family=family,
    )
    about = replace(about, **incident)
    return Seeker(Placement("p", "i", "TST", 1, 1, Mode.ACTUAL, "K-71", family.people, 2, NOW), about)


@pytest.mark.parametrize(
    ("rule", "family", "refusing", "accepting"),
    [
        (Rule.SIZE, Family(3), replace(ROOM, beds=2), replace(ROOM, beds=3)),
        (Rule.ADULTS, Family(2, adults=("f", "m")), admitting(adults=("f",)), ROOM),
        (Rule.OLDEST_BOY, Family(2, oldest_boy=15), admitting(oldest_boy=14), admitting(oldest_boy=15)),
        (Rule.CHILDREN_MAX, Family(4, children=3), admitting(children_max=2), admitting(children_max=3)),
        (Rule.MOBILITY, Family(1, mobility="assisted"), admitting(mobility=("unrestricted",)), ROOM),
        (Rule.MOBILITY, Family(1, mobility="wheelchair"), replace(ROOM, accessible=False), ROOM),
        (Rule.MEDICAL, Family(1, acute=True), admitting(acute_medical=False), ROOM),
        (Rule.PETS, Family(1, pets=2), admitting(pets=1), admitting(pets=2)),
        (Rule.SAFETY, Family(1), replace(ROOM, municipality="TST1"), ROOM),
        (Rule.SAFETY, Family(1, suspects=("TST3",)), replace(ROOM, municipality="TST3"), ROOM),
    ],
)
def test_each_rule_excludes_what_it_is_about_and_nothing_else(
    rule: Rule, family: Family, refusing: Candidate, accepting: Candidate
) -> None:
    assert excluded_by(seeking(family), refusing) is rule
    assert excluded_by(seeking(family), accepting) is None


def test_what_is_not_known_excludes_nothing() -> None:
    strict = admitting(adults=("f",), oldest_boy=0, children_max=0, acute_medical=False, pets=0)
    assert excluded_by(seeking(Family(1)), strict) is None


def test_a_supervisor_may_allow_nearness_and_nothing_else_about_safety() -> None:
    near = replace(ROOM, municipality="TST1")
    assert excluded_by(seeking(near_allowed=True), near) is None
    known = replace(seeking(near_allowed=True), unsafe=frozenset({"lipa"}))
    assert excluded_by(known, near) is Rule.SAFETY


def test_a_room_that_was_refused_is_never_theirs_again_and_one_that_expired_once_it_is_spoken_for() -> None:
    refused = replace(seeking(), tried=(Tried("r1", "lipa", NOW, refused=True),))
    expired = replace(seeking(), tried=(Tried("r1", "lipa", NOW, refused=False),))
    later = replace(ROOM, confirmed_at=NOW + timedelta(seconds=1))
    assert excluded_by(refused, later) is Rule.TRIED
    assert excluded_by(expired, ROOM) is Rule.TRIED
    assert excluded_by(expired, replace(ROOM, confirmed_at=None)) is Rule.TRIED
    assert excluded_by(expired, later) is None


def test_language_documents_and_an_earlier_decline_only_speak_against_a_room() -> None:
    family = Family(1, languages=("sq",))
    assert reservation_about(seeking(family), ROOM) is Rule.LANGUAGES
    assert reservation_about(seeking(replace(family, languages=("en-GB", "sq"))), ROOM) is None
    assert reservation_about(seeking(), admitting(documents_required=True)) is Rule.DOCUMENTS
    declined = replace(seeking(), tried=(Tried("other", "lipa", NOW, refused=True),))
    assert reservation_about(declined, ROOM) is Rule.TRIED
    assert excluded_by(seeking(family), ROOM) is None


def test_the_smallest_room_then_the_freshest_then_the_nearest_then_a_fixed_one() -> None:
    fresh = replace(ROOM, id="fresh", beds=2, confirmed_at=NOW)
    older = replace(fresh, id="older", confirmed_at=NOW - timedelta(hours=1))
    never = replace(fresh, id="never", confirmed_at=None)
    far = replace(fresh, id="far", latitude=42.0)
    twin = replace(fresh, id="gleich")
    big = replace(fresh, id="big", beds=3, confirmed_at=NOW + timedelta(hours=1))
    seeker = seeking()
    ordered = sorted([big, far, never, twin, older, fresh], key=lambda room: order(seeker, room))
    assert [room.id for room in ordered] == ["fresh", "gleich", "far", "older", "never", "big"]


def test_a_room_with_a_reservation_is_chosen_when_nothing_better_fits() -> None:
    small = replace(admitting(documents_required=True), id="small", beds=1)
    big = replace(ROOM, id="big", beds=6)
    near = replace(ROOM, id="near", municipality="TST1")
    chosen = choose(seeking(), [big, small, near])
    assert (chosen.room, chosen.reservation) == (big, None)
    assert counted(chosen.passed) == {"documents": 1, "safety": 1}
    fallback = choose(seeking(), [small, near])
    assert (fallback.room, fallback.reservation) == (small, Rule.DOCUMENTS)
    assert counted(fallback.passed) == {"safety": 1}
    assert choose(seeking(), [near]).room is None


def test_counts_are_per_rule_and_per_shelter() -> None:
    found = by_shelter([("a", Rule.PETS), ("a", Rule.PETS), ("b", Rule.SAFETY)], [("a", "held", 3)])
    assert found == {"a": {"pets": 2, "held": 3}, "b": {"safety": 1}}
    assert totals(found) == {"held": 3, "pets": 2, "safety": 1}


CANDIDATES = st.lists(
    st.builds(
        lambda number, beds, shelter, documents, languages, municipality: replace(
            admitting(documents_required=documents, languages=languages),
            id=f"r{number}",
            beds=beds,
            shelter=shelter,
            municipality=municipality,
        ),
        st.integers(0, 999),
        st.integers(1, 5),
        st.sampled_from("abc"),
        st.booleans(),
        st.sampled_from([("bg",), ("sq",)]),
        st.sampled_from(["TST1", "TST2", "TST3"]),
    ),
    unique_by=lambda room: room.id,
    max_size=12,
)
SEEKERS = st.builds(
    lambda people, languages: seeking(Family(people, languages=languages, suspects=("TST3",))),
    st.integers(1, 4),
    st.sampled_from([(), ("bg",), ("sq",)]),
)


@given(SEEKERS, CANDIDATES)
def test_the_choice_is_the_best_that_fits_and_no_candidate_is_lost(seeker: Seeker, rooms: list[Candidate]) -> None:
    choice = choose(seeker, rooms)
    fitting = [room for room in rooms if excluded_by(seeker, room) is None]
    without = [room for room in fitting if reservation_about(seeker, room) is None]
    best = min(without or fitting, key=lambda room: order(seeker, room), default=None)
    assert choice.room == best
    if choice.room is None or choice.reservation is not None:
        assert len(choice.passed) == len(rooms) - (choice.room is not None)


@given(SEEKERS, CANDIDATES, st.randoms())
def test_the_order_in_which_candidates_are_read_does_not_matter(
    seeker: Seeker, rooms: list[Candidate], chance: Any
) -> None:
    shuffled = list(rooms)
    chance.shuffle(shuffled)
    assert choose(seeker, shuffled) == choose(seeker, rooms)


@given(SEEKERS, CANDIDATES, st.integers(0, 12))
def test_choosing_in_two_parts_is_choosing_at_once(seeker: Seeker, rooms: list[Candidate], cut: int) -> None:
    ordered = sorted(rooms, key=lambda room: order(seeker, room))
    first, then = choose(seeker, ordered[:cut]), choose(seeker, ordered[cut:])
    assert better(first, then).room == choose(seeker, rooms).room


@given(CANDIDATES)
def test_a_smaller_family_finds_a_room_wherever_a_larger_one_does(rooms: list[Candidate]) -> None:
    if choose(seeking(Family(3)), rooms).room is not None:
        assert choose(seeking(Family(2)), rooms).room is not None


def test_a_reservation_is_no_exclusion() -> None:
    assert {Rule.LANGUAGES, Rule.DOCUMENTS, Rule.TRIED} == RESERVATIONS
    assert better(Choice(), Choice()).room is None
