"""Figures for whoever leads the shift: jobs by state, who waits, how often jobs change hands, how fast units answer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from datetime import date
from typing import Any

from sqlalchemy import Connection

from services.dispatch.store import counted
from services.dispatch.store.counted import GIVEN_ON
from shared.contracts.vocabulary import JobState
from shared.window import Window


def figures(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    """Return what happened to jobs in a time; drills are left out.

    Args:
        connection: where to read.
        window: the time.
        mine: the mechanisms of the one who looks.
    """
    return {
        "days": window.days,
        "zone": window.zone.key,
        "since": window.since,
        "until": window.now,
        **_jobs(connection, window, mine),
        "given_on": _given_on(connection, window, mine),
        "acknowledged": _whole(connection, window, mine),
        "by_station": _by_station(connection, window, mine),
    }


def _jobs(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    live = counted.live_jobs(connection, mine)
    states = Counter({row["state"]: row["jobs"] for row in counted.ended_jobs(connection, window, mine)})
    for row in live:
        states[row["state"]] += row["jobs"]
    waiting = [row for row in live if row["state"] == JobState.QUEUED]
    return {
        "states": {state.value: states[state.value] for state in JobState},
        "queued": {
            "jobs": sum(row["jobs"] for row in waiting),
            "by_priority": {str(p): sum(r["jobs"] for r in waiting if r["priority"] == p) for p in (1, 2, 3)},
            "oldest_raised_at": min((row["since"] for row in waiting), default=None),
        },
    }


def _given_on(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    times: Counter[tuple[date, str]] = Counter()
    for row in counted.given_on_by_hour(connection, window, mine):
        times[window.day_of(row["hour"]), row["type"].rpartition(".")[2]] += row["times"]
    steps = [each.rpartition(".")[2] for each in GIVEN_ON]
    by_day = [{"day": day, **{step: times[day, step] for step in steps}} for day in window.dates]
    return {**{step: sum(day[step] for day in by_day) for step in steps}, "by_day": by_day}


def _whole(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any] | None:
    rows = counted.acknowledgement_times(connection, window, mine)
    return next(({name: row[name] for name in ("many", "p50", "p90")} for row in rows if row["many"]), None)


def _by_station(connection: Connection, window: Window, mine: Collection[str]) -> list[dict[str, Any]]:
    """Return each station's times, the slowest first."""
    rows = counted.acknowledgement_times(connection, window, mine, "station")
    names = counted.station_names(connection, [row["station"] for row in rows])
    slowest = sorted(rows, key=lambda row: (-row["p90"], row["station"]))
    return [{**row, "name": names.get(row["station"], {})} for row in slowest]
