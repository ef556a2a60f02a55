"""What choosing reads out of an incident's facts; unknowns are left out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shelter_beds.domain.family import Family, plain
from shared.contracts.facts import Facts


def family(ambulance: str = "not_needed", **facts: Any) -> Family:
    return Family.of(Facts.model_validate(facts), ambulance, lambda name: f"#{name}")


def test_nothing_known_is_one_adult() -> None:
    assert family() == Family(1)


@pytest.mark.parametrize(
    ("victim", "people"),
    [
        ({"adults": [{}, {}]}, 2),
        ({"children": [{"where": "with_victim"}, {"where": "unknown"}, {}]}, 4),
        ({"children": [{"where": "elsewhere"}, {"where": "with_perpetrator"}]}, 1),
        ({"adults": [], "children": [{"age": 7}]}, 0),
        ({"adults": []}, 0),
    ],
)
def test_beds_are_for_whoever_comes_along(victim: dict[str, Any], people: int) -> None:
    found = family(victim=victim)
    assert found.people == people
    assert found.child_alone is (people == 0)


def test_needs_are_read_as_told() -> None:
    found = family(
        victim={
            "adults": [{"sex": "f"}, {"sex": "unknown"}],
            "children": [
                {"age": 3, "sex": "m"},
                {"age": 15, "sex": "m", "where": "elsewhere"},
                {"age": 16, "sex": "f"},
                {"sex": "m"},
            ],
            "mobility": "wheelchair",
            "pets": 2,
            "languages": ["bg", "tr"],
            "decision_shelter": "accepts",
        },
        perpetrators=[
            {"name": "Иван Лош", "municipality": "TST3", "linked_to": "shelter"},
            {"municipality": "TST2"},
            {"name": "  "},
        ],
    )
    assert (found.people, found.children, found.oldest_boy, found.adults) == (5, 3, 3, ("f",))
    assert (found.mobility, found.pets, found.languages) == ("wheelchair", 2, ("bg", "tr"))
    assert (found.suspects, found.names, found.shelter_linked) == (("TST2", "TST3"), ("#иван лош",), True)
    assert Family.stored(found.kept) == found


@pytest.mark.parametrize(
    ("injured", "ambulance", "acute"),
    [
        ("yes", "not_needed", True),
        ("unknown", "needed", True),
        ("no", "called", True),
        ("unknown", "not_needed", False),
    ],
)
def test_an_injury_or_an_ambulance_is_an_acute_need(injured: str, ambulance: str, *, acute: bool) -> None:
    assert family(ambulance, victim={"injured": injured}).acute is acute


@pytest.mark.parametrize("name", ["Иван Лош", "ЛОШ,  Иван", "иван-лош", " лош иван. "])
def test_a_name_is_the_same_however_it_is_typed(name: str) -> None:
    assert plain(name) == "иван лош"


@given(st.text(max_size=40))
def test_plain_is_plain_already(name: str) -> None:
    assert plain(plain(name)) == plain(name)


def test_other_names_are_others() -> None:
    assert plain("Иван Лошев") != plain("Иван Лош")
    assert plain("123 !?") == ""
