"""Faults of the bus: its disk lost or older, streams and durables gone, events doubled and late, poison."""

from __future__ import annotations

import asyncio
import random
import shutil
import signal
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

import orjson
from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error as NatsError
from nats.js.errors import APIError

from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.messaging.topology import durables
from shared.security.sealing import Seals
from tests.faults.site import Site

_SAID_BY = (Service.INTAKE, Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY)
_AGAIN = "zakrila-echo"
_LATEST_SECONDS = 8.0
_LOST = 20
_AWAY = (NatsError, APIError, OSError, TimeoutError)
"""What a bus that is being broken by another fault answers: this one then has nothing to break."""


@asynccontextmanager
async def wipe(site: Site, listener: Service) -> AsyncIterator[None]:
    """Lose the bus's disk while a listener is behind: what it has not heard is gone."""
    stopped = site.signal(listener, signal.SIGSTOP)
    try:
        yield
        async with site.without_supervisor():
            site.signal("nats", signal.SIGKILL)
            await asyncio.to_thread(shutil.rmtree, site.jetstream, ignore_errors=True)
    finally:
        if stopped is not None:
            stopped.send(signal.SIGCONT)


@asynccontextmanager
async def roll_back(site: Site) -> AsyncIterator[None]:
    """Put the bus's disk back to how it was when the fault began."""
    older = site.layout.folder / "older-jetstream"
    shutil.rmtree(older, ignore_errors=True)
    stopped = site.signal("nats", signal.SIGSTOP)
    try:
        with suppress(OSError, shutil.Error):  # a full disk: nothing older can be kept
            await asyncio.to_thread(shutil.copytree, site.jetstream, older)
    finally:
        if stopped is not None:
            stopped.send(signal.SIGCONT)
    yield
    async with site.without_supervisor():
        site.signal("nats", signal.SIGKILL)
        await asyncio.to_thread(shutil.rmtree, site.jetstream, ignore_errors=True)
        if older.exists():
            await asyncio.to_thread(older.rename, site.jetstream)


@asynccontextmanager
async def delete_stream(site: Site, chance: random.Random) -> AsyncIterator[None]:
    """Delete a service's stream, with its durables."""
    stream = chance.choice(_SAID_BY).stream
    with suppress(*_AWAY):
        async with site.bus() as bus:
            await bus.jetstream().delete_stream(stream)
    yield


@asynccontextmanager
async def purge_stream(site: Site, chance: random.Random) -> AsyncIterator[None]:
    """Empty a service's stream; the server still takes known message ids for duplicates."""
    stream = chance.choice(_SAID_BY).stream
    with suppress(*_AWAY):
        async with site.bus() as bus:
            await bus.jetstream().purge_stream(stream)
    yield


@asynccontextmanager
async def lose_messages(site: Site, listener: Service, source: Service) -> AsyncIterator[None]:
    """Lose messages that a listener has not heard yet, and not the newest: nobody who looks there notices."""
    stopped = site.signal(listener, signal.SIGSTOP)
    try:
        yield
        with suppress(*_AWAY):
            async with site.bus() as bus:
                await _delete_unheard(bus, source.stream, listener.value)
    finally:
        if stopped is not None:
            stopped.send(signal.SIGCONT)


async def _delete_unheard(bus: Client, stream: str, durable: str) -> None:
    js = bus.jetstream()
    info = await js.consumer_info(stream, durable)
    heard = info.ack_floor.stream_seq if info.ack_floor else 0
    last = (await js.stream_info(stream)).state.last_seq
    for seq in range(heard + 1, min(last, heard + 1 + _LOST)):
        with suppress(APIError):
            await js.delete_msg(stream, seq)


@asynccontextmanager
async def delete_durable(site: Site, chance: random.Random) -> AsyncIterator[None]:
    """Delete the consumer through which a service hears a stream."""
    durable = chance.choice(durables())
    with suppress(*_AWAY):
        async with site.bus() as bus:
            await bus.jetstream().delete_consumer(durable.stream, durable.name)
    yield


