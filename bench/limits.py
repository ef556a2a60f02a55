"""What this machine can do at all, measured in the same run: the ruler for every other figure."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import nats
from nats.errors import Error as NatsError
from nats.js.errors import Error as JetStreamError

from deploy.embedded.ports import Ports

_SECONDS = 2.0
_IN_FLIGHT = 64
_BODY = b"x" * 4096


@dataclass(frozen=True)
class Limits:
    """Raw rates: durable single-row commits of one SQLite file, and acknowledged JetStream publications."""

    commits_per_second: float
    messages_per_second: float


def measure(folder: Path) -> Limits:
    """Measure on the disk that holds ``folder``."""
    return Limits(_commits(folder), asyncio.run(_messages(folder)))


def _commits(folder: Path) -> float:
    with tempfile.TemporaryDirectory(dir=folder) as place:
        connection = sqlite3.connect(f"{place}/raw.sqlite3", isolation_level=None)
        with contextlib.closing(connection):
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("CREATE TABLE row (id INTEGER PRIMARY KEY, body BLOB)")
            count, began = 0, time.perf_counter()
            while time.perf_counter() - began < _SECONDS:
                connection.execute("INSERT INTO row (body) VALUES (?)", (_BODY,))
                count += 1
            return count / (time.perf_counter() - began)


async def _messages(folder: Path) -> float:
    async with _server(folder) as url:
        connection = await nats.connect(url)
        stream = connection.jetstream()
        await stream.add_stream(name="RAW", subjects=["raw"])
        count, began = 0, time.perf_counter()
        while time.perf_counter() - began < _SECONDS:
            await asyncio.gather(*(stream.publish("raw", _BODY) for _ in range(_IN_FLIGHT)))
            count += _IN_FLIGHT
        rate = count / (time.perf_counter() - began)
        await connection.close()
        return rate


@contextlib.asynccontextmanager
async def _server(folder: Path) -> AsyncIterator[str]:
    port = Ports().of("raw")
    program = Path(sys.executable).parent / "nats-server"
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = (str(program), "-a", "127.0.0.1", "-p", str(port), "-js", "-sd", place)
        process = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.DEVNULL)
        try:
            url = f"nats://127.0.0.1:{port}"
            await _until_it_answers(url)
            yield url
        finally:
            process.terminate()
            await process.wait()


async def _not_yet(_error: Exception) -> None:
    """Say nothing: that it does not answer yet is why it is asked again."""


async def _until_it_answers(url: str) -> None:
    deadline = time.monotonic() + 10
    while True:
        try:
            connection = await nats.connect(url, connect_timeout=1, allow_reconnect=False, error_cb=_not_yet)
            await connection.jetstream().account_info()
            await connection.close()
        except (OSError, NatsError, JetStreamError, TimeoutError):
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.05)
        else:
            return
