"""Danger rises by itself and only a supervisor lowers it (P7); the order of typing does not matter."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.instruments import LAP
from services.intake.domain.risk import Danger, next_priority, overridden, unknown_questions
from shared.contracts.facts import Facts
from shared.contracts.vocabulary import Answer, Level

ALL_NO = dict.fromkeys(LAP.ids, "no")
CALM: dict[str, Any] = {"call": "live", "risk": {"answers": ALL_NO}}
RANK = {Answer.NOT_ANSWERED: 0, Answer.NO: 1, Answer.NOT_APPLICABLE: 2, Answer.YES: 3}


def learned(*facts: dict[str, Any], start: Danger | None = None) -> Danger:
    danger = start or Danger()
    for each in facts:
        danger = danger.learned(Facts.model_validate(each))
    return danger


@pytest.mark.parametrize(
    ("facts", "priority"),
    [
        (CALM, 3),
        ({**CALM, "call": "ended"}, 3),
        ({**CALM, "call": "dropped"}, 3),  # nothing is unknown any more
        ({"call": "live"}, 2),  # high is still possible
        ({"call": "ended"}, 2),
        ({"call": "dropped"}, 1),
        ({"call": "silent"}, 1),
        ({"call": "unknown"}, 1),
        ({}, 1),  # nobody said how the call ended: treated as dropped
        ({**CALM, "risk": {"answers": {**ALL_NO, "1": "yes"}}}, 1),
        ({**CALM, "risk": {"answers": {**ALL_NO, "4": "yes", "5": "yes", "6": "yes"}}}, 3),
        ({**CALM, "risk": {"answers": {**ALL_NO, "4": "yes", "5": "yes", "6": "yes", "7": "yes"}}}, 1),
        ({**CALM, "risk": {"answers": {**ALL_NO, "10": "not_applicable"}}}, 2),
        ({**CALM, "perpetrators": [{"present": "no"}, {"present": "yes"}]}, 1),
        ({**CALM, "perpetrators": [{"armed": "yes"}]}, 1),
        ({**CALM, "perpetrators": [{"armed": "unknown", "present": "unknown"}]}, 3),
        ({**CALM, "victim": {"children": [{"where": "with_perpetrator"}]}}, 1),
        ({**CALM, "victim": {"children": [{"where": "with_victim"}, {"where": "elsewhere"}]}}, 3),
        ({**CALM, "victim": {"injured": "yes"}}, 2),
        ({**CALM, "needs": {"medical": True}}, 2),
        ({"call": "live", "risk": {"instrument": "dash"}}, 2),
        ({"call": "live", "risk": {"instrument": "dash", "answers": {str(q): "yes" for q in range(1, 15)}}}, 1),
        ({"call": "live", "risk": {"instrument": "dash", "answers": {str(q): "no" for q in range(1, 25)}}}, 3),
    ],
)
def test_the_rule_of_the_contract(facts: dict[str, Any], priority: int) -> None:
    assert learned(facts).priority() == priority


TRI = st.sampled_from(["yes", "no", "unknown"])
SAID = st.fixed_dictionaries(
    {},
    optional={
        "call": st.sampled_from(["live", "ended", "dropped", "silent", "unknown"]),
        "victim": st.fixed_dictionaries(
            {},
            optional={
                "injured": TRI,
                "children": st.lists(
                    st.fixed_dictionaries({"where": st.sampled_from(["with_victim", "with_perpetrator"])}), max_size=2
                ),
            },
        ),
        "perpetrators": st.lists(
            st.fixed_dictionaries(
                {"present": TRI, "armed": TRI, "linked_to": st.sampled_from(["none", "police", "unknown"])}
            ),
            max_size=2,
        ),
        "risk": st.fixed_dictionaries(
            {"answers": st.dictionaries(st.sampled_from(LAP.ids), st.sampled_from([a.value for a in Answer]))}
        ),
        "needs": st.fixed_dictionaries({"medical": st.booleans()}),
    },
)


@given(st.lists(SAID, min_size=1, max_size=5), st.randoms())
def test_the_order_of_typing_does_not_matter(said: list[dict[str, Any]], random: Any) -> None:
    shuffled = list(said)
    random.shuffle(shuffled)
    one, other = learned(*said), learned(*shuffled)
    assert replace(one, conflicts=()) == replace(other, conflicts=())
    assert one.priority() == other.priority()
    assert one.ambulance_needed == other.ambulance_needed


@given(st.lists(SAID, min_size=1, max_size=5), SAID)
def test_danger_only_rises(said: list[dict[str, Any]], more: dict[str, Any]) -> None:
    before = learned(*said)
    after = learned(more, start=before)
    for flag in ("present", "armed", "injured", "medical", "child_with_perpetrator", "call_uncertain", "police_linked"):
        assert getattr(after, flag) >= getattr(before, flag)
    assert all(RANK[after.answers[question]] >= RANK[answer] for question, answer in before.answers.items())
    assert set(after.conflicts) >= set(before.conflicts)
    priority = next_priority(before.priority(), after.priority())
    assert priority <= before.priority() or (before.priority(), priority) == (2, 3)


@given(st.lists(SAID, min_size=1, max_size=4))
def test_the_same_again_is_nothing_new(said: list[dict[str, Any]]) -> None:
    once = learned(*said)
    again = learned(*said, start=once)
    assert replace(again, conflicts=()) == replace(once, conflicts=())


@given(st.lists(SAID, min_size=1, max_size=4))
def test_what_is_stored_is_what_is_read(said: list[dict[str, Any]]) -> None:
    danger = learned(*said)
    assert Danger.from_json(danger.as_json()) == danger
    lowered = overridden(danger, Level.STANDARD)
    assert Danger.from_json(lowered.as_json()) == lowered


@pytest.mark.parametrize("old", [1, 2, 3])
@pytest.mark.parametrize("new", [1, 2, 3])
def test_a_priority_falls_by_itself_only_from_two_to_three(old: int, new: int) -> None:
    expected = new if new <= old or (old, new) == (2, 3) else old
    assert next_priority(old, new) == expected


def test_a_lower_answer_to_a_yes_changes_nothing_and_is_listed() -> None:
    danger = learned({"risk": {"answers": {"10": "yes", "2": "yes", "5": "no"}}})
    danger = learned({"risk": {"answers": {"10": "no", "2": "not_applicable", "5": "not_answered"}}}, start=danger)
    assert danger.answers == {"10": "yes", "2": "yes", "5": "no"}
    assert danger.conflicts == ("2", "10")
    assert learned({"risk": {"answers": {"2": "not_answered"}}}, start=danger).conflicts == ("2", "10")


def test_a_policeman_has_a_gun_whatever_was_answered() -> None:
    danger = learned({**CALM, "perpetrators": [{"linked_to": "police"}]})
    assert danger.answers["4"] is Answer.YES
    assert "4" not in learned({"perpetrators": [{"linked_to": "police"}]}).open_questions()
    assert learned({"risk": {"answers": {"4": "no"}}}, start=danger).conflicts == ("4",)
    assert "4" not in learned({"risk": {"instrument": "dash"}, "perpetrators": [{"linked_to": "police"}]}).answers, (
        "DASH 4 asks something else"
    )


def test_anyone_raises_and_only_a_decision_lowers() -> None:
    calm = learned(CALM)
    raised = replace(calm, raised=True)
    assert (raised.range(), raised.priority()) == ((Level.HIGH, Level.HIGH), 1)
    lowered = overridden(raised, Level.STANDARD)
    assert (lowered.range(), lowered.priority()) == ((Level.STANDARD, Level.STANDARD), 3)
    assert replace(lowered, raised=True).priority() == 1


def test_an_override_holds_for_what_was_known_then() -> None:
    grave = learned({**CALM, "risk": {"answers": {**ALL_NO, "1": "yes"}}})
    lowered = overridden(grave, Level.STANDARD)
    assert lowered.priority() == 3
    assert learned({"risk": {"answers": {"1": "yes"}}}, start=lowered).priority() == 3
    assert learned({"risk": {"answers": {"9": "yes"}}}, start=lowered).range() == (Level.HIGH, Level.HIGH)
    assert learned({"perpetrators": [{"present": "yes"}]}, start=lowered).priority() == 1
    up = overridden(learned(CALM), Level.HIGH)
    assert up.priority() == 1


@pytest.mark.parametrize(
    ("facts", "needed"),
    [
        ({"needs": {"medical": True}}, True),
        ({"risk": {"answers": {"5": "yes"}}}, True),
        ({"risk": {"instrument": "dash", "answers": {"5": "yes"}}}, False),
        ({"victim": {"injured": "yes"}}, False),
        ({}, False),
    ],
)
def test_who_needs_an_ambulance(facts: dict[str, Any], needed: bool) -> None:
    assert learned(facts).ambulance_needed is needed


def test_another_instrument_keeps_what_was_reached() -> None:
    grave = learned({**CALM, "risk": {"answers": {"1": "yes", "5": "yes"}}})
    dash = learned({"call": "live", "risk": {"instrument": "dash"}}, start=grave)
    assert (dash.instrument, dash.answers) == ("dash", {})
    assert (dash.range()[0], dash.ambulance_needed) == (Level.HIGH, True)
    early = learned({"call": "live", "risk": {"instrument": "dash"}}, start=Danger())
    assert early.range() == (Level.STANDARD, Level.HIGH)


def test_questions_an_instrument_does_not_have() -> None:
    assert unknown_questions("lap", ["1", "11", "12", "0"]) == ["12", "0"]
    assert unknown_questions("dash", ["24", "25"]) == ["25"]
