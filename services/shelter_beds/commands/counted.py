"""Figures for whoever leads the shift: how full shelters are, how old what is known of them is, who found no room.

A supervisor reads every list of shelters of the mechanism, so shelters stand here under their code names; where they
are stands nowhere (P6).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.shelter_beds.domain.areas import oldest
from services.shelter_beds.domain.matching import NO_SHELTER
from services.shelter_beds.domain.room import HELD
from services.shelter_beds.store import counted
from shared.contracts.vocabulary import RoomState
from shared.window import Window

SHOWN = (RoomState.OCCUPIED.value, HELD, RoomState.FREE.value, RoomState.OUT_OF_SERVICE.value)


def figures(connection: Connection, window: Window, mine: Collection[str]) -> dict[str, Any]:
    """Return rooms as they stand and the requests of a time that found none; drills are left out.

    Args:
        connection: where to read.
        window: the time.
        mine: the mechanisms of the one who looks.
    """
    denied = counted.denials(connection, window, mine)
    by_day = Counter(row["at"].astimezone(window.zone).date() for row in denied)
    return {
        "days": window.days,
        "zone": window.zone.key,
        "since": window.since,
        "until": window.now,
        "shelters": _shelters(counted.rooms_by_shelter(connection, mine), window.now),
        "denials": {
            "all": len(denied),
            "only_newest": len(denied) == counted.MOST_DENIALS,
            "by_reason": _by_reason(row["excluded"] for row in denied),
            "by_day": [{"day": day, "requests": by_day[day]} for day in window.dates],
        },
    }


def _shelters(rows: Iterable[RowMapping], now: datetime) -> list[dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for row in rows:
        shelter = found.setdefault(
            row["code"],
            {
                "shelter": row["code"],
                "code_name": row["code_name"],
                "jurisdiction": row["jurisdiction"],
                "rooms": 0,
                **dict.fromkeys(SHOWN, 0),
                "unconfirmed": 0,
                "oldest_confirmation": None,
                "stale_after": row["stale_room"],
            },
        )
        shelter["rooms"] += row["rooms"]
        shelter["unconfirmed"] += row["unconfirmed"]
        shelter[row["shown"]] += row["rooms"]
        shelter["oldest_confirmation"] = oldest((shelter["oldest_confirmation"], row["oldest"]))
    return [{**shelter, "confirmed_before": _seconds(shelter, now)} for shelter in found.values()]


def _seconds(shelter: Mapping[str, Any], now: datetime) -> float | None:
    """Return how old the oldest confirmation is, seconds; none while nobody has confirmed anything."""
    at = shelter["oldest_confirmation"]
    return None if at is None else max(0.0, (now - at).total_seconds())


def _by_reason(requests: Iterable[Mapping[str, int]]) -> list[dict[str, Any]]:
    """Count, for each rule, the requests in which it excluded a room, and the rooms; the most frequent first.

    A request with no room to look at found no shelter.
    """
    affected: Counter[str] = Counter()
    rooms: Counter[str] = Counter()
    for excluded in requests:
        affected.update(excluded.keys() or {NO_SHELTER})
        rooms.update(excluded)
    order = sorted(affected, key=lambda rule: (-affected[rule], rule))
    return [{"reason": rule, "requests": affected[rule], "rooms": rooms[rule]} for rule in order]
