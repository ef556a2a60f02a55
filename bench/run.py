"""One run of the benchmark: a stack of its own, load at a rate, and the figures."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import psutil

from bench import figures, limits
from bench.watching import Watcher
from deploy.embedded.layout import Layout
from deploy.embedded.state import StackState
from deploy.traffic.api import Api
from deploy.traffic.open_loop import Due, Sent, send_all
from deploy.traffic.outcomes import judge, percentiles, wait_until_settled
from shared.ids import new_id

_SETTLE_SECONDS = 60.0
_WARM_UP = 40


@dataclass(frozen=True)
class Plan:
    """How much is sent: incidents a second, for so many seconds."""

    rate: float
    seconds: float
    seed: int

    @property
    def incidents(self) -> int:
        """How many incidents that makes."""
        return int(self.rate * self.seconds)


def calls(plan: Plan, municipalities: list[str]) -> Iterator[Due]:
    """Make families of different size in places all over the jurisdiction, evenly spaced in time."""
    chance = random.Random(plan.seed)
    for number in range(plan.incidents):
        yield Due(number / plan.rate, _body(chance, municipalities), f"{number}")


def _body(chance: random.Random, municipalities: list[str]) -> dict[str, Any]:
    home, his = chance.choice(municipalities), chance.choice(municipalities)
    children = [{"age": chance.randrange(12), "sex": "f", "where": "with_victim"} for _ in range(chance.randrange(3))]
    return {
        "channel": "emergency_112",
        "call": "live",
        "location": {"municipality": home},
        "victim": {"adults": [{"sex": "f"}], "children": children, "languages": ["bg"], "decision_shelter": "accepts"},
        "perpetrators": [{"municipality": his, "present": chance.choice(["yes", "no"])}],
        "risk": {"instrument": "lap", "answers": {"1": chance.choice(["yes", "no", "not_answered"])}},
        "needs": {"police": True, "shelter": True, "centre": True},
        "consent": {"share_with_centre": True, "scope": "contact_and_story"},
        "narrative": "Benchmark: nobody is meant.",
    }


async def load(
    api: Api, plan: Plan, municipalities: list[str], tell: Callable[[Sent], None]
) -> tuple[list[Sent], dict[str, float], dict[str, dict[str, Any]]]:
    """Send the plan and watch; return what was sent, when answers were seen, and the incidents at the end."""
    run = new_id()
    warm = Plan(rate=20, seconds=_WARM_UP / 20, seed=plan.seed + 1)
    await wait_until_settled(api, await send_all(api, calls(warm, municipalities), f"{run}-warm"), _SETTLE_SECONDS)
    watcher = Watcher(api)
    watching = asyncio.create_task(watcher.run())
    await asyncio.sleep(0.5)
    sent = await send_all(api, calls(plan, municipalities), run, tell=tell)
    known = await wait_until_settled(api, sent, _SETTLE_SECONDS)
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
    return sent, watcher.answered_at, known


async def measure(
    api: Api, layout: Layout, plan: Plan, municipalities: list[str], tell: Callable[[Sent], None]
) -> dict[str, Any]:
    """Run the plan on a running stack and return the report."""
    state = StackState.read(layout)
    if state is None:
        raise RuntimeError(f"no stack runs on {layout.folder}")
    raw = await asyncio.to_thread(limits.measure, layout.folder)
    before, own_before, began = figures.read(state), psutil.Process().cpu_times(), time.monotonic()
    sent, answered_at, known = await load(api, plan, municipalities, tell)
    wall = time.monotonic() - began
    after, own_after = figures.read(state), psutil.Process().cpu_times()
    table = judge(sent, known)
    waits = [(answered_at[s.incident] - s.due) * 1000 for s in sent if s.incident in answered_at]
    count = max(1, table.accepted + _WARM_UP)
    parts = {name: _part(before[name], figure, count) for name, figure in after.items() if name in before}
    commits = sum(part["commits"] for part in parts.values())
    messages = sum(part["published"] for part in parts.values())
    return {
        "plan": {"rate": plan.rate, "seconds": plan.seconds, "incidents": plan.incidents, "seed": plan.seed},
        "machine": {"cores": psutil.cpu_count(), "memory_mb": round(psutil.virtual_memory().total / 1024**2)},
        "raw": {
            "commits_per_second": round(raw.commits_per_second),
            "messages_per_second": round(raw.messages_per_second),
        },
        "outcome": table.as_json(),
        "seen_all_answered_ms": percentiles(waits),
        "seen": len(waits),
        "per_incident": {
            "commits": round(commits / count, 2),
            "messages": round(messages / count, 2),
            "cpu_ms": round(sum(part["cpu_ms_per_incident"] for part in parts.values()), 2),
        },
        "share_of_raw": {
            "commits": round(commits / wall / raw.commits_per_second, 3),
            "messages": round(messages / wall / raw.messages_per_second, 3),
        },
        "load_generator_cpu_ms_per_incident": round(
            (own_after.user + own_after.system - own_before.user - own_before.system) * 1000 / count, 2
        ),
        "parts": parts,
        "wall_seconds": round(wall, 1),
    }


def _part(before: figures.PartFigures, after: figures.PartFigures, incidents: int) -> dict[str, Any]:
    def grown(name: str) -> float:
        return after.counters.get(name, 0) - before.counters.get(name, 0)

    return {
        "memory_mb": round(after.memory_mb, 1),
        "cpu_ms_per_incident": round((after.cpu_seconds - before.cpu_seconds) * 1000 / incidents, 2),
        "commits": int(grown("zakrila_commits_total")),
        "inputs": int(grown("zakrila_inputs_total")),
        "published": int(grown("zakrila_published_total")),
        "consumed": int(grown("zakrila_consumed_total")),
    }
