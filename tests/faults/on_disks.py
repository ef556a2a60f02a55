"""Faults of disks and stores: full in the middle of a batch, read-only, failing, locked by somebody else."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import psutil
from sqlalchemy import create_engine, text
from sqlalchemy.exc import SQLAlchemyError

from shared.contracts.vocabulary import Service
from tests.faults.site import Site, run

_LEFT_BYTES = 48 * 1024
_EVERYTHING = resource.RLIM_INFINITY


@asynccontextmanager
async def fill(place: Path) -> AsyncIterator[None]:
    """Fill a disk until it has room for a few more pages only, so that it is full in the middle of a batch."""
    ballast = place / "ballast"
    free = shutil.disk_usage(place).free
    with contextlib.suppress(OSError), ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, free - _LEFT_BYTES))
    try:
        yield
    finally:
        ballast.unlink(missing_ok=True)


@asynccontextmanager
async def read_only(site: Site, service: Service) -> AsyncIterator[None]:
    """Let a service find its disk read-only when it comes back from a crash."""
    place = str(site.layout.own(service))
    async with site.without_supervisor():
        killed = site.signal(service, signal.SIGKILL)
        while killed is not None and killed.is_alive():  # noqa: ASYNC110  # another process
            await asyncio.sleep(0.02)
        # A mount of its own: that below cannot become read-only while anything of it is still open.
        run("mount", "--bind", place, place)
        run("mount", "-o", "remount,bind,ro", place)
    try:
        yield
    finally:
        run("mount", "-o", "remount,bind,rw", place)
        run("umount", "--lazy", place)


@asynccontextmanager
async def refuse_writes(site: Site, service: Service) -> AsyncIterator[None]:
    """Let every write of a running service beyond the first kilobyte of a file fail."""
    process = site.identity(service)
    _limit_files(process.pid if process else 0, 1024)
    try:
        yield
    finally:
        if process is not None and process.is_alive():
            _limit_files(process.pid, _EVERYTHING)


def _limit_files(pid: int, most: int) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        psutil.Process(pid).rlimit(psutil.RLIMIT_FSIZE, (most, _EVERYTHING))


@asynccontextmanager
async def lock(site: Site, service: Service) -> AsyncIterator[None]:
    """Let another process hold a store's write lock."""
    holding = _lock_postgres(site, service) if site.postgres is not None else _lock_sqlite(site, service)
    with contextlib.ExitStack() as held:
        await asyncio.to_thread(held.enter_context, holding)
        yield


@contextlib.contextmanager
def _lock_sqlite(site: Site, service: Service) -> Iterator[None]:
    file = site.layout.own(service) / "store.sqlite3"
    connection = sqlite3.connect(file, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        with contextlib.suppress(sqlite3.OperationalError):  # so busy that it cannot be had: a lock all the same
            connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()


@contextlib.contextmanager
def _lock_postgres(site: Site, service: Service) -> Iterator[None]:
    engine = create_engine(site.database_url(service))
    try:
        with contextlib.suppress(SQLAlchemyError), engine.connect() as connection:  # killed meanwhile: no lock
            connection.execute(text("SET lock_timeout = 5000"))
            connection.execute(text("LOCK TABLE outbox IN ACCESS EXCLUSIVE MODE"))
            yield
            return
        yield
    finally:
        engine.dispose()
