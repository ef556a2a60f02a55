"""LAP and DASH: the level that the answers so far allow (DOMAIN, "Facts to build on"; CONTRACT, "Risk")."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.instruments import DASH, INSTRUMENTS, LAP, Instrument
from shared.contracts.vocabulary import Answer, Level

YES, NO, OPEN, NONE = Answer.YES, Answer.NO, Answer.NOT_ANSWERED, Answer.NOT_APPLICABLE
STANDARD, MEDIUM, HIGH = Level.STANDARD, Level.MEDIUM, Level.HIGH
LEVELS = [STANDARD, MEDIUM, HIGH]


def answered(instrument: Instrument, yes: int, rest: Answer, *, since: int = 1) -> dict[str, Answer]:
    """Return so many yes from a question on, and one answer to all the others."""
    return {q: YES if since <= int(q) < since + yes else rest for q in instrument.ids}


@pytest.mark.parametrize("question", ["1", "2", "3"])
def test_lap_one_yes_of_the_first_three_is_high(question: str) -> None:
    assert LAP.range({question: YES}) == (HIGH, HIGH)
    assert LAP.range({**answered(LAP, 0, NO), question: YES}) == (HIGH, HIGH)


@pytest.mark.parametrize(
    ("yes", "rest", "expected"),
    [
        (0, OPEN, (STANDARD, HIGH)),
        (0, NO, (STANDARD, STANDARD)),
        (3, NO, (STANDARD, STANDARD)),
        (4, NO, (HIGH, HIGH)),
        (3, OPEN, (STANDARD, HIGH)),
        (3, NONE, (STANDARD, HIGH)),
        (0, NONE, (STANDARD, HIGH)),
    ],
)
def test_lap_four_of_the_others_are_high(yes: int, rest: Answer, expected: tuple[Level, Level]) -> None:
    assert LAP.range(answered(LAP, yes, rest, since=4)) == expected


def test_lap_with_one_question_that_does_not_apply_is_never_standard_for_certain() -> None:
    assert LAP.range({**answered(LAP, 0, NO), "10": NONE}) == (STANDARD, HIGH)


@pytest.mark.parametrize(
    ("yes", "rest", "expected"),
    [
        (0, NO, (STANDARD, STANDARD)),
        (9, NO, (STANDARD, STANDARD)),
        (10, NO, (MEDIUM, MEDIUM)),
        (13, NO, (MEDIUM, MEDIUM)),
        (14, NO, (HIGH, HIGH)),
        (24, NO, (HIGH, HIGH)),
        (0, OPEN, (STANDARD, HIGH)),
        (10, OPEN, (MEDIUM, HIGH)),
        (9, NONE, (STANDARD, STANDARD)),
    ],
)
def test_dash_counts(yes: int, rest: Answer, expected: tuple[Level, Level]) -> None:
    assert DASH.range(answered(DASH, yes, rest)) == expected


def test_dash_knows_how_high_the_open_questions_could_lead() -> None:
    twelve_open = {q: OPEN if int(q) <= 12 else NO for q in DASH.ids}
    assert DASH.range(twelve_open) == (STANDARD, MEDIUM)


@given(st.sampled_from(sorted(INSTRUMENTS)), st.data())
def test_another_yes_never_lowers_and_the_range_holds_every_outcome(code: str, data: st.DataObject) -> None:
    instrument = INSTRUMENTS[code]
    answers = data.draw(st.dictionaries(st.sampled_from(instrument.ids), st.sampled_from(Answer)))
    lowest, highest = instrument.range(answers)
    assert LEVELS.index(lowest) <= LEVELS.index(highest)
    question = data.draw(st.sampled_from(instrument.ids))
    more_lowest, _ = instrument.range({**answers, question: YES})
    assert LEVELS.index(more_lowest) >= LEVELS.index(lowest)
    if answers.get(question, OPEN) is OPEN:  # an answer that was possible stays within what was announced
        for answer in (YES, NO):
            low, high = instrument.range({**answers, question: answer})
            assert LEVELS.index(lowest) <= LEVELS.index(low)
            assert LEVELS.index(high) <= LEVELS.index(highest)


def test_open_questions_stand_in_the_order_of_asking() -> None:
    assert LAP.open_questions({"2": YES, "10": OPEN, "3": NONE}) == ["1", "4", "5", "6", "7", "8", "9", "10", "11"]