@asynccontextmanager
async def edit_durable(site: Site, chance: random.Random) -> AsyncIterator[None]:
    """Let a consumer hear nothing of what it should."""
    durable = chance.choice(durables())
    with suppress(*_AWAY):
        async with site.bus() as bus:
            js = bus.jetstream()
            config = (await js.consumer_info(durable.stream, durable.name)).config
            deaf = f"zakrila.NOBODY.{durable.stream.lower()}.nothing"
            await js.add_consumer(durable.stream, replace(config, filter_subject=deaf, filter_subjects=None))
    yield


@asynccontextmanager
async def echo(site: Site, chance: random.Random) -> AsyncIterator[None]:
    """Let every event come twice more, late and in random order."""
    saying: set[asyncio.Task[None]] = set()
    with suppress(*_AWAY):
        async with site.bus() as bus:

            async def again(message: Msg, after: float) -> None:
                await asyncio.sleep(after)
                headers = {name: value for name, value in (message.headers or {}).items() if name != "Nats-Msg-Id"}
                with suppress(*_AWAY):
                    await bus.publish(message.subject, message.data, headers={**headers, _AGAIN: "1"})

            async def heard(message: Msg) -> None:
                if not message.headers or _AGAIN in message.headers:
                    return
                for _ in range(2):
                    task = asyncio.create_task(again(message, chance.uniform(0.0, _LATEST_SECONDS)))
                    saying.add(task)
                    task.add_done_callback(saying.discard)

            await bus.subscribe("zakrila.>", cb=heard)
            yield
            await asyncio.gather(*saying)
            return
    yield


@asynccontextmanager
async def poison(site: Site, chance: random.Random, made: set[str]) -> AsyncIterator[None]:
    """Put messages into every stream that cannot be decoded, or that fail however often they are handled."""
    seals = Seals.from_folder(site.layout.keys, Service.INTAKE)
    with suppress(*_AWAY):
        async with site.bus() as bus:
            for subject, body, headers in _poisonous(chance, seals):
                made.add(headers["ce-id"])
                await bus.publish(subject, body, headers=headers)
            await bus.flush()
    yield


def _poisonous(chance: random.Random, seals: Seals) -> list[tuple[str, bytes, dict[str, str]]]:
    found = []
    for event_type, state in _STATES.items():
        subject = f"zakrila.SCALE.{event_type}"
        unreadable = (b"\xff\x00 not JSON", b"{}", orjson.dumps(_wrongly_sealed(state, seals)))
        # These can be read, and no store can keep them: handled again and again they fail again and again.
        failing = (orjson.dumps(_event("x" * 300, state)), orjson.dumps(_event(new_id(), state, version=2**63)))
        found += [(subject, body, _headers(event_type)) for body in (*unreadable, *failing)]
    chance.shuffle(found)
    return found


def _headers(event_type: str) -> dict[str, str]:
    return {"ce-id": new_id(), "ce-type": event_type, "ce-specversion": "1.0"}


def _wrongly_sealed(state: Mapping[str, Any], seals: Seals) -> dict[str, Any]:
    """Return an event whose sealed parts belong to another."""
    sealed = {each.value: seals.seal(each, new_id(), new_id(), 1, {"facts": {}}) for each in _SAID_BY}
    return {**_event(new_id(), state), "sealed": sealed}


def _event(entity: str, state: Mapping[str, Any], version: int = 1) -> dict[str, Any]:
    about = {"incident": entity, "incident_version": 1, "entity": entity, "version": version}
    return {**about, "jurisdiction": "SCALE", "state": state}


_ANSWER = {"attempt": 1, "request": 1}
_STATES: Mapping[str, Mapping[str, Any]] = {
    "intake.incident.raised": {
        "number": "POISON",
        "state": "open",
        "raised_at": "2026-01-01T00:00:00Z",
        "call": "live",
        "legs": {leg: {"wanted": True, "request": 1} for leg in ("police", "shelter", "centre")},
        "risk": {"instrument": "lap", "lowest": "standard", "highest": "high"},
    },
    "dispatch.job.assigned": {"state": "assigned", **_ANSWER},
    "shelter_beds.placement.held": {"state": "held", "alias": "X-1", **_ANSWER},
    "notify.handover.offered": {"state": "offered", **_ANSWER},
}
