"""Carrying the outbox to the bus, and noticing when the bus has lost what it was given (P1, P5).

What this process commits it publishes from memory; what it could not publish, or what another process left behind,
it claims from the store under a lease. Order on the bus is best effort: versions suffice.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from nats.errors import Error as NatsError
from sqlalchemy.exc import SQLAlchemyError

from shared.contracts.vocabulary import Service
from shared.errors import Unavailable
from shared.messaging import outbox_rows
from shared.messaging.bus import PUBLISH_SECONDS, Bus
from shared.messaging.topology import STREAM_KEPT
from shared.storage.engine import Store, cause_of
from shared.storage.ledger import Committed
from shared.storage.runner import PASSENGER, Runner
from shared.telemetry.metrics import BusMetrics
from shared.telemetry.tracing import SpanKind, Spans, Trace

log = structlog.get_logger()

_MOST_AT_ONCE = 128
_MOST_IN_MEMORY = 4_096
_CHECK_SECONDS = 10.0
_LEFTOVERS_SECONDS = 5.0
_OLD_AT_ONCE = 25
_OLD_EVERY_SECONDS = 0.25
"""How fast the last hour is said again after a loss: whoever hears it takes it in turn with what is new."""
_MOST_SUFFIXES = 9


@dataclass(frozen=True)
class _Published:
    event_id: str
    message_id: str
    seq: int


class Relay:
    """Publishes one service's outbox into its stream."""

    def __init__(
        self,
        service: Service,
        store: Store,
        runner: Runner,
        bus: Bus,
        lease: str,
        metrics: BusMetrics,
        spans: Spans | None = None,
    ) -> None:
        self._service = service
        self._store = store
        self._runner = runner
        self._bus = bus
        self._lease = lease
        self._metrics = metrics
        self._spans = spans
        self._fresh: deque[Mapping[str, Any]] = deque()
        self._wake = asyncio.Event()
        self._created = ""
        self._holes = 0
        """How many messages were known to be missing within the stream at the last look."""
        self._top = 0
        self._checked_epoch = 0
        self._checked_at = 0.0
        self._looked_at = 0.0
        self._left_behind = True
        self._marking: set[asyncio.Task[None]] = set()
        runner.on_commit(self._offer)
        bus.on_connect(self._wake.set)

    def _offer(self, committed: Sequence[Committed]) -> None:
        """Take over what was just committed; it is leased to this process already."""
        rows = [item.row for item in committed if item.row["body"] is not None]
        if not self._bus.connected or len(self._fresh) + len(rows) > _MOST_IN_MEMORY:
            self._left_behind = self._left_behind or bool(rows)
        else:
            self._fresh.extend(rows)
        self._wake.set()

    async def run(self) -> None:
        """Publish for ever."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), 1.0)
            self._wake.clear()
            self._metrics.connected.set(self._bus.connected)
            if not self._bus.connected:
                self._drop_memory()
                continue
            try:
                await self._work()
            except (NatsError, OSError, TimeoutError, Unavailable, SQLAlchemyError) as error:
                self._metrics.publish_failed.inc()
                log.warning("publishing must wait", detail=cause_of(error))
                self._drop_memory()
                await asyncio.sleep(0.25)
                self._wake.set()

    async def drain(self, seconds: float) -> None:
        """Wait until everything this process committed is published, at most for so long."""
        deadline = time.monotonic() + seconds
        while (self._fresh or self._marking) and self._bus.connected and time.monotonic() < deadline:  # noqa: ASYNC110  # once, at the end: no event is worth having
            await asyncio.sleep(0.02)

    async def _work(self) -> None:
        if not await self._stream_is_as_we_left_it():
            return
        while self._fresh:
            take = min(len(self._fresh), _MOST_AT_ONCE)
            await self._publish([self._fresh.popleft() for _ in range(take)])
        if self._left_behind or time.monotonic() - self._looked_at > _LEFTOVERS_SECONDS:
            await self._publish_leftovers()

    # --- rows that are not in memory ----------------------------------------------------------------------------

    def _drop_memory(self) -> None:
        """Leave to the store what cannot be published now; it is claimed again once the bus is back."""
        self._fresh.clear()
        self._left_behind = True

    async def _publish_leftovers(self) -> None:
        self._looked_at = time.monotonic()
        if self._left_behind:
            self._left_behind = False
            await self._marks_are_written()
            newest = await self._runner.run(lambda tx: outbox_rows.release(tx, self._lease))
            # Younger rows are still leased to this process: dropped from memory, they would wait until that ends.
            self._fresh = deque(row for row in self._fresh if row["id"] > newest)
        if not await asyncio.to_thread(outbox_rows.is_any_claimable, self._store):
            return
        rows = await self._runner.run(lambda tx: outbox_rows.claim(tx, self._lease, _MOST_AT_ONCE, _OLD_AT_ONCE))
        if not rows:
            return
        await self._publish(rows)
        # More may wait; fresh rows go first.
        wait = _OLD_EVERY_SECONDS if rows[0]["rank"] >= outbox_rows.OLD else 0.0
        self._looked_at = time.monotonic() - _LEFTOVERS_SECONDS + wait
        asyncio.get_running_loop().call_later(wait, self._wake.set)

    # --- publishing ---------------------------------------------------------------------------------------------

    async def _publish(self, rows: Sequence[Mapping[str, Any]]) -> None:
        epoch = self._bus.epoch
        publish = self._publish_one if self._spans is None else self._publish_measured
        results = await asyncio.gather(*(publish(row) for row in rows), return_exceptions=True)
        published = [result for result in results if isinstance(result, _Published)]
        failures = [result for result in results if isinstance(result, BaseException)]
        if self._bus.epoch != epoch:
            # The connection changed under way: the stream may be another one. Said again, it is dropped as known.
            raise ConnectionError("the connection changed while publishing")
        if published:
            self._metrics.published.inc(len(published))
            self._mark_soon(published)
        if failures:
            raise failures[0]

    async def _publish_measured(self, row: Mapping[str, Any]) -> _Published:
        """Publish under a span. What is heard continues the use case that said it, whose id the message carries."""
        began, failed = time.time_ns(), True
        try:
            published = await self._publish_one(row)
            failed = False
            return published
        finally:
            assert self._spans is not None  # noqa: S101  # chosen because there are spans
            trace = Trace.continued(row["headers"].get("traceparent"))
            attributes = {"messaging.system": "nats", "messaging.destination.name": self._service.stream}
            attributes |= {"zakrila.type": row["type"], "zakrila.incident": row["incident"] or ""}
            self._spans.ended(trace, SpanKind.PUBLISH, f"publish {row['type']}", began, attributes, failed=failed)

    async def _publish_one(self, row: Mapping[str, Any]) -> _Published:
        subject = f"zakrila.{row['jurisdiction']}.{row['type']}"
        for attempt in range(_MOST_SUFFIXES):
            message_id = row["event_id"] + (f".r{attempt}" if attempt else "")
            headers = {**row["headers"], "Nats-Msg-Id": message_id}
            ack = await self._bus.jetstream.publish(
                subject, row["body"], timeout=PUBLISH_SECONDS, stream=self._service.stream, headers=headers
            )
            if not ack.duplicate:
                if ack.seq <= self._top:
                    self._checked_epoch = 0
                return _Published(row["event_id"], message_id, ack.seq)
            # After a purge the server still says "duplicate" of what it holds no more.
            if await self._bus.message_id_at(self._service.stream, ack.seq) == message_id:
                return _Published(row["event_id"], message_id, ack.seq)
        raise ConnectionError("the stream takes every id for a duplicate")

    def _mark_soon(self, published: Sequence[_Published]) -> None:
        """Note what was published; the note rides in the next batch. Lost, it only costs a duplicate."""
        newest = max(published, key=lambda one: one.seq)
        marks = [{"marked": one.event_id, "at_seq": one.seq} for one in published]
        stream = outbox_rows.StreamMark(self._service.stream, self._created, newest.seq, newest.message_id)
        if newest.seq > self._top and self._checked_epoch == self._bus.epoch:
            self._top = newest.seq
        task = asyncio.create_task(self._mark(marks, stream))
        self._marking.add(task)
        task.add_done_callback(self._marking.discard)

    async def _mark(self, marks: Sequence[Mapping[str, Any]], stream: outbox_rows.StreamMark) -> None:
        try:
            await self._runner.run(lambda tx: outbox_rows.mark(tx, self._lease, marks, stream), urgency=PASSENGER)
        except Unavailable:
            log.warning("published, but not noted; it will be said again", events=len(marks))

    async def _marks_are_written(self) -> None:
        """Wait for the notes of what was published: a row given up before its note would be said twice."""
        await asyncio.gather(*self._marking)

    # --- loss ---------------------------------------------------------------------------------------------------

    async def _stream_is_as_we_left_it(self) -> bool:
        """Check, after every connection and every ten seconds, that the stream still holds what it acknowledged."""
        epoch = self._bus.epoch
        if self._checked_epoch == epoch and time.monotonic() - self._checked_at < _CHECK_SECONDS:
            return True
        stream = self._service.stream
        shape = await self._bus.stream_shape(stream)
        if shape is None:
            await asyncio.sleep(0.25)
            self._wake.set()
            return False  # the supervisor will make it
        created = shape.created
        mark = await asyncio.to_thread(outbox_rows.read_mark, self._store, stream)
        if mark is not None and (shape.holes > self._holes or await self._lost(mark, created)):
            self._metrics.stream_losses.inc()
            log.error("the stream has lost messages; saying them again", stream=stream)
            await self._replay(stream, created)
        elif mark is None:
            await self._runner.run(lambda tx: outbox_rows.set_mark(tx, outbox_rows.StreamMark(stream, created, 0, "")))
            self._top = 0
        else:
            self._top = mark.seq
        self._created, self._holes = created, shape.holes
        self._checked_epoch, self._checked_at = epoch, time.monotonic()
        return True

    async def _lost(self, mark: outbox_rows.StreamMark, created: str) -> bool:
        if mark.created != created:
            return True
        if mark.seq == 0:
            return False
        held = await self._bus.message_id_at(mark.stream, mark.seq)
        if held is None and await asyncio.to_thread(outbox_rows.is_expired, self._store, mark, STREAM_KEPT):
            return False  # nothing was said for days: the stream has let go of it, as it should
        return held != mark.message_id

    async def _replay(self, stream: str, created: str) -> None:
        self._drop_memory()
        await self._marks_are_written()
        unfinished = await asyncio.to_thread(outbox_rows.newest_unfinished, self._store)
        await self._runner.run(outbox_rows.say_last_hour_again)
        for start in range(0, len(unfinished), 500):
            some = unfinished[start : start + 500]
            await self._runner.run(lambda tx, some=some: outbox_rows.say_again(tx, some))  # type: ignore[misc]  # a lambda's default has no type
        # Last: a process that dies before this finds the loss once more and begins again (P1).
        await self._runner.run(lambda tx: outbox_rows.set_mark(tx, outbox_rows.StreamMark(stream, created, 0, "")))
        self._top = 0
