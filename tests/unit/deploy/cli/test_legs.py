from typing import Any

import pytest

from deploy.cli.legs import Goal, lines_of, missing


def incident(**states: str) -> dict[str, Any]:
    return {"legs": {leg: {"state": state, "overdue": False, "detail": {}} for leg, state in states.items()}}


@pytest.mark.parametrize(
    ("states", "goal", "late"),
    [
        ({"police": "waiting", "shelter": "answered", "centre": "done"}, "answered", ["police"]),
        ({"police": "answered", "shelter": "accepted", "centre": "done"}, "accepted", ["police"]),
        ({"police": "accepted", "shelter": "accepted", "centre": "done"}, "done", ["police", "shelter"]),
        ({"police": "answered", "shelter": "not_needed", "centre": "waived"}, "answered", []),
        ({"police": "unmet"}, "answered", ["police"]),
    ],
)
def test_a_needed_leg_is_missing_until_it_got_that_far(states: dict[str, str], goal: Goal, late: list[str]) -> None:
    assert missing(incident(**states), goal) == late


def test_a_line_tells_how_long_it_took_and_what_a_person_reads() -> None:
    police = {
        "state": "answered",
        "asked_at": "2026-01-01T00:00:00Z",
        "answered_at": "2026-01-01T00:00:00.400Z",
        "overdue": False,
        "detail": {"job": "an id", "unit": "Ruse-12"},
    }
    (line,) = lines_of({"legs": {"police": police, "shelter": {"state": "not_needed"}}})
    assert (line.seconds, line.detail) == (0.4, "unit Ruse-12")
