"""Databases: one SQLite file per service, or PostgreSQL; the same code on both.

Connections are in autocommit mode and the runner says BEGIN, SAVEPOINT and COMMIT itself, so that nothing between
the use case and the database opens or ends a transaction behind its back.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url

from shared.storage.types import write_json

_BUSY_MILLISECONDS = 5_000
_LOCK_MILLISECONDS = 5_000
_IDLE_MILLISECONDS = 10_000
"""How long a replica that was stopped in the middle of a batch keeps the others from writing (PostgreSQL)."""
_READERS = 8
_CLOSING_SECONDS = 5.0


class StoreOwned(Exception):
    """Another process owns this SQLite store."""


def cause_of(error: BaseException) -> str:
    """Say for a log what a database complains of: without PostgreSQL's details, which quote what was written (P6)."""
    original = getattr(error, "orig", None) or error
    primary = getattr(getattr(original, "diag", None), "message_primary", None)
    first_line = str(original).partition("\n")[0]
    return f"{type(original).__name__}: {primary or first_line}"


class Store:
    """One service's database: a writing connection for the runner, reading ones for lists and pages."""

    def __init__(self, url: str) -> None:
        self.url: URL = make_url(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self._lock: IO[str] | None = None
        self._readers = 0
        self._readers_changed = threading.Condition()
        self._engine = self._make_engine(_READERS)

    def own(self) -> None:
        """With SQLite, make this process the only owner of the file; PostgreSQL needs no such thing.

        Raises:
            StoreOwned: another process has it.
        """
        if not self.is_sqlite or not self.url.database:
            return
        file = Path(self.url.database)
        file.parent.mkdir(parents=True, exist_ok=True)
        handle = file.with_suffix(".lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            raise StoreOwned(f"{file} belongs to another running process") from None
        handle.truncate(0)
        handle.write(str(os.getpid()))
        handle.flush()
        self._lock = handle

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a connection for reading: it sees the last commit and blocks no writer."""
        self._count_readers(1)
        try:
            with self._engine.connect() as connection:
                yield connection
        finally:
            self._count_readers(-1)

    def _count_readers(self, change: int) -> None:
        with self._readers_changed:
            self._readers += change
            self._readers_changed.notify_all()

    def open_writer(self) -> Connection:
        """Open the connection that the runner writes through. The runner closes it."""
        return self._engine.connect()

    @property
    def engine(self) -> Engine:
        """The engine, for migrations."""
        return self._engine

    def close(self) -> None:
        """Close every connection and give up ownership. A query that still runs in its thread is waited for."""
        with self._readers_changed:
            self._readers_changed.wait_for(lambda: self._readers == 0, timeout=_CLOSING_SECONDS)
        self._engine.dispose()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def _make_engine(self, readers: int) -> Engine:
        options: dict[str, Any] = {
            "isolation_level": "AUTOCOMMIT",
            "hide_parameters": True,  # P6: an error must not carry what was written
            "json_serializer": write_json,
            "json_deserializer": orjson.loads,
            "pool_size": readers + 1,
            "max_overflow": 8,
            "pool_timeout": 5,
        }
        if self.is_sqlite:
            engine = create_engine(
                self.url,
                connect_args={"check_same_thread": False, "timeout": _BUSY_MILLISECONDS / 1000},
                **options,
            )
            event.listen(engine, "connect", _prepare_sqlite)
        else:
            limits = {"lock_timeout": _LOCK_MILLISECONDS, "idle_in_transaction_session_timeout": _IDLE_MILLISECONDS}
            options_given = " ".join(f"-c {name}={value}" for name, value in limits.items())
            engine = create_engine(
                self.url,
                pool_pre_ping=True,
                connect_args={"options": options_given, "connect_timeout": 3, "application_name": "zakrila"},
                **options,
            )
        return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")  # P1: a commit is on disk before anybody is told
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.execute("PRAGMA cache_size=-16000")
    cursor.execute("PRAGMA temp_store=MEMORY")
    cursor.close()
