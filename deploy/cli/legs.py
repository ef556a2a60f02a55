"""The three legs of an incident, as far as they got."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

Goal = Literal["answered", "accepted", "done"]

_RANKS = {"answered": 1, "accepted": 2, "done": 3}
_ENDED_WITHOUT = {"not_needed", "waived"}
# Of what an answering service says of itself, the part a person reads; ids are for programs.
_SAID = ("unit", "alias", "held_until", "centre", "reason")


@dataclass(frozen=True)
class LegLine:
    leg: str
    state: str
    overdue: bool
    seconds: float | None
    """From asking until this state was reached; None while it waits."""
    detail: str


def lines_of(incident: Mapping[str, Any]) -> list[LegLine]:
    """The legs that somebody asked for, also if waived since, in the order of CONTRACT."""
    return [_line(name, leg) for name, leg in incident["legs"].items() if leg["state"] != "not_needed"]


def missing(incident: Mapping[str, Any], goal: Goal) -> list[str]:
    """The needed legs that did not get as far as the goal."""
    return [
        name
        for name, leg in incident["legs"].items()
        if leg["state"] not in _ENDED_WITHOUT and _RANKS.get(leg["state"], 0) < _RANKS[goal]
    ]


def _line(name: str, leg: Mapping[str, Any]) -> LegLine:
    said = leg.get("detail") or {}
    detail = ", ".join(f"{word} {said[word]}" for word in _SAID if said.get(word))
    reached = leg.get(f"{leg['state']}_at")
    seconds = _between(leg["asked_at"], reached) if reached and leg.get("asked_at") else None
    return LegLine(name, leg["state"], bool(leg.get("overdue")), seconds, detail)


def _between(earlier: str, later: str) -> float:
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()
