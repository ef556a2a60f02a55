"""How another clock stands to ours, and how pages say so."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from shared.clock import Offset
from shared.web.pages.languages import Language

ENGLISH = Language("en", [], ZoneInfo("Europe/Sofia"))
BULGARIAN = Language("bg", [], ZoneInfo("Europe/Sofia"))


def test_a_clock_is_compared_with_the_middle_of_question_and_answer() -> None:
    there = datetime(2026, 1, 1, 0, 0, 2, tzinfo=UTC)
    asked = datetime(2026, 1, 1, tzinfo=UTC).timestamp()
    assert Offset.between(asked, there, asked + 1) == Offset(ahead=1.5, unsure=0.5)


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0123, "+12.3 ms"), (-1.26, "−1.3 secs"), (0.000_01, "0 ms"), (-0.000_01, "0 ms")]
)
def test_an_offset_says_ahead_or_behind(seconds: float, said: str) -> None:
    assert ENGLISH.offset(seconds) == said


@pytest.mark.parametrize(("count", "said"), [(900, "0.9 kB"), (87_600, "87.6 kB"), (12_340_000, "12.3 MB")])
def test_a_size_is_said_in_the_unit_that_fits(count: int, said: str) -> None:
    assert ENGLISH.size(count) == said


def test_numbers_of_sizes_are_the_readers() -> None:
    assert BULGARIAN.size(2_500_000_000).startswith("2,5")
