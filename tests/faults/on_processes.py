"""Faults of processes: killed, stopped for longer than any lease, emptied."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import psutil
from redis.asyncio import Redis

from shared.contracts.vocabulary import Service
from tests.faults.site import Site


@asynccontextmanager
async def kill(site: Site, part: str) -> AsyncIterator[None]:
    """Kill a part; its supervisor starts it again."""
    site.signal(part, signal.SIGKILL)
    yield


@asynccontextmanager
async def kill_replica(site: Site, service: Service) -> AsyncIterator[None]:
    """Kill the second replica of a service; the first one goes on."""
    if site.replicas is not None:
        site.replicas.kill(service)
    yield


@asynccontextmanager
async def pause(site: Site, part: str) -> AsyncIterator[None]:
    """Stop a part where it stands, and let it go on as if nothing had been."""
    stopped = site.signal(part, signal.SIGSTOP)
    try:
        yield
    finally:
        if stopped is not None:
            stopped.send(signal.SIGCONT)


@asynccontextmanager
async def kill_everything(site: Site) -> AsyncIterator[None]:
    """Kill every process at once, as a power cut does, and start again."""
    await site.kill_everything()
    yield
    await site.up()


@asynccontextmanager
async def kill_postgres(site: Site) -> AsyncIterator[None]:
    """Kill the database server with all its processes."""
    if site.postgres is not None:
        site.postgres.kill()
    yield


@asynccontextmanager
async def pause_postgres(site: Site) -> AsyncIterator[None]:
    """Stop the database server with all its processes."""
    stopped = site.postgres.processes() if site.postgres is not None else []
    for process in stopped:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.suspend()
    try:
        yield
    finally:
        for process in stopped:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.resume()


@asynccontextmanager
async def wipe_valkey(site: Site) -> AsyncIterator[None]:
    """Forget everything that the cache holds."""
    configuration = (site.layout.own("valkey") / "valkey.conf").read_text().splitlines()
    settings = dict(line.split(" ", 1) for line in configuration if " " in line)
    cache = Redis(port=int(settings["port"]), password=settings["requirepass"])
    with contextlib.suppress(OSError):
        await cache.flushall()
    await cache.aclose()
    yield
