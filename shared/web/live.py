"""Live changes: one tail of the outbox per process, told to every open page that may know (server-sent events).

Event ids are the outbox's, read from the store, so a page that was cut off resumes with ``Last-Event-ID`` at any
replica with nothing missed.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import structlog
from fastapi import Request
from fastapi.responses import StreamingResponse
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.engine import Store

log = structlog.get_logger()

Tags = Callable[[Account], frozenset[str]]
"""What an account may be told of, as tags; a row is told to whoever shares one of its tags."""

_OUTBOX = kernel.outbox
_KEPT_IN_MEMORY = 2_000
_AT_ONCE = 500
_OTHER_REPLICAS_SECONDS = 1.0
_KEEP_ALIVE_SECONDS = 15.0
_ASKS_AGAIN_SECONDS = 2.0
"""How often a quiet stream asks whether its account may still follow it: a sign-out is known within five seconds."""


@dataclass(frozen=True)
class Change:
    id: int
    type: str
    entity: str
    version: int
    audience: frozenset[str]

    def encoded(self) -> bytes:
        """Return the change as a server-sent event."""
        data = orjson.dumps({"id": self.entity, "version": self.version})
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.id, self.type.encode(), data)


class Feed:
    """The newest changes of one service."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._recent: deque[Change] = deque(maxlen=_KEPT_IN_MEMORY)
        self._last = 0
        self._committed = asyncio.Event()
        self._told = asyncio.Condition()

    def wake(self, _committed: Sequence[Any] = ()) -> None:
        """Look into the store now: something was committed."""
        self._committed.set()

    async def run(self) -> None:
        """Follow the outbox for ever."""
        self._last = await asyncio.to_thread(self._newest)
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._committed.wait(), _OTHER_REPLICAS_SECONDS)
            self._committed.clear()
            try:
                changes = await asyncio.to_thread(self._read, self._last)
            except SQLAlchemyError as error:
                log.warning("live changes cannot be read", error=type(error).__name__)
                continue
            if changes:
                self._last = changes[-1].id
                self._recent.extend(changes)
                async with self._told:
                    self._told.notify_all()
            if len(changes) == _AT_ONCE:
                self._committed.set()

    async def follow(
        self, tags: frozenset[str], last_seen: int | None, still_allowed: Callable[[], bool]
    ) -> AsyncIterator[bytes]:
        """Yield events for one page, from ``last_seen`` on or from now, until its account may not see them any more."""
        newest = await asyncio.to_thread(self._newest)  # before the first word: whoever reads it may count on the rest
        position = newest if last_seen is None else last_seen
        yield b": connected\n\n"
        if last_seen is not None and await asyncio.to_thread(self._is_gone, last_seen):
            yield b"id: %d\nevent: reset\ndata: {}\n\n" % newest
            position = newest
        spoke = time.monotonic()
        while still_allowed():
            for change in await self._after(position):
                position = change.id
                if change.audience & tags:
                    yield change.encoded()
            try:
                async with self._told:
                    if self._last <= position:
                        await asyncio.wait_for(self._told.wait(), _ASKS_AGAIN_SECONDS)
            except TimeoutError:
                if time.monotonic() - spoke >= _KEEP_ALIVE_SECONDS:
                    spoke = time.monotonic()
                    yield b": still here\n\n"

    async def _after(self, position: int) -> Sequence[Change]:
        if position >= self._last:
            return ()
        if self._recent and self._recent[0].id <= position + 1:
            return [change for change in self._recent if change.id > position]
        return await asyncio.to_thread(self._read, position)

    def _read(self, after: int) -> list[Change]:
        columns = (
            _OUTBOX.c.id,
            _OUTBOX.c.type,
            _OUTBOX.c.entity,
            _OUTBOX.c.version,
            _OUTBOX.c.audience,
            _OUTBOX.c.told,
        )
        query = select(*columns).where(_OUTBOX.c.id > after).order_by(_OUTBOX.c.id).limit(_AT_ONCE)
        with self._store.reading() as connection:
            rows = connection.execute(query).all()
        # A row that is not told still moves the position on, so it is kept, for nobody.
        return [Change(r.id, r.type, r.entity, r.version, frozenset(r.audience if r.told else ())) for r in rows]

    def _newest(self) -> int:
        with self._store.reading() as connection:
            return int(connection.execute(select(func.max(_OUTBOX.c.id))).scalar() or 0)

    def _is_gone(self, position: int) -> bool:
        with self._store.reading() as connection:
            oldest, newest = connection.execute(select(func.min(_OUTBOX.c.id), func.max(_OUTBOX.c.id))).one()
        return position > (newest or 0) or position + 1 < (oldest or 0)


def stream(request: Request, feed: Feed, tags: frozenset[str], still_allowed: Callable[[], bool]) -> StreamingResponse:
    """Answer with the live changes that an account with these tags may know."""
    header = request.headers.get("last-event-id", "")
    last_seen = int(header) if header.isdecimal() else None
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(
        feed.follow(tags, last_seen, still_allowed), media_type="text/event-stream", headers=headers
    )
