"""Figures for whoever leads the shift: today and the last thirty days, without drills and without anything personal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.intake.store import areas, counted
from services.intake.store.counted import STEPS
from shared.contracts.vocabulary import LegKind
from shared.window import Window

PRIORITIES = (1, 2, 3)
_COUNTED = ("asked", "late", "late_else", "unmet")


def figures(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    """Return what happened to incidents and their promises in a time.

    Args:
        connection: where to read.
        window: the time.
        mine: the mechanisms of the one who looks.
    """
    incidents = counted.incidents_by_hour(connection, window, mine)
    legs = counted.legs_by_hour(connection, window, mine)
    whole = counted.answer_times(connection, window, mine, window.starts[:1])
    parts = counted.answer_times(connection, window, mine, window.starts)
    return {
        "days": window.days,
        "zone": window.zone.key,
        "since": window.since,
        "until": window.now,
        "incidents": _incidents(incidents, window),
        "legs": {kind.value: _leg(kind, legs, whole, parts, window) for kind in LegKind},
        "targets": _targets(connection, mine),
    }


def _incidents(rows: Sequence[RowMapping], window: Window) -> dict[str, Any]:
    by_hour: Counter[tuple[int, int]] = Counter()
    by_day: Counter[tuple[date, int]] = Counter()
    for row in rows:
        by_hour[window.hour_of_day(row["hour"]), row["priority"]] += row["many"]
        by_day[window.day_of(row["hour"]), row["priority"]] += row["many"]

    def each(counts: Counter[Any], place: Any) -> dict[str, int]:
        return {f"priority_{priority}": counts[place, priority] for priority in PRIORITIES}

    return {
        "all": sum(by_day.values()),
        "by_hour": [{"hour": hour, **each(by_hour, hour)} for hour in range(24)],
        "by_day": [{"day": day, **each(by_day, day)} for day in window.dates],
    }


def _leg(
    kind: LegKind, rows: Iterable[RowMapping], whole: Iterable[RowMapping], parts: Iterable[RowMapping], window: Window
) -> dict[str, Any]:
    by_day: Counter[tuple[date, str]] = Counter()
    for row in rows:
        if row["kind"] == kind:
            for name in _COUNTED:
                by_day[window.day_of(row["hour"]), name] += row[name]
    return {
        **{name: sum(by_day[day, name] for day in window.dates) for name in _COUNTED},
        "by_day": [{"day": day, **{name: by_day[day, name] for name in _COUNTED}} for day in window.dates],
        **{step: _times(kind, step, whole).get(0) for step in STEPS},
        "times": [
            {"from": start, **{step: _times(kind, step, parts).get(part) for step in STEPS}}
            for part, start in enumerate(window.starts)
        ],
    }


def _times(kind: LegKind, step: str, rows: Iterable[RowMapping]) -> Mapping[int, dict[str, Any]]:
    """Return how long a step took, by part; a part in which none was taken is left out."""
    return {
        row["part"]: {"many": row["many"], "p50": row["p50"], "p90": row["p90"]}
        for row in rows
        if (row["kind"], row["step"]) == (kind, step)
    }


def _targets(connection: Connection, mine: Collection[str]) -> dict[str, dict[str, int]]:
    """Return the seconds aimed at for each step, where whoever looks has one mechanism and so one set of them."""
    if len(mine) != 1:
        return {}
    deadlines = areas.area(connection, next(iter(mine))).deadlines
    answered = {kind.value: getattr(deadlines, f"{kind}_answered") for kind in LegKind}
    # A deadline runs from the step before; here both are counted from when the promise was asked for.
    return {
        kind.value: {
            "answered": answered[kind.value],
            "accepted": answered[kind.value] + getattr(deadlines, f"{kind}_accepted"),
        }
        for kind in LegKind
    }
