"""The chassis every service stands on: store, runner, bus, relay, listener, clocks and HTTP in one process.

A service's ``main.py`` describes itself in a ``House`` and calls ``run``; nothing else builds objects.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry, ProcessCollector
from pydantic import ValidationError
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from shared import settings as settings_module
from shared.clock import Clock, utc_now
from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.events import ACCOUNT, SESSION, Family
from shared.contracts.vocabulary import Service
from shared.errors import Unavailable
from shared.housekeeping import housekeeping
from shared.ids import new_id
from shared.messaging import dead_letters
from shared.messaging.bus import Bus, BusAddress
from shared.messaging.lag import watch_lag
from shared.messaging.listener import Handler, Listener
from shared.messaging.relay import Relay
from shared.security.keys import hash_secret, verifying_keys
from shared.security.revocations import Revocations, account_changed, session_revoked
from shared.security.sealing import Seals
from shared.security.tokens import Verifier
from shared.settings import CONFIGURATION_ERROR, NotUsable, Settings
from shared.storage.engine import Store, StoreOwned, cause_of
from shared.storage.figures import store_figures
from shared.storage.migrate import StoreTooNew, migrate
from shared.storage.runner import Runner
from shared.storage.transaction import Transaction
from shared.telemetry import logs
from shared.telemetry.chronicle import Chronicle
from shared.telemetry.condition import Cache, Examiner
from shared.telemetry.exposition import Measures, StoreFigures
from shared.telemetry.figures import Figures
from shared.telemetry.metrics import BusMetrics, RunnerMetrics
from shared.telemetry.tracing import spans_of
from shared.web.access import Gatekeeper
from shared.web.app import make_app
from shared.web.jurisdictions import Jurisdictions
from shared.web.live import Feed, Tags
from shared.web.pages.look import Look, Words
from shared.web.writing import InFlight

log = structlog.get_logger()


@dataclass(frozen=True)
class Sweep:
    """Something that is due at a time kept in the store, so that no restart loses it.

    ``is_due`` looks, blocking no writer; only if it says yes does ``use_case`` run in a transaction.
    """

    name: str
    every: float
    """Seconds between looks."""
    is_due: Callable[[Connection, datetime], bool]
    use_case: Callable[[Transaction], None]


@dataclass(frozen=True)
class House:
    """What makes one service different from the next."""

    service: Service
    description: str
    migrations: Path
    routers: Sequence[APIRouter]
    beside_api: Sequence[APIRouter] = ()
    """What lies under the service's prefix but outside ``/api``."""
    jurisdictions: Jurisdictions[Any] | None = None
    """How it takes its sections of jurisdictions in."""
    cache: Cache | None = None
    """Says whether the cache it uses answers; ``None``: it uses none."""
    handlers: Mapping[Family, Handler] = field(default_factory=dict)
    hears_repeats: frozenset[Family] = frozenset()
    """Of which families a known version is handled too: the same answer, quoting a newer version of its incident."""
    sweeps: Sequence[Sweep] = ()
    tags_of: Tags | None = None
    """What an account may be told of live; ``None``: this service has no live stream."""
    background: Sequence[Callable[[Chassis], Any]] = ()
    """Long-running coroutines of the service itself, given the chassis."""
    figures: Figures = field(default_factory=Figures)
    """What it tells of its own domain on ``/metrics``."""
    pages: Sequence[APIRouter] = ()
    """What people see in a browser, under the service's prefix."""
    words: Words = field(default_factory=dict)
    """The names of its own states and reasons, for its pages."""
    state: Mapping[str, Any] = field(default_factory=dict)
    """What its routes need besides, put on ``app.state``."""


