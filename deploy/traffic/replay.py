"""Replaying a call log against a running stack: the calls when they are due, people who answer, and the outcome."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from deploy.call_logs.read import Call
from deploy.traffic.actors import Actor
from deploy.traffic.api import Api
from deploy.traffic.open_loop import Due, Sent, send_all
from deploy.traffic.outcomes import Outcomes, judge, wait_until_settled
from shared.ids import new_id

SETTLE_SECONDS = 60.0
"""How long after the last call a leg may still wait before it counts as lost."""


@dataclass(frozen=True)
class Pace:
    """How fast: so many times faster than the log (``speed``), or so many calls a second (``rate``)."""

    speed: float = 600.0
    rate: float | None = None

    def due(self, number: int, offset: float) -> float:
        """Return when a call is sent, in seconds after the start; ``offset`` is the log's."""
        return number / self.rate if self.rate else offset / self.speed


def schedule(calls: Iterable[Call], pace: Pace, limit: int | None) -> Iterator[Due]:
    """Return the calls with their times."""
    for number, call in enumerate(islice(calls, limit)):
        yield Due(pace.due(number, call.offset), call.body, f"line-{call.line}")


async def replay(
    api: Api,
    calls: Iterable[Due],
    actors: Iterable[Actor],
    *,
    tell_sent: Callable[[Sent], None] = lambda _sent: None,
    tell_settled: Callable[[int], None] = lambda _settled: None,
) -> Outcomes:
    """Send the calls while the actors act; return the closing table."""
    acting = [asyncio.create_task(actor.run()) for actor in actors]
    try:
        sent = await send_all(api, calls, f"replay-{new_id()}", tell=tell_sent)
        known = await wait_until_settled(api, sent, SETTLE_SECONDS, tell_settled)
    finally:
        for task in acting:
            task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.gather(*acting, return_exceptions=True)
    return judge(sent, known)
