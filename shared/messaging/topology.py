"""Streams and durable consumers: what exists on the bus, and who keeps it so.

Only the supervisor (compose: the bootstrap job) owns them. They are created or updated, never reset; a deleted one
is healed, and the replay that follows is harmless because every service keeps an inbox of versions (P4).
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import nats
import structlog
from nats.aio.client import Client
from nats.errors import Error as NatsError
from nats.js.api import (
    AckPolicy,
    ConsumerConfig,
    DeliverPolicy,
    DiscardPolicy,
    RetentionPolicy,
    StorageType,
    StreamConfig,
)
from nats.js.client import JetStreamContext
from nats.js.errors import APIError, NotFoundError

from shared.clock import utc_now
from shared.contracts.events import heard_by
from shared.contracts.vocabulary import Service
from shared.security.keys import SUPERVISOR, nkey_seed_file

STREAM_KEPT = timedelta(days=3)
DEAD_LETTERS_KEPT = timedelta(days=30)
ACK_WAIT_SECONDS = 10.0
"""Short, because what a stopped service had fetched waits this long before another may have it (STACK)."""
_LOOK_BACK = timedelta(hours=1)
"""Where a healed consumer starts again. What is older is asked for again by intake (P5)."""
_CHECK_SECONDS = 2.0
_STREAM_SETTINGS = (
    "subjects",
    "retention",
    "storage",
    "discard",
    "max_age",
    "duplicate_window",
    "num_replicas",
    "allow_direct",
)
"""What is kept as it should be. The rest is for ops: the client's own defaults must not undo what they set."""

log = structlog.get_logger()


@dataclass(frozen=True)
class Durable:
    """The one consumer through which a service hears one stream."""

    stream: str
    name: str
    subjects: tuple[str, ...]


def dead_letter_stream(service: Service) -> str:
    """Return the stream of messages that a service could not handle."""
    return f"DEAD_{service.stream}"


def dead_letter_subject(service: Service) -> str:
    """Return the subject of a service's dead letters."""
    return f"zakrila.dead.{service}"


def stream_configs(replicas: int = 1) -> list[StreamConfig]:
    """Return every stream of a deployment as it should be."""
    wanted = []
    for service in Service:
        wanted.append(_stream(service.stream, f"zakrila.*.{service}.>", STREAM_KEPT, replicas))
        wanted.append(_stream(dead_letter_stream(service), dead_letter_subject(service), DEAD_LETTERS_KEPT, replicas))
    return wanted


def _stream(name: str, subject: str, kept: timedelta, replicas: int) -> StreamConfig:
    return StreamConfig(
        name=name,
        subjects=[subject],
        retention=RetentionPolicy.LIMITS,
        storage=StorageType.FILE,
        discard=DiscardPolicy.OLD,
        max_age=kept.total_seconds(),
        duplicate_window=120.0,
        num_replicas=replicas,
        allow_direct=True,
    )


def durables() -> list[Durable]:
    """Return every durable of a deployment: who hears which subjects of which stream."""
    return [
        Durable(source.stream, service.value, tuple(subjects))
        for service in Service
        for source, subjects in heard_by(service).items()
    ]


async def ensure(js: JetStreamContext, replicas: int = 1) -> list[str]:
    """Create what is missing and update what differs; return what was done, one sentence each."""
    done = []
    for wanted in stream_configs(replicas):
        done += await _ensure_stream(js, wanted)
    for durable in durables():
        done += await _ensure_durable(js, durable)
    return done


async def _ensure_stream(js: JetStreamContext, wanted: StreamConfig) -> list[str]:
    name = wanted.name or ""
    try:
        present = (await js.stream_info(name)).config
    except NotFoundError:
        await js.add_stream(wanted)
        return [f"created stream {name}"]
    asked = {name: getattr(wanted, name) for name in _STREAM_SETTINGS}
    if all(getattr(present, key) == value for key, value in asked.items()):
        return []
    await js.update_stream(replace(present, **asked))
    return [f"updated stream {name}"]


async def _ensure_durable(js: JetStreamContext, durable: Durable) -> list[str]:
    wanted: dict[str, object] = {
        "filter_subjects": list(durable.subjects),
        "ack_policy": AckPolicy.EXPLICIT,
        "ack_wait": ACK_WAIT_SECONDS,
        "max_deliver": -1,
        "max_ack_pending": 2048,
    }
    try:
        present = (await js.consumer_info(durable.stream, durable.name)).config
    except NotFoundError:
        config = ConsumerConfig(
            durable_name=durable.name,
            deliver_policy=DeliverPolicy.BY_START_TIME,
            opt_start_time=utc_now() - _LOOK_BACK,
            **wanted,  # type: ignore[arg-type]  # its fields, by name
        )
        await js.add_consumer(durable.stream, config)
        return [f"created consumer {durable.name} of {durable.stream}"]
    if present.durable_name != durable.name or present.headers_only or present.inactive_threshold:
        # Whoever may make unnamed consumers (the observer) can edit one by its name, and no subject tells the two
        # apart. The server does not take all of it back, so such a durable is made anew; what is heard twice is known.
        await js.delete_consumer(durable.stream, durable.name)
        await _ensure_durable(js, durable)
        return [f"made consumer {durable.name} of {durable.stream} anew"]
    as_it_is = {**vars(present), "filter_subjects": present.filter_subjects or [present.filter_subject]}
    if all(as_it_is[key] == value for key, value in wanted.items()):
        return []
    await js.add_consumer(durable.stream, replace(present, filter_subject=None, **wanted))
    return [f"updated consumer {durable.name} of {durable.stream}"]


async def keep(url: str, keys_folder: Path, *, stop: asyncio.Event, replicas: int = 1) -> None:
    """Keep the topology as it should be until told to stop; outlives every restart of the bus."""
    connection: Client | None = None
    while not stop.is_set():
        try:
            if connection is None:
                connection = await connect_supervisor(url, keys_folder)
            for sentence in await ensure(connection.jetstream(timeout=5), replicas):
                log.info("topology", done=sentence)
        except (NatsError, APIError, OSError, TimeoutError) as error:
            log.warning("topology cannot be checked", error=type(error).__name__)
        await _pause(stop)
    if connection is not None:
        await connection.close()


async def connect_supervisor(url: str, keys_folder: Path) -> Client:
    """Connect with the key that owns streams and durables."""
    return await nats.connect(
        url,
        nkeys_seed=str(nkey_seed_file(keys_folder, SUPERVISOR)),
        name="zakrila-supervisor",
        connect_timeout=2,
        allow_reconnect=True,
        max_reconnect_attempts=-1,
        reconnect_time_wait=0.25,
        error_cb=_say_error,
    )


async def _say_error(error: Exception) -> None:
    log.warning("bus", error=type(error).__name__, detail=str(error))


async def _pause(stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), _CHECK_SECONDS)
    except TimeoutError:
        return
