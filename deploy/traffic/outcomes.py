"""What became of every accepted incident: each leg answered, unmet with its reason, overdue, or lost."""

from __future__ import annotations

import asyncio
import math
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from deploy.traffic.api import Api
from deploy.traffic.open_loop import Sent

LEGS = ("police", "shelter", "centre")
FIELDS = ("answered", "unmet", "overdue", "lost")
_SETTLED = {"answered", "accepted", "done", "unmet", "waived"}
_EVERY_SECONDS = 1.0


@dataclass
class Outcomes:
    """The closing table of a run."""

    incidents: int = 0
    accepted: int = 0
    lost: int = 0
    refused: list[str] = field(default_factory=list)
    legs: dict[str, dict[str, int]] = field(default_factory=lambda: {leg: dict.fromkeys(FIELDS, 0) for leg in LEGS})
    reasons: Counter[str] = field(default_factory=Counter)
    accepted_ms: list[float] = field(default_factory=list)
    all_answered_ms: list[float] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        """Return the table as CONTRACT names it, with the reasons of unmet legs besides."""
        return {
            "incidents": self.incidents,
            "accepted": self.accepted,
            "lost": self.lost,
            "legs": self.legs,
            "latency_ms": {
                "accepted": percentiles(self.accepted_ms),
                "all_answered": percentiles(self.all_answered_ms),
            },
            "unmet_reasons": dict(self.reasons),
            "refused": len(self.refused),
        }


def percentiles(values: Sequence[float]) -> dict[str, float | None]:
    """Return p50, p95, p99 (nearest rank) and the maximum, in the unit of the values."""
    ordered = sorted(values)

    def rank(share: float) -> float | None:
        return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1) if ordered else None

    return {"p50": rank(0.5), "p95": rank(0.95), "p99": rank(0.99), "max": rank(1.0)}


async def wait_until_settled(
    api: Api, sent: Iterable[Sent], seconds: float, tell: Callable[[int], None] = lambda _settled: None
) -> dict[str, dict[str, Any]]:
    """Read the incidents until no needed leg waits any more, or time is over; return them as last read."""
    wanted = {one.incident for one in sent if one.incident}
    deadline = time.monotonic() + seconds
    known: dict[str, dict[str, Any]] = {}
    while True:
        waiting = wanted - {each for each, incident in known.items() if is_settled(incident)}
        known |= await read_incidents(api, waiting)
        settled = sum(is_settled(incident) for incident in known.values())
        tell(settled)
        if settled == len(wanted) or time.monotonic() > deadline:
            return known
        await asyncio.sleep(_EVERY_SECONDS)


async def read_incidents(api: Api, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """Read incidents through the list, youngest first, until all that are wanted were seen."""
    found: dict[str, dict[str, Any]] = {}
    async for incident in api.pages("/intake/api/incidents"):
        if incident["id"] in wanted:
            found[incident["id"]] = incident
            if len(found) == len(wanted):
                break
    return found


def is_settled(incident: dict[str, Any]) -> bool:
    """Say whether every needed leg of an incident was answered, or is unmet with its reason."""
    return all(leg["state"] in _SETTLED for leg in incident["legs"].values() if leg["state"] != "not_needed")


def judge(sent: Sequence[Sent], known: dict[str, dict[str, Any]]) -> Outcomes:
    """Return the closing table."""
    table = Outcomes(incidents=len(sent))
    for one in sent:
        if one.refused is not None:
            table.refused.append(f"{one.name}: {one.refused}")
        if one.incident is None or one.accepted_ms is None:
            continue
        table.accepted += 1
        table.accepted_ms.append(one.accepted_ms)
        incident = known.get(one.incident)
        if incident is None:
            table.lost += 1
            for leg in LEGS:
                table.legs[leg]["lost"] += 1
            continue
        _judge_legs(table, one, incident)
    return table


def _judge_legs(table: Outcomes, one: Sent, incident: dict[str, Any]) -> None:
    lost = False
    for name, leg in incident["legs"].items():
        if leg["state"] == "not_needed":
            continue
        row = table.legs[name]
        row["overdue"] += bool(leg["overdue"])
        if leg["answered_at"] is not None or leg["state"] in {"answered", "accepted", "done"}:
            row["answered"] += 1
        elif leg["state"] in {"unmet", "waived"}:
            row["unmet"] += 1
            table.reasons[f"{name}: {leg['detail'].get('reason', leg['state'])}"] += 1
        else:
            row["lost"] += 1
            lost = True
    table.lost += lost
    answered = [leg["answered_at"] for leg in incident["legs"].values() if leg["answered_at"]]
    needed = [leg for leg in incident["legs"].values() if leg["state"] != "not_needed"]
    if needed and len(answered) == len(needed) and one.accepted_ms is not None:
        last = max(map(_moment, answered)) - _moment(incident["raised_at"])
        table.all_answered_ms.append(one.accepted_ms + max(0.0, last.total_seconds() * 1000))


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