class Chassis:
    """One running service."""

    def __init__(self, house: House, settings: Settings, *, clock: Clock = utc_now) -> None:
        self.house = house
        self.settings = settings
        self.clock = clock
        self.registry = CollectorRegistry()
        self.lease = new_id()
        self.store = Store(settings.database_url(house.service))
        self.spans = spans_of(house.service.value, settings.otlp_endpoint)
        self.metrics = metrics = BusMetrics(self.registry)
        seals = Seals.from_folder(settings.keys, house.service, metrics.seals)
        ProcessCollector(registry=self.registry)
        self.registry.register(StoreFigures(self.store, clock, (store_figures(self.store), house.figures)))
        self.runner = Runner(
            house.service,
            self.store,
            seals,
            clock=clock,
            most_waiting=settings.most_waiting,
            metrics=RunnerMetrics(self.registry),
            chronicle=Chronicle(Measures(self.registry, house.figures.measures), self.spans),
            lease=self.lease,
        )
        address = BusAddress(settings.nats_url, settings.keys, house.service)
        self.bus = Bus(address)
        self.relay = Relay(house.service, self.store, self.runner, self.bus, self.lease, metrics, self.spans)
        handlers = {SESSION: session_revoked, ACCOUNT: account_changed, **house.handlers}
        self.listener = Listener(
            address, self.bus, self.runner, seals, handlers, metrics, house.hears_repeats, self.spans
        )
        self.feed = Feed(self.store)
        self.runner.on_commit(self.feed.wake)
        self.revocations = Revocations(self.store)
        per_second = settings.requests_per_second
        self.look = Look(
            house.service,
            house.migrations.parent,
            house.words,
            public_url=settings.public_url,
            zone=settings.time_zone,
            tiles=settings.map_tiles,
            streams=house.tags_of is not None,
        )
        self.examiner = Examiner(
            house.service,
            self.store,
            self.bus,
            self.registry,
            self._health,
            lease=self.lease,
            cache=house.cache,
            backup_record=settings.last_backup,
        )
        self.gatekeeper = Gatekeeper(
            Verifier(verifying_keys(settings.keys)),
            self.revocations,
            self.look.cookies,
            per_second,
            burst=3 * per_second,
        )
        self.app = make_app(
            house.service,
            description=house.description,
            routers=house.routers,
            jurisdictions=house.jurisdictions,
            beside_api=house.beside_api,
            pages=(self.look.router(), *house.pages),
            lifespan=self._lifespan,
            registry=self.registry,
            spans=self.spans,
            asyncapi=lambda: asyncapi_document(house.service),
            tags_of=house.tags_of,
        )

    def prepare(self) -> None:
        """Own the store and bring it to the present schema."""
        self.store.own()
        migrate(self.store, self.house.migrations)

    @contextlib.asynccontextmanager
    async def _lifespan(self, app: FastAPI) -> AsyncIterator[None]:
        self.runner.start()
        for name, value in {
            "store": self.store,
            "runner": self.runner,
            "clock": self.clock,
            "feed": self.feed,
            "listener": self.listener,
            "gatekeeper": self.gatekeeper,
            "in_flight": InFlight(),
            "health": self._health,
            "examiner": self.examiner,
            "settings": self.settings,
            "look": self.look,
            "body_secret": hash_secret(self.settings.keys, self.house.service),
            **self.house.state,
        }.items():
            setattr(app.state, name, value)
        tasks = [asyncio.create_task(_for_ever(name, work)) for name, work in self._work()]
        try:
            yield
        finally:
            await self.listener.stop()
            await self.relay.drain(2.0)
            await self.runner.stop()
            await end(tasks)
            await self.bus.close()
            await asyncio.to_thread(self.store.close)
            if self.spans is not None:
                await asyncio.to_thread(self.spans.close)

    def _work(self) -> Sequence[tuple[str, Callable[[], Any]]]:
        own = [(work.__name__, lambda work=work: work(self)) for work in self.house.background]
        return [
            ("bus", self.bus.connect),
            ("relay", self.relay.run),
            ("listener", self.listener.run),
            ("feed", self.feed.run),
            ("revocations", self._reread_revocations),
            ("housekeeping", lambda: housekeeping(self.store, self.runner, self.metrics.dead_letters)),
            ("lag", lambda: watch_lag(self.bus, self.house.service, self.metrics.consumer_lag)),
            *((sweep.name, lambda sweep=sweep: self._sweep(sweep)) for sweep in self.house.sweeps),
            *own,
        ]

    async def _sweep(self, sweep: Sweep) -> None:
        while True:
            try:
                if await asyncio.to_thread(self._look, sweep):
                    await self.runner.run(sweep.use_case)
            except (SQLAlchemyError, Unavailable) as error:
                log.warning("a sweep must wait", use_case=sweep.name, error=type(error).__name__)
            await asyncio.sleep(sweep.every)

    def _look(self, sweep: Sweep) -> bool:
        with self.store.reading() as connection:
            return sweep.is_due(connection, self.clock())

    async def _reread_revocations(self) -> None:
        while True:
            await asyncio.to_thread(self.revocations.reread)
            await asyncio.sleep(1.0)

    async def _health(self) -> dict[str, Any]:
        """Ready means: what comes in by HTTP can be kept safe. The bus may be away (P1)."""
        try:
            waiting = await asyncio.to_thread(self._count_dead_letters)
            store = "ok"
        except SQLAlchemyError:
            waiting, store = None, "away"
        bus = "ok" if self.bus.connected else "away"
        return {
            "status": "ok" if store == "ok" else "unavailable",
            "service": self.house.service.value,
            "store": store,
            "bus": bus,
            "dead_letters": waiting,
        }

    def _count_dead_letters(self) -> int:
        with self.store.reading() as connection:
            return dead_letters.waiting(connection)


