"""Hearing the bus: FastStream subscribers whose messages are acknowledged only after the commit (P4).

Typed injection is off (``apply_types``) and each fetch is handled at once as a whole: measured, a third of the cost
per message. FastStream's own batches would wait out their timeout for more messages before handling the first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from faststream import AckPolicy
from faststream.nats import JStream, NatsBroker, NatsMessage, PullSub
from faststream.nats.security import NatsNKey
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from shared.contracts.events import Family, heard_by
from shared.errors import Poison, Unavailable, Unstorable
from shared.messaging import dead_letters
from shared.messaging.authority import inbox_prefix
from shared.messaging.bus import Bus, BusAddress
from shared.messaging.inbox import Heard, decode, take_in
from shared.security.keys import nkey_seed_file
from shared.security.sealing import Seals
from shared.storage.runner import Runner
from shared.storage.transaction import Transaction
from shared.telemetry.metrics import BusMetrics

log = structlog.get_logger()

Handler = Callable[[Transaction, Heard], None]

_AT_ONCE = 64
_FETCH_SECONDS = 2.0
"""Also how long a subscriber may take to notice that the bus was restarted under its waiting request."""
_START_SECONDS = 5.0
_MOST_FAILURES = 5
_MOST_DELIVERIES = 20
"""Deliveries that ended in a crash count here; the message itself may be what kills the process."""


class Listener:
    """Listens to every stream that CONTRACT's table lets this service hear."""

    def __init__(
        self,
        address: BusAddress,
        bus: Bus,
        runner: Runner,
        seals: Seals,
        handlers: Mapping[Family, Handler],
        metrics: BusMetrics,
        repeats: frozenset[Family] = frozenset(),
    ) -> None:
        self._address = address
        self._service = address.service
        self._bus = bus
        self._runner = runner
        self._seals = seals
        self._handlers = handlers
        self._metrics = metrics
        self._repeats = repeats
        self._failures: dict[tuple[str, int], int] = {}
        self._broker: NatsBroker | None = None

    @property
    def listening(self) -> bool:
        """Whether the subscribers were started."""
        return self._broker is not None

    async def run(self) -> None:
        """Start listening, trying until the bus is there; the subscribers then outlive its restarts by themselves."""
        while self._broker is None:
            if self._bus.connected:
                broker = self.make_broker()
                try:
                    await asyncio.wait_for(broker.start(), _START_SECONDS)
                    self._broker = broker
                except (TimeoutError, OSError, NatsError, JetStreamError) as error:
                    log.warning("cannot listen yet", error=type(error).__name__)
                finally:
                    if self._broker is None:  # also when the service is told to stop meanwhile
                        await broker.stop()
            await asyncio.sleep(0.25)

    async def stop(self) -> None:
        """Let running handlers finish and stop."""
        if self._broker is not None:
            await self._broker.stop()

    def hear_again(self, tx: Transaction, headers: Mapping[str, str], body: bytes) -> None:
        """Handle a dead letter as if it came now; the inbox of versions decides what is news in it (P4).

        Raises:
            Poison: it still cannot be read.
        """
        heard = decode(dict(headers), body, self._service, self._seals)
        handler = self._handlers.get(heard.family) if heard else None
        if heard is not None and handler is not None:
            hear(tx, heard, handler, self._repeats)

    def make_broker(self) -> NatsBroker:
        """Return the broker with one subscriber for each stream."""
        broker = NatsBroker(
            self._address.url,
            apply_types=False,
            logger=None,
            graceful_timeout=5.0,
            security=NatsNKey.from_file(nkey_seed_file(self._address.keys_folder, self._service)),
            **{name: value for name, value in self._address.options().items() if name != "nkeys_seed"},
        )
        for source in heard_by(self._service):
            subscribe = broker.subscriber(
                f"zakrila.*.{source}.>",
                durable=self._service.value,
                stream=JStream(source.stream, declare=False),
                pull_sub=PullSub(batch_size=_AT_ONCE, timeout=_FETCH_SECONDS),
                ack_policy=AckPolicy.MANUAL,
                inbox_prefix=f"{inbox_prefix(self._service)}.".encode(),
                decoder=_as_it_came,
                no_reply=True,
                title=f"{source} → {self._service}",
            )
            subscribe(self._handle)
        return broker

    async def _handle(self, message: NatsMessage) -> None:
        raw: Msg = message.raw_message
        try:
            result = await self._take(raw)
        except (NatsError, JetStreamError, OSError, Unavailable, Unstorable) as error:
            # Not acknowledged: it comes again. The inbox makes twice once.
            log.warning("a message was not settled", error=type(error).__name__)
            result = "unsettled"
        self._metrics.consumed.labels(message.headers.get("ce-type", "?")[:64], result).inc()

    async def _take(self, raw: Msg) -> str:
        place = (raw.metadata.stream, raw.metadata.sequence.stream)
        try:
            heard = decode(dict(raw.headers or {}), raw.data, self._service, self._seals)
            handler = self._handlers.get(heard.family) if heard else None
            if heard is None or handler is None:
                await raw.ack()
                return "not_ours"
            await self._runner.run(lambda tx: hear(tx, heard, handler, self._repeats), trace=heard.trace)
        except Poison as poison:
            return await self._bury(raw, poison.reason)
        except Unavailable as unavailable:
            await raw.nak(delay=unavailable.retry_after)
            return "later"
        except Exception as error:  # noqa: BLE001  # a message that keeps failing must not stop those behind it
            return await self._fail(raw, place, error)
        self._failures.pop(place, None)
        await raw.ack()  # lost, it brings a duplicate, which is normal traffic
        return "handled"

    async def _fail(self, raw: Msg, place: tuple[str, int], error: Exception) -> str:
        failures = self._failures[place] = self._failures.get(place, 0) + 1
        log.warning("a message failed", error=type(error).__name__, failures=failures, stream=place[0], seq=place[1])
        if failures >= _MOST_FAILURES or raw.metadata.num_delivered >= _MOST_DELIVERIES:
            return await self._bury(raw, f"keeps failing: {type(error).__name__}")
        await raw.nak(delay=0.1 * 2**failures)
        return "failed"

    async def _bury(self, raw: Msg, reason: str) -> str:
        letter = dead_letters.DeadLetter.of(raw, reason)
        await self._runner.run(lambda tx: dead_letters.keep(tx, letter))
        await dead_letters.publish(self._bus, self._service, letter)
        await raw.term()
        self._failures.pop((letter.stream, letter.seq), None)
        log.error("dead letter", reason=reason, stream=letter.stream, seq=letter.seq)
        return "dead"


def hear(tx: Transaction, heard: Heard, handler: Handler, repeats: frozenset[Family]) -> None:
    """Hear one message: handle it if there is something to do."""
    to_do = take_in(tx, heard, repeats=heard.family in repeats)
    if to_do is not None:
        handler(tx, to_do)


async def _as_it_came(message: Any) -> Any:
    return message
