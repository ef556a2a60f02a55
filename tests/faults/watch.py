"""What an operator would see meanwhile: which incidents still wait, and whether lateness is shown in time (P2)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from deploy.traffic.api import Api, OutOfPatience, Refusal
from deploy.traffic.outcomes import is_settled, read_incidents
from shared.contracts.vocabulary import Service
from tests.faults.history import History, Silent
from tests.faults.promptness import LOUD_WITHIN, ready_again
from tests.faults.site import Site

_LOOK_SECONDS = 0.5
_PROBE_SECONDS = 0.25
_SLACK_SECONDS = 1.0
"""Between intake's answer and our reading it."""


class Watch:
    """Follows every accepted incident until each of its legs was answered."""

    def __init__(self, api: Api, site: Site, history: History) -> None:
        self._api = api
        self._site = site
        self._history = history
        self.waiting: dict[str, float] = {}
        """Incidents that still wait, and when each was accepted."""
        self.settled = 0
        self._first_seen: dict[tuple[str, str, float], float] = {}
        """When a deadline was first seen: what an answer says late, intake knows late."""

    def begin(self, incident: str) -> None:
        """Follow an incident from now on."""
        self.waiting[incident] = time.time()

    async def run(self) -> None:
        """Look for ever."""
        await asyncio.gather(self._look_at_incidents(), self._probe())

    async def _look_at_incidents(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Read the incidents that still wait, once."""
        asked_at = time.time()
        try:
            known = await read_incidents(self._api, set(self.waiting)) if self.waiting else {}
        except (Refusal, OutOfPatience):
            return
        for incident, shown in known.items():
            self._judge(shown, asked_at)
            if is_settled(shown) or shown["state"] == "cancelled":
                self.waiting.pop(incident, None)
                self.settled += 1

    def still_waiting(self, since: float) -> tuple[str, ...]:
        """Return who was accepted before a moment and still waits."""
        return tuple(incident for incident, at in self.waiting.items() if at <= since)

    def _judge(self, shown: Mapping[str, Any], asked_at: float) -> None:
        for kind, leg in shown["legs"].items():
            if leg["due_at"] is None or leg["overdue"]:
                continue
            due_at = datetime.fromisoformat(leg["due_at"]).timestamp()
            first_seen = self._first_seen.setdefault((shown["id"], kind, due_at), asked_at)
            allowed = max(first_seen, ready_again(self._history, due_at)) + LOUD_WITHIN + _SLACK_SECONDS
            if asked_at > allowed and not self._is_disturbed(asked_at):
                self._history.silent.append(Silent(shown["id"], kind, due_at, asked_at))

    def _is_disturbed(self, moment: float) -> bool:
        """Say whether intake is, or just was, hit by something: it may be late for so long."""
        return any(began <= moment <= ended + LOUD_WITHIN for began, ended in self._history.unready)

    async def _probe(self) -> None:
        """Note when intake is not ready."""
        while True:
            began = time.time()
            while not await self._site.ready(Service.INTAKE):  # noqa: ASYNC110  # another process
                await asyncio.sleep(_PROBE_SECONDS)
            ended = time.time()
            if ended - began > _PROBE_SECONDS:
                self._history.unready.append((began - _PROBE_SECONDS, ended))
            await asyncio.sleep(_PROBE_SECONDS)
