"""How one part is, for those who run it: read from the figures it measures anyway, and asked of its neighbours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Offset
from shared.contracts.vocabulary import Service
from shared.messaging.bus import Bus
from shared.storage.backups import LastBackup, last_backup
from shared.storage.engine import Store
from shared.storage.figures import BYTES, FREE, OLDEST, WAITING, database_clock, replicas
from shared.version import VERSION, build

Cache = Callable[[], Awaitable[bool]]
"""Says whether the cache that a service uses answers."""

# As the alerts of deploy/observability/alerts.yml: what calls a human there, asks for one here.
_OUTBOX_STUCK_SECONDS = 30
_MOST_BEHIND = 200
_LEAST_FREE_BYTES = 2e9
_CLOCKS_DIFFER_SECONDS = 1.0

_LAG = "zakrila_consumer_lag"
_STARTED = "process_start_time_seconds"
_MEMORY = "process_resident_memory_bytes"
_INPUTS = "zakrila_inputs_waiting"
_WANTED = frozenset({WAITING.name, OLDEST.name, BYTES.name, FREE.name, _LAG, _STARTED, _MEMORY, _INPUTS})


@dataclass(frozen=True)
class Condition:
    """One part as it is now. What cannot be known just now is ``None``."""

    version: str
    build: str
    lease: str
    """Which process answered: another replica has another one."""
    replicas: int | None
    started_at: datetime | None
    memory_bytes: float | None
    store: str
    """``ok`` or ``away``."""
    database: str
    """``SQLite`` or ``PostgreSQL``."""
    store_bytes: float | None
    free_bytes: float | None
    bus: str
    """``ok`` or ``away``."""
    cache: str | None
    """``ok`` or ``away``; ``None``: it uses none."""
    inputs_waiting: float | None
    outbox_waiting: float | None
    outbox_oldest: float | None
    """Seconds."""
    behind: Mapping[Service, int]
    """How many messages of each other service it has not handled."""
    dead_letters: int | None
    database_clock: Offset | None
    bus_clock: Offset | None
    backup: LastBackup | None

    @property
    def troubles(self) -> Sequence[str]:
        """What asks for a human, as codes; the worst first."""
        clocks = (self.database_clock, self.bus_clock)
        found = {
            "store": self.store != "ok",
            "bus": self.bus != "ok",
            "cache": self.cache == "away",
            "outbox": (self.outbox_oldest or 0) > _OUTBOX_STUCK_SECONDS,
            "behind": any(each > _MOST_BEHIND for each in self.behind.values()),
            "dead_letters": bool(self.dead_letters),
            "disk": self.free_bytes is not None and self.free_bytes < _LEAST_FREE_BYTES,
            "clock": any(abs(each.ahead) - each.unsure > _CLOCKS_DIFFER_SECONDS for each in clocks if each),
        }
        return [name for name, is_so in found.items() if is_so]


class Examiner:
    """Finds out how one part is."""

    def __init__(
        self,
        service: Service,
        store: Store,
        bus: Bus,
        registry: CollectorRegistry,
        health: Callable[[], Awaitable[Mapping[str, Any]]],
        *,
        lease: str,
        cache: Cache | None,
        backup_record: Path,
    ) -> None:
        self._service = service
        self._store = store
        self._bus = bus
        self._registry = registry
        self._health = health
        self._lease = lease
        self._cache = cache
        self._backup_record = backup_record

    async def __call__(self) -> Condition:
        """Look now."""
        health, figures, bus_clock, cache, database = await asyncio.gather(
            self._health(),
            asyncio.to_thread(self._figures),
            self._bus.clock() if self._bus.connected else _nothing(),
            self._cache() if self._cache else _nothing(),
            asyncio.to_thread(self._of_the_database),
        )
        return Condition(
            version=VERSION,
            build=build(self._service.value),
            lease=self._lease,
            replicas=database[1],
            started_at=_moment(figures.get((_STARTED, ""))),
            memory_bytes=figures.get((_MEMORY, "")),
            store=health["store"],
            database="SQLite" if self._store.is_sqlite else "PostgreSQL",
            store_bytes=figures.get((BYTES.name, "")),
            free_bytes=figures.get((FREE.name, "")),
            bus=health["bus"],
            cache=None if cache is None else "ok" if cache else "away",
            inputs_waiting=figures.get((_INPUTS, "")),
            outbox_waiting=figures.get((WAITING.name, "")),
            outbox_oldest=figures.get((OLDEST.name, "")),
            behind={
                Service(stream.lower()): int(value) for (name, stream), value in sorted(figures.items()) if name == _LAG
            },
            dead_letters=health["dead_letters"],
            database_clock=database[0],
            bus_clock=bus_clock,
            backup=await asyncio.to_thread(last_backup, self._backup_record),
        )

    def _figures(self) -> dict[tuple[str, str], float]:
        return {
            (sample.name, "".join(sample.labels.values())): sample.value
            for metric in self._registry.collect()
            if metric.name in _WANTED
            for sample in metric.samples
        }

    def _of_the_database(self) -> tuple[Offset | None, int | None]:
        try:
            return database_clock(self._store), replicas(self._store)
        except SQLAlchemyError:
            return None, None


async def _nothing() -> None:
    return None


def _moment(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
