"""Where staff and crew meet, and what they say."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any

import pytest

from services.shelter_beds.domain import meeting
from services.shelter_beds.domain.meeting import aliases, kept_code, meeting_point, offered, word
from shared.errors import Conflict, Invalid

POINTS = [
    {"code": "station", "kind": "station", "text": {"bg": "Управлението"}},
    {"code": "bus", "kind": "public_place", "text": {"bg": "Автогарата", "en": "The bus station"}},
]


def first(options: Sequence[str]) -> str:
    return options[0]


def point(asked: str | dict[str, Any], language: str = "bg", **more: bool) -> dict[str, Any]:
    options = offered(POINTS, [], language)
    return meeting_point(asked, options, **{"address_set": True, "police_linked": False, **more})


def test_a_point_is_named_by_code_in_the_areas_language() -> None:
    assert point("bus") == {"kind": "public_place", "text": "Автогарата"}
    assert point("bus", "en") == {"kind": "public_place", "text": "The bus station"}
    assert point("bus", "sq") == {"kind": "public_place", "text": "Автогарата"}
    with pytest.raises(Invalid):
        point("nowhere")


def test_a_point_in_the_words_of_the_staff() -> None:
    typed = {"kind": "hospital", "text": "входът"}
    assert point(typed) == typed


def test_points_used_before_are_offered_first_and_forgotten_ones_not_at_all() -> None:
    own = {"code": kept_code("public_place", "пред читалището"), "kind": "public_place", "text": "пред читалището"}
    used: list[dict[str, Any]] = [
        {"code": "bus", "kind": None, "text": None},
        own,
        {"code": "no-longer-listed", "kind": None, "text": None},
    ]
    assert [each["code"] for each in offered(POINTS, used, "bg")] == ["bus", own["code"], "station"]
    assert meeting_point(own["code"], offered(POINTS, used, "bg"), address_set=True, police_linked=False) == {
        "kind": "public_place",
        "text": "пред читалището",
    }


def test_the_door_needs_an_address_and_a_station_no_policeman() -> None:
    with pytest.raises(Conflict):
        point({"kind": "door", "text": None}, address_set=False)
    for station in ("station", {"kind": "station", "text": "x"}):
        with pytest.raises(Conflict):
            point(station, police_linked=True)


def test_every_language_has_plain_words_each_its_own() -> None:
    for words in meeting._WORDS.values():
        assert len(set(words)) == len(words) == 32
    assert word("bg", first) != word("en", first)
    assert word("sr-Latn", first) == word("xx", first) == word("en", first)
    assert word("en-GB", first) == word("en", first)


def test_aliases_are_short_first_and_drawn_by_lot() -> None:
    drawn = aliases(secrets.choice)
    assert all(re.fullmatch(r"[A-Z]-[1-9][0-9]", alias) for alias in drawn[:4])
    assert all(re.fullmatch(r"[A-Z]-[1-9][0-9]{3}", alias) for alias in drawn[4:])
    assert aliases(first)[0] == "A-10"
