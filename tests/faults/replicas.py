"""A second replica of each service (PostgreSQL): its own port, otherwise exactly the first one's circumstances."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from typing import TYPE_CHECKING

import psutil

from deploy.embedded.parts import SERVICES
from deploy.embedded.process import Process
from shared.contracts.vocabulary import Service
from tests.support.nats_server import free_port

if TYPE_CHECKING:
    from tests.faults.site import Site

_PAUSE_SECONDS = 0.5


class Replicas:
    """Keeps one more process of each service running."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._running: dict[Service, Process] = {}
        self._keeping: list[asyncio.Task[None]] = []
        self.ports: dict[Service, int] = {}

    async def begin(self) -> None:
        """Start them."""
        for service in SERVICES:
            self.ports[service] = free_port()
            self._keeping.append(asyncio.create_task(self._keep(service)))

    async def stop(self) -> None:
        """Stop them."""
        for task in self._keeping:
            task.cancel()
        await asyncio.gather(*self._keeping, return_exceptions=True)
        await asyncio.gather(*(process.stop(6) for process in self._running.values()))

    def kill(self, service: Service | None = None) -> None:
        """Kill one, or all of them."""
        for each, process in self._running.items():
            if service in {None, each}:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)

    async def _keep(self, service: Service) -> None:
        while True:
            first = self._site.identity(service)
            try:
                model = psutil.Process(first.pid) if first is not None and first.is_alive() else None
                command = model.cmdline() if model else []
                environment = model.environ() if model else {}
            except psutil.Error:
                command = []
            if command and "ZAKRILA_PORT" in environment:
                environment = {**environment, "ZAKRILA_PORT": str(self.ports[service])}
                log = self._site.layout.log(f"{service}-2")
                process = self._running[service] = await Process.begin(command, environment, log)
                await process.wait()
            await asyncio.sleep(_PAUSE_SECONDS)
