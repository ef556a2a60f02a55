"""What a crew reports, piece by piece."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.dispatch.domain.scene import Report, merged
from shared.contracts.vocabulary import Answer

ANSWERS = st.dictionaries(st.sampled_from(["1", "2", "11"]), st.sampled_from([answer.value for answer in Answer]))
RISING = ["not_answered", "no", "not_applicable", "yes"]


def test_a_report_says_only_what_was_said() -> None:
    told = Report.model_validate({"injured": "no", "children": [{"age": 4}], "adults": 2, "seen_alone": None}).told
    assert told == {"injured": "no", "children": [{"age": 4}], "adults": [{}, {}]}
    assert Report.model_validate({"risk": {}, "seen_alone": None}).told == {}
    assert Report.model_validate({"children": []}).told == {"children": []}


@pytest.mark.parametrize("risk", [{"weapon": "yes"}, {"1": "maybe"}, {str(n): "yes" for n in range(41)}])
def test_answers_have_limits(risk: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Report.model_validate({"risk": risk})


def test_the_later_word_replaces_but_a_need_for_help_stays() -> None:
    known = {"injured": "yes", "medical": True, "decision_shelter": "refuses"}
    now = merged(known, {"injured": "no", "medical": False, "decision_shelter": "accepts"})
    assert now == {"injured": "no", "medical": True, "decision_shelter": "accepts"}


@given(ANSWERS, ANSWERS, ANSWERS)
def test_answers_only_rise_in_whatever_order_they_come(
    first: dict[str, str], second: dict[str, str], third: dict[str, str]
) -> None:
    def told(*reports: dict[str, str]) -> dict[str, str]:
        known: dict[str, dict[str, str]] = {}
        for report in reports:
            known = merged(known, {"risk": report})
        return known["risk"]

    everything = told(first, second, third)
    assert everything == told(third, first, second) == told(first, second, third, second)
    for report in (first, second, third):
        for question, answer in report.items():
            assert RISING.index(everything[question]) >= RISING.index(answer)
