"""Simulated crews and staff: they acknowledge, arrive, confirm and clear with stated delays, as people would.

Each actor follows its service's live stream with a real account and makes the next move of whatever it hears of.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from deploy.traffic.api import Api, OutOfPatience, Refusal

_HOUR = 3600.0


@dataclass(frozen=True)
class Delays:
    """How long people take for each move, in seconds of the log's time."""

    acknowledge_job: float = 15
    leave: float = 30
    reach_scene: float = 420
    on_scene: float = 900
    transport: float = 1800
    clear: float = 300
    confirm_hold: float = 180
    arrive: float = 3600
    stay: float = 24 * _HOUR
    acknowledge_handover: float = 60
    accept_handover: float = 240
    complete_handover: float = 24 * _HOUR

    def sentence(self) -> str:
        """Say the delays, for people."""
        return ", ".join(f"{item.name.replace('_', ' ')} {_words(getattr(self, item.name))}" for item in fields(self))


def _words(seconds: float) -> str:
    if seconds >= _HOUR:
        return f"{seconds / _HOUR:g} h"
    return f"{seconds / 60:g} min" if seconds >= 60 else f"{seconds:g} s"  # noqa: PLR2004  # a minute


@dataclass(frozen=True)
class Move:
    """What an actor does about something it heard: after a delay, one request."""

    after: float
    path: str
    body: Mapping[str, Any] | None = None


Choose = Callable[[str, str], Awaitable[Move | None]]
"""From the step heard and the entity, the next move."""


class Actor:
    """One account that does its part."""

    def __init__(self, api: Api, service: str, choose: Choose, speed: float) -> None:
        self._api = api
        self._service = service
        self._choose = choose
        self._speed = speed
        self._moves: set[asyncio.Task[None]] = set()
        self.made = 0
        self.refused = 0

    async def run(self, pending: Sequence[tuple[str, str]] = ()) -> None:
        """Act until cancelled, beginning with what was pending: pairs of step and entity."""
        try:
            for step, entity in pending:
                self._begin(step, entity, f"{entity}-{step}-pending")
            async for event in self._api.events(f"/{self._service}/api/stream"):
                self._begin(event.type.rpartition(".")[2], event.entity, f"{self._service}-{event.id}")
        finally:
            for move in self._moves:
                move.cancel()

    def _begin(self, step: str, entity: str, key: str) -> None:
        task = asyncio.create_task(self._act(step, entity, key))
        self._moves.add(task)
        task.add_done_callback(self._moves.discard)

    async def _act(self, step: str, entity: str, key: str) -> None:
        try:
            move = await self._choose(step, entity)
            if move is None:
                return
            await asyncio.sleep(move.after / self._speed)
            await self._api.post(move.path, move.body, key=key)
            self.made += 1
        except Refusal:
            self.refused += 1  # somebody else moved first, or it ended meanwhile: as in life
        except OutOfPatience:
            self.refused += 1


def crew(api: Api, delays: Delays) -> Choose:
    """Return how crews act; a dispatcher's account does it for all of a station's."""
    simple = {
        "assigned": ("acknowledge", delays.acknowledge_job),
        "reassigned": ("acknowledge", delays.acknowledge_job),
        "acknowledged": ("en-route", delays.leave),
        "en_route": ("on-scene", delays.reach_scene),
        "transporting": ("delivered", delays.transport),
    }

    async def choose(step: str, job: str) -> Move | None:
        path = f"/dispatch/api/jobs/{job}"
        if step in simple:
            verb, after = simple[step]
            return Move(after, f"{path}/{verb}")
        if step == "on_scene":
            placement = (await api.get(path)).get("placement") or {}
            if placement.get("state") in {"held", "confirmed"}:
                return Move(delays.on_scene, f"{path}/transporting")
            return Move(delays.on_scene, f"{path}/clear", {"reason": "settled_on_scene"})
        if step == "delivered":
            return Move(delays.clear, f"{path}/clear", {"reason": "family_delivered"})
        return None

    return choose


def shelter_staff(delays: Delays) -> Choose:
    """Return how a shelter's staff act."""

    async def choose(step: str, placement: str) -> Move | None:
        path = f"/shelter-beds/api/placements/{placement}"
        if step == "held":
            point = {"kind": "public_place", "text": "пред читалището"}
            return Move(delays.confirm_hold, f"{path}/confirm", {"meeting_point": point})
        if step == "confirmed":
            return Move(delays.arrive, f"{path}/arrive")
        if step == "arrived":
            return Move(delays.stay, f"{path}/depart", {"reason": "moved_on"})
        return None

    return choose


def centre_staff(delays: Delays) -> Choose:
    """Return how a centre's staff act."""
    moves = {
        "offered": ("acknowledge", delays.acknowledge_handover),
        "escalated": ("acknowledge", delays.acknowledge_handover),
        "acknowledged": ("accept", delays.accept_handover),
        "accepted": ("complete", delays.complete_handover),
    }

    async def choose(step: str, handover: str) -> Move | None:
        if step not in moves:
            return None
        verb, after = moves[step]
        return Move(after, f"/notify/api/handovers/{handover}/{verb}")

    return choose
