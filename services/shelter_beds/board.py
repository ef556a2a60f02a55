"""The live availability board in Valkey: counts that may be lost, wiped or wrong-shaped at any moment.

The store is the truth. After every commit that changed rooms they are counted anew and written to the board; until
that is done this process counts from the store for whoever asks. Another replica may be some seconds behind.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import structlog
from pydantic import ValidationError
from redis.asyncio import Redis
from redis.exceptions import RedisError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from services.shelter_beds.commands.availability import Board, board
from shared.contracts.events import ROOM
from shared.service import Chassis
from shared.storage.ledger import Committed

log = structlog.get_logger()

Read = Callable[[Callable[[Connection], Board]], Awaitable[Board]]
"""Runs a query on the store, off the event loop."""

_SECONDS_KEPT = 15
_SECONDS_TO_ANSWER = 0.1
_REST_SECONDS = 1.0
"""How long a cache that did not answer is left alone."""
_COUNT_EVERY_SECONDS = 0.25
_KEY = "zakrila:shelter_beds:board"


class AvailabilityBoard:
    """Counts of rooms, by jurisdiction and whether real or shadow."""

    def __init__(self, url: str) -> None:
        options: dict[str, Any] = {"socket_timeout": _SECONDS_TO_ANSWER, "socket_connect_timeout": _SECONDS_TO_ANSWER}
        self._valkey = Redis.from_url(url, **options)
        self._rest_until = 0.0
        self._settled: set[tuple[str, bool]] = set()
        """What stands on the board as this process last counted it, or another since."""
        self._changed: set[str] = set()
        self._wake = asyncio.Event()

    def committed(self, rows: Sequence[Committed]) -> None:
        """Distrust the board where a room changed."""
        changed = {str(each.row["jurisdiction"]) for each in rows if each.row["type"].startswith(ROOM.prefix)}
        if changed:
            self._changed |= changed
            self._settled -= {(code, shadow) for code in changed for shadow in (False, True)}
            self._wake.set()

    async def keep(self, chassis: Chassis) -> None:
        """Bring the board up to date after every commit, until the service stops."""

        async def read(query: Callable[[Connection], Board]) -> Board:
            def run() -> Board:
                with chassis.store.reading() as connection:
                    return query(connection)

            return await asyncio.to_thread(run)

        chassis.runner.on_commit(self.committed)
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                changed, self._changed = self._changed, set()
                try:
                    for jurisdiction in sorted(changed):
                        for shadow in (False, True):
                            await self._count(jurisdiction, read, shadow=shadow)
                except SQLAlchemyError as error:
                    log.warning("rooms cannot be counted", error=type(error).__name__)
                await asyncio.sleep(_COUNT_EVERY_SECONDS)
        finally:
            await self._valkey.aclose()

    async def answers(self) -> bool:
        """Say whether the cache answers."""
        try:
            return bool(await self._valkey.ping())
        except (RedisError, OSError):
            return False

    async def of(self, jurisdiction: str, read: Read, *, shadow: bool) -> Board:
        """Return the counts of a jurisdiction, from the board if it can be trusted, else from the store."""
        if (jurisdiction, shadow) in self._settled:
            kept = await self._kept(jurisdiction, shadow=shadow)
            if kept is not None:
                return kept
        return await self._count(jurisdiction, read, shadow=shadow)

    async def _count(self, jurisdiction: str, read: Read, *, shadow: bool) -> Board:
        place = (jurisdiction, shadow)
        self._settled.add(place)  # a commit during the count takes it out again
        counted = await read(lambda connection: board(connection, jurisdiction, shadow=shadow))
        if not await self._put(place, counted):
            self._settled.discard(place)
        return counted

    async def _kept(self, jurisdiction: str, *, shadow: bool) -> Board | None:
        if time.monotonic() < self._rest_until:
            return None
        try:
            kept = await self._valkey.get(_key(jurisdiction, shadow=shadow))
            return Board.model_validate_json(kept) if kept else None
        except (RedisError, OSError) as error:
            self._rest(error)
        except ValidationError:
            log.warning("the board holds something else", jurisdiction=jurisdiction)
        return None

    async def _put(self, place: tuple[str, bool], counted: Board) -> bool:
        if time.monotonic() < self._rest_until:
            return False
        jurisdiction, shadow = place
        try:
            await self._valkey.set(_key(jurisdiction, shadow=shadow), counted.model_dump_json(), ex=_SECONDS_KEPT)
        except (RedisError, OSError) as error:
            self._rest(error)
            return False
        return True

    def _rest(self, error: Exception) -> None:
        self._rest_until = time.monotonic() + _REST_SECONDS
        log.warning("the board is away", error=type(error).__name__)


def _key(jurisdiction: str, *, shadow: bool) -> str:
    return f"{_KEY}:{jurisdiction}:{'shadow' if shadow else 'real'}"