async def _for_ever(name: str, work: Callable[[], Any]) -> None:
    """Run one long-running part; if a fault ends it, say so and start it again."""
    while True:
        try:
            await work()
        except Exception:
            log.exception("a part of the service ended; it starts again", part=name)
            await asyncio.sleep(1.0)
        else:
            return


async def end(tasks: Collection[asyncio.Task[Any]]) -> None:
    """Cancel tasks until every one has ended.

    Once is not enough: before Python 3.12 ``asyncio.wait_for`` loses a cancellation that comes in the moment when what
    it waits for fails or comes: a bus that is away fails four times a second, a last commit wakes whoever waits for it.
    """
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _ended, pending = await asyncio.wait(pending, timeout=0.5)


def run(make_house: Callable[[Settings], House], settings_class: type[Settings] = Settings) -> None:
    """Run a service until it is told to stop. What cannot start says why in one sentence."""
    try:
        settings = settings_class()
    except ValidationError as error:
        _give_up(settings_module.sentence(error))
    house = make_house(settings)
    logs.configure(house.service.value, settings.log_level)
    try:
        chassis = Chassis(house, settings)
        chassis.prepare()
    except NotUsable as error:
        _give_up(settings_module.sentence(error))
    except (StoreOwned, StoreTooNew) as error:
        _give_up(str(error))
    except FileNotFoundError as error:
        _give_up(f"A file is missing: {error.filename}. Are the keys made (./zakrila up makes them)?")
    except SQLAlchemyError as error:
        log.error("the store cannot be opened", cause=cause_of(error))
        sys.exit(1)
    except OSError as error:  # a read-only disk, for instance: whoever starts services tries again
        log.error("the store cannot be opened", cause=error.strerror)
        sys.exit(1)
    config = uvicorn.Config(
        chassis.app,
        host=settings.host,
        port=settings.port,
        log_config=None,
        access_log=False,
        timeout_graceful_shutdown=5,
        server_header=False,
        lifespan="on",
    )
    signal.signal(signal.SIGINT, signal.SIG_IGN if os.environ.get("ZAKRILA_SUPERVISED") else signal.default_int_handler)
    uvicorn.Server(config).run()


def _give_up(sentence: str) -> Any:
    print(sentence, file=sys.stderr)  # noqa: T201  # the supervisor shows this line to a person
    sys.exit(CONFIGURATION_ERROR)
