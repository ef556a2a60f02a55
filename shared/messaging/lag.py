"""How far a service is behind what the others said: asked of its own consumers, every few seconds."""

from __future__ import annotations

import asyncio

import structlog
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError
from prometheus_client import Gauge

from shared.contracts.events import heard_by
from shared.contracts.vocabulary import Service
from shared.messaging.bus import Bus

log = structlog.get_logger()

_EVERY_SECONDS = 5.0


async def watch_lag(bus: Bus, service: Service, lag: Gauge, every: float = _EVERY_SECONDS) -> None:
    """Keep the gauge up to date for ever. While nobody can know, it has no value rather than an old one."""
    while True:
        for source in heard_by(service):
            behind = await _behind(bus, source.stream, service.value)
            if behind is not None:
                lag.labels(source.stream).set(behind)
            else:
                lag.remove_by_labels({"stream": source.stream})
        await asyncio.sleep(every)


async def _behind(bus: Bus, stream: str, consumer: str) -> int | None:
    if not bus.connected:
        return None
    try:
        info = await bus.jetstream.consumer_info(stream, consumer, timeout=2)
    except (NatsError, JetStreamError, OSError, TimeoutError) as error:
        log.warning("a consumer cannot be asked", stream=stream, error=type(error).__name__)
        return None
    return (info.num_pending or 0) + (info.num_ack_pending or 0)
