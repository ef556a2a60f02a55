"""Figures for whoever leads the shift: handovers by state, how fast centres answer, how often others were called."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.notify.store import counted
from services.notify.store.counted import STEPS
from shared.contracts.vocabulary import HandoverState
from shared.window import Window


def figures(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    """Return what happened to handovers in a time; drills are left out.

    Args:
        connection: where to read.
        window: the time.
        mine: the mechanisms of the one who looks.
    """
    states = {row["state"]: row["handovers"] for row in counted.handovers_by_state(connection, window, mine)}
    calls: Counter[date] = Counter()
    for row in counted.escalations_by_hour(connection, window, mine):
        calls[window.day_of(row["hour"])] += row["times"]
    whole = {row["step"]: _times(row) for row in counted.answer_times(connection, window, mine)}
    return {
        "days": window.days,
        "zone": window.zone.key,
        "since": window.since,
        "until": window.now,
        "states": {state.value: states.get(state.value, 0) for state in HandoverState},
        **{step: whole.get(step) for step in STEPS},
        "by_centre": _by_centre(connection, window, mine),
        "escalations": {
            "all": sum(calls.values()),
            "by_day": [{"day": day, "times": calls[day]} for day in window.dates],
        },
    }


def _by_centre(connection: Connection, window: Window, mine: Collection[str]) -> list[dict[str, Any]]:
    """Return each centre's times, the slowest to acknowledge first."""
    found: dict[str, dict[str, Any]] = {}
    for row in counted.answer_times(connection, window, mine, "centre"):
        centre = found.setdefault(row["centre"], {"centre": row["centre"], **dict.fromkeys(STEPS)})
        centre[row["step"]] = _times(row)
    names = counted.centre_names(connection, list(found))
    slowest = sorted(found.values(), key=lambda each: (-(each[STEPS[0]] or {"p90": 0})["p90"], each["centre"]))
    return [{**each, "name": names.get(each["centre"], {})} for each in slowest]


def _times(row: RowMapping) -> dict[str, Any]:
    return {name: row[name] for name in ("many", "p50", "p90")}
