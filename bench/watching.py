"""When all three answers of an incident can be seen: as an operator's page would see them, after intake's commit."""

from __future__ import annotations

import asyncio
import time

from deploy.traffic.api import Api, OutOfPatience, Refusal

_ANSWERED = {"answered", "accepted", "done", "unmet"}


class Watcher:
    """Follows intake's live stream and looks at an incident once its legs have moved."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._moves: dict[str, int] = {}
        self._looking: set[asyncio.Task[None]] = set()
        self.answered_at: dict[str, float] = {}
        """Monotonic seconds, by incident."""

    async def run(self) -> None:
        """Watch for ever."""
        async for event in self._api.events("/intake/api/stream"):
            if event.type != "intake.leg.changed" or event.entity in self.answered_at:
                continue
            moves = self._moves[event.entity] = self._moves.get(event.entity, 0) + 1
            if moves >= 3:  # noqa: PLR2004  # before three moves three answers cannot be there
                task = asyncio.create_task(self._look(event.entity, time.monotonic()))
                self._looking.add(task)
                task.add_done_callback(self._looking.discard)

    async def _look(self, incident: str, seen_at: float) -> None:
        try:
            shown = await self._api.get(f"/intake/api/incidents/{incident}")
        except (Refusal, OutOfPatience):
            return
        if all(leg["state"] in _ANSWERED for leg in shown["legs"].values()):
            self.answered_at.setdefault(incident, seen_at)
