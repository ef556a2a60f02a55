"""What a document changes: told thing by thing, with what differs."""

from __future__ import annotations

from typing import Any

import pytest

from shared.loading import Change, Difference, Loaded, Obstructed, Plan, Preview, Remark

KNOWN: dict[str, dict[str, Any]] = {
    "a": {"code": "a", "beds": 2, "open": True, "by_hand": False, "state": "free"},
    "b": {"code": "b", "beds": 3, "open": False, "by_hand": True, "state": "free"},
    "c": {"code": "c", "beds": 4, "open": True, "by_hand": True, "state": "free"},
    "d": {"code": "d", "beds": 4, "open": True, "by_hand": False, "state": "free"},
}
WANTED: dict[str, dict[str, Any]] = {
    "a": {"code": "a", "beds": 2, "open": True, "by_hand": False},
    "b": {"code": "b", "beds": 5, "open": True, "by_hand": False},
    "e": {"code": "e", "beds": 1, "open": True, "by_hand": False},
}


def test_only_what_the_document_speaks_of_is_compared_and_what_was_made_by_hand_stays() -> None:
    assert Difference.between("room", KNOWN, WANTED).changes() == [
        Change("room", "e", "added"),
        Change("room", "b", "changed", {"beds": ["3", "5"], "open": ["no", "yes"], "by_hand": ["yes", "no"]}),
        Change("room", "d", "removed"),
    ]


def test_what_was_made_by_hand_and_is_in_the_document_is_said_to_be_taken_over() -> None:
    (remark,) = Difference.between("room", KNOWN, WANTED).taken_over()
    assert str(remark) == "b was made by hand; from now on the document has it."


def test_a_room_is_named_by_its_shelter_too_and_long_values_are_left_out() -> None:
    known = {("lipa", "1"): {"text": {"bg": "а"}, "note": "x" * 100}}
    wanted = {("lipa", "1"): {"text": {"bg": "б", "en": "b"}, "note": "y"}}
    (change,) = Difference.between("room", known, wanted).changes()
    assert change.code == "lipa / 1"
    assert change.fields == {"text": ["bg: а", "bg: б, en: b"], "note": []}


def test_a_plan_with_an_obstacle_is_not_carried_out() -> None:
    written: list[str] = []
    loaded = Loaded((Difference.between("room", KNOWN, WANTED),))
    assert Plan(Preview(loaded), lambda: written.append("once")).carry_out().counts() == {
        "added": 1,
        "changed": 1,
        "removed": 1,
    }
    obstacles = [Remark("Unit %(code)s has a job.", {"code": str(number)}) for number in range(9)]
    with pytest.raises(Obstructed) as refused:
        Plan(Preview(loaded, obstacles), lambda: written.append("again")).carry_out()
    assert written == ["once"]
    assert "Unit 4 has a job." in refused.value.detail
    assert "Unit 5" not in refused.value.detail
    assert len(refused.value.preview.document()["obstacles"]) == 9
