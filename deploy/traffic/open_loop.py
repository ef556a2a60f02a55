"""Incidents sent when they are due, whether or not the ones before were answered: as people call."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from deploy.traffic.api import Api, OutOfPatience, Refusal

_MOST_UNDER_WAY = 500


@dataclass(frozen=True)
class Due:
    """One call: when it comes (seconds after the start) and what is said."""

    at: float
    body: Mapping[str, Any]
    name: str
    """How it is called in messages, and the tail of its idempotency key."""


@dataclass
class Sent:
    """What became of one call at the door."""

    name: str
    due: float
    """Monotonic seconds."""
    incident: str | None = None
    accepted_ms: float | None = None
    """From when it was due to the answer 201."""
    refused: str | None = None


async def send_all(
    api: Api, calls: Iterable[Due], run: str, *, tell: Callable[[Sent], None] = lambda _sent: None
) -> list[Sent]:
    """Send every call when it is due; return what became of each, in the order of the calls.

    Args:
        api: an operator's way in.
        calls: ordered by time.
        run: name of this run; the same run sent again raises nothing twice.
        tell: told of each call that is settled.
    """
    started = time.monotonic()
    room = asyncio.Semaphore(_MOST_UNDER_WAY)
    sent: list[Sent] = []
    tasks: set[asyncio.Task[None]] = set()

    async def send(call: Due, one: Sent) -> None:
        try:
            answer = await api.post("/intake/api/incidents", call.body, key=f"{run}-{call.name}")
            one.incident = answer["id"]
            one.accepted_ms = (time.monotonic() - one.due) * 1000
        except (Refusal, OutOfPatience) as error:
            one.refused = str(error)
        finally:
            room.release()
            tell(one)

    for call in calls:
        due = started + call.at
        wait = due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await room.acquire()
        one = Sent(call.name, due)
        sent.append(one)
        task = asyncio.create_task(send(call, one))
        tasks.add(task)
        task.add_done_callback(tasks.discard)
    await asyncio.gather(*tasks)
    return sent
