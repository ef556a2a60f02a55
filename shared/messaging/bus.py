"""A service's connection to NATS for publishing and for reading its own stream back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import nats
import orjson
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.client import JetStreamContext
from nats.js.errors import NotFoundError

from shared.clock import Offset
from shared.contracts.vocabulary import Service
from shared.messaging.authority import inbox_prefix
from shared.security.keys import nkey_seed_file

log = structlog.get_logger()

PUBLISH_SECONDS = 5.0
"""A publication forbidden by permissions shows as a timeout too; ``error_cb`` logs the true reason (STACK)."""
_CLOCK_SECONDS = 1.0


@dataclass(frozen=True)
class StreamShape:
    created: str
    """When, as the server writes it."""
    holes: int
    """Messages that are missing between the first and the last; what a stream lets go of for its age leaves none."""


@dataclass(frozen=True)
class BusAddress:
    """Where the bus is and with which key to go there."""

    url: str
    keys_folder: Path
    service: Service

    def options(self) -> dict[str, Any]:
        """Return the connection options that every connection of this service shares."""
        return {
            "nkeys_seed": str(nkey_seed_file(self.keys_folder, self.service)),
            "inbox_prefix": inbox_prefix(self.service).encode(),
            "allow_reconnect": True,
            "max_reconnect_attempts": -1,
            "reconnect_time_wait": 0.25,
            "connect_timeout": 2,
            "ping_interval": 5,
            "max_outstanding_pings": 2,
        }


class Bus:
    """Connects in the background for as long as it takes; the service answers HTTP meanwhile (P1)."""

    def __init__(self, address: BusAddress) -> None:
        self._address = address
        self._client: Client | None = None
        self._epoch = 0
        self._listeners: list[Callable[[], None]] = []

    @property
    def connected(self) -> bool:
        """Whether there is a connection now."""
        return self._client is not None and self._client.is_connected

    @property
    def epoch(self) -> int:
        """Counted up with every connection: what was true of the stream before may not be true now."""
        return self._epoch

    @property
    def jetstream(self) -> JetStreamContext:
        """The JetStream context of a bus that was connected once."""
        if self._client is None:
            raise ConnectionError("the bus was never connected")
        return self._client.jetstream(timeout=PUBLISH_SECONDS)

    def on_connect(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` after every connection and reconnection."""
        self._listeners.append(listener)

    async def connect(self) -> None:
        """Connect, trying for ever."""
        while self._client is None:
            try:
                self._client = await nats.connect(
                    self._address.url,
                    name=f"zakrila-{self._address.service}",
                    error_cb=self._say_error,
                    reconnected_cb=self._connected,
                    **self._address.options(),
                )
            except (NatsError, OSError, TimeoutError) as error:
                log.warning("the bus is away", error=type(error).__name__)
                await asyncio.sleep(0.5)
        await self._connected()

    async def close(self) -> None:
        """Close the connection."""
        if self._client is not None:
            await self._client.close()

    async def stream_shape(self, stream: str) -> StreamShape | None:
        """Return what can be seen of a stream from outside, or ``None`` if there is none."""
        try:
            reply = await self._request(f"$JS.API.STREAM.INFO.{stream}")
        except NotFoundError:
            return None
        if reply.get("error"):
            return None
        return StreamShape(str(reply["created"]), int(reply["state"].get("num_deleted", 0)))

    async def clock(self) -> Offset | None:
        """Return how the bus's clock stands to ours, or ``None`` while it cannot be asked."""
        began = time.time()
        try:
            reply = await self._request(f"$JS.API.STREAM.INFO.{self._address.service.stream}", _CLOCK_SECONDS)
            there = datetime.fromisoformat(reply["ts"])
        except (NatsError, OSError, TimeoutError, KeyError, ValueError):
            return None
        return Offset.between(began, there, time.time())

    async def message_id_at(self, stream: str, seq: int) -> str | None:
        """Return the ``Nats-Msg-Id`` of the message at a sequence of a stream, or ``None`` if there is none."""
        try:
            message = await self.jetstream.get_msg(stream, seq)
        except NotFoundError:
            return None
        return (message.headers or {}).get("Nats-Msg-Id")

    async def delivered_up_to(self, stream: str, consumer: str) -> int | None:
        """Return how far a consumer has been given the stream, or ``None`` if it does not exist now."""
        try:
            info = await self.jetstream.consumer_info(stream, consumer, timeout=2)
        except (NotFoundError, TimeoutError):
            return None
        return info.delivered.stream_seq if info.delivered else 0

    async def _request(self, subject: str, seconds: float = PUBLISH_SECONDS) -> dict[str, Any]:
        if self._client is None:
            raise ConnectionError("the bus was never connected")
        reply = await self._client.request(subject, b"", timeout=seconds)
        answer: dict[str, Any] = orjson.loads(reply.data)
        return answer

    async def _connected(self) -> None:
        self._epoch += 1
        log.info("connected to the bus", epoch=self._epoch)
        for listener in self._listeners:
            listener()

    async def _say_error(self, error: Exception) -> None:
        log.warning("bus", error=type(error).__name__, detail=str(error))
