"""What every service's store tells of itself: what waits to be published, and how much room there is."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, func, select, text

from shared.clock import Offset
from shared.storage import kernel
from shared.storage.engine import Store
from shared.telemetry.figures import Figure, Figures, Gauge

WAITING = Gauge("zakrila_outbox_waiting", "Committed events not yet on the bus")
OLDEST = Gauge("zakrila_outbox_oldest_seconds", "Age of the oldest committed event not yet on the bus, seconds")
BYTES = Gauge("zakrila_store_bytes", "Size of the store, bytes")
FREE = Gauge("zakrila_store_disk_free_bytes", "Room left on the disk of the store, bytes (SQLite; not PostgreSQL)")

_OUTBOX = kernel.outbox
_UNPUBLISHED = select(func.count(), func.min(_OUTBOX.c.at)).where(kernel.UNPUBLISHED)
_REPLICAS = text(
    "SELECT count(DISTINCT client_addr) FROM pg_stat_activity "
    "WHERE datname = current_database() AND application_name = 'zakrila'"
)
_DATABASE_CLOCK = text("SELECT clock_timestamp()")
_DATABASE_SIZE = text("SELECT pg_database_size(current_database())")


def store_figures(store: Store) -> Figures:
    """Return the figures of one store."""

    def read(connection: Connection, now: datetime) -> Iterable[Figure]:
        waiting, oldest = connection.execute(_UNPUBLISHED).one()
        yield WAITING.of({(): waiting})
        yield OLDEST.of({(): max(0.0, (now - oldest).total_seconds()) if oldest else 0.0})
        if store.is_sqlite:
            file = Path(store.url.database or "")
            parts = (file, file.with_name(f"{file.name}-wal"))
            yield BYTES.of({(): sum(part.stat().st_size for part in parts if part.exists())})
            yield FREE.of({(): shutil.disk_usage(file.parent).free})
        else:
            yield BYTES.of({(): connection.execute(_DATABASE_SIZE).scalar_one()})

    return Figures((WAITING, OLDEST, BYTES, FREE), read)


def database_clock(store: Store) -> Offset | None:
    """Return how the database's clock stands to ours; a SQLite store has no clock but ours."""
    if store.is_sqlite:
        return None
    with store.reading() as connection:
        began = time.time()
        there = connection.execute(_DATABASE_CLOCK).scalar_one()
        return Offset.between(began, there, time.time())


def replicas(store: Store) -> int:
    """Return at how many addresses a process of this service has the store open; a SQLite store has one owner."""
    if store.is_sqlite:
        return 1
    with store.reading() as connection:
        return max(1, int(connection.execute(_REPLICAS).scalar_one()))
