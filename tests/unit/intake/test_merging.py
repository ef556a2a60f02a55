"""Later facts: RFC 7396, except where danger or a need could be taken back by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.forms import LaterFacts
from services.intake.domain.merging import (
    as_stored,
    grown_needs,
    later_facts,
    merge_patch,
    scene_as_facts,
    unknown_fields,
    with_risk,
    with_scene,
)
from services.intake.domain.risk import Danger
from shared.contracts.facts import Facts, SceneFacts


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [  # RFC 7396, appendix A
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"a": "b"}, ["c"], ["c"]),
        ({"a": "foo"}, None, None),
        ({"a": "foo"}, "bar", "bar"),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_examples_of_the_rfc(target: Any, patch: Any, result: Any) -> None:
    assert merge_patch(target, patch) == result


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=8,
)


@given(JSON, JSON)
def test_a_patch_twice_is_a_patch_once(target: Any, patch: Any) -> None:
    once = merge_patch(target, patch)
    assert merge_patch(once, patch) == once


NEEDS = st.dictionaries(st.sampled_from(["police", "shelter", "centre", "medical"]), st.booleans())


@given(NEEDS, NEEDS)
def test_needs_only_grow(old: dict[str, bool], new: dict[str, bool]) -> None:
    grown = grown_needs(old, new)
    assert set(grown) == {*old, *new}
    assert all(grown[name] == (old.get(name, False) or new.get(name, False)) for name in grown)


def test_fields_nobody_knows_are_found_even_where_they_remove() -> None:
    patch = {"victim": {"name": None, "shoe": None}, "colour": None, "risk": {"answers": {"x": None}}, "call": "live"}
    assert list(unknown_fields(patch, LaterFacts)) == [("victim", "shoe"), ("colour",)]


@pytest.mark.parametrize(
    ("patch", "risk"),
    [
        ({}, {"instrument": "dash"}),
        ({"risk": None}, {"instrument": "dash"}),
        ({"risk": {"answers": {"1": "yes", "2": None}}}, {"instrument": "dash", "answers": {"1": "yes"}}),
        ({"risk": {"instrument": "lap"}}, {"instrument": "lap"}),
        ({"risk": {"instrument": None}}, {"instrument": "dash"}),
        ({"risk": "high"}, "high"),
    ],
)
def test_only_new_answers_are_read_and_they_belong_to_the_incidents_instrument(
    patch: dict[str, Any], risk: Any
) -> None:
    known = {"channel": "chat", "risk": {"instrument": "dash", "answers": {"7": "yes"}}}
    assert later_facts(known, patch, "dash")["risk"] == risk


def test_what_nobody_said_is_not_stored() -> None:
    typed = Facts.model_validate({"channel": "chat", "needs": {"police": False}, "victim": {"adults": 2}})
    before = {"needs": {"police": True}, "risk": {"answers": {"1": "yes"}}}
    assert as_stored(before, typed) == {
        "channel": "chat",
        "needs": {"police": True},
        "victim": {"adults": [{}, {}]},
        "risk": {"answers": {"1": "yes"}},
    }


def test_merged_answers_are_shown_among_the_facts() -> None:
    assert with_risk({"call": "live"}, Danger()) == {"call": "live"}
    danger = Danger().learned(Facts.model_validate({"risk": {"answers": {"1": "yes", "2": "not_answered"}}}))
    assert with_risk({}, danger) == {"risk": {"instrument": "lap", "answers": {"1": "yes"}}}
    assert with_risk({}, Danger(instrument="dash")) == {"risk": {"instrument": "dash", "answers": {}}}


def test_what_the_crew_saw_is_laid_over_what_was_typed() -> None:
    known = {
        "needs": {"police": True, "shelter": False},
        "victim": {"name": "Мария", "injured": "unknown"},
        "perpetrators": [{"name": "Иван", "present": "unknown"}, {"name": "Петър"}],
    }
    scene = SceneFacts.model_validate(
        {
            "injured": "yes",
            "medical": True,
            "children": [{"age": 3}],
            "adults": 1,
            "decision_shelter": "accepts",
            "perpetrator_present": "yes",
            "perpetrator_armed": "no",
        }
    )
    assert with_scene(known, scene) == {
        "needs": {"police": True, "shelter": True, "medical": True},
        "victim": {
            "name": "Мария",
            "injured": "yes",
            "children": [{"age": 3, "sex": "unknown", "where": "unknown"}],
            "adults": [{"sex": "unknown"}],
            "decision_shelter": "accepts",
        },
        "perpetrators": [{"name": "Иван", "present": "yes", "armed": "no"}, {"name": "Петър"}],
    }
    assert with_scene(known, SceneFacts()) == known


def test_the_scene_says_nothing_of_the_call_and_only_answers_its_instrument() -> None:
    scene = SceneFacts.model_validate({"risk": {"2": "yes", "12": "yes"}, "medical": True})
    read = scene_as_facts(scene, "lap")
    assert (read.call, read.risk.answers, read.needs.medical) == ("live", {"2": "yes"}, True)
    assert set(scene_as_facts(scene, "dash").risk.answers) == {"2", "12"}
