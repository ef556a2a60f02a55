"""The stack that a storm falls on: its processes, files, databases and bus, and the hands to break each of them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Self

from nats.aio.client import Client

from deploy.embedded.layout import Layout
from deploy.embedded.parts import SERVICES
from deploy.embedded.probes import probe_of
from deploy.embedded.process import Identity, Process
from deploy.embedded.state import StackState
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.vocabulary import Service
from shared.messaging.topology import connect_supervisor
from tests.faults.generator import Impatient
from tests.faults.replicas import Replicas
from tests.faults.served import PLANTED
from tests.support.databases import Postgres
from tests.support.nats_server import free_port
from tests.support.stack import ROOT

NAMESPACE = "ZAKRILA_STORM_NAMESPACE"
"""Set in the environment of a storm that runs in a mount namespace of its own."""
UP_SECONDS = 150.0
_LOOK_SECONDS = 0.05


class Site:
    """One stack under fire, on SQLite or on PostgreSQL."""

    def __init__(self, folder: Path, area: Jurisdiction, database: str, planted: Sequence[str] = ()) -> None:
        self.layout = Layout(folder)
        self.database = database
        self.port = free_port()
        self.postgres: Postgres | None = None
        self.postgres_home: Path | None = None
        self.replicas = Replicas(self) if database == "postgres" else None
        self.clients: list[Impatient] = []
        self._area = area
        self._planted = planted
        self._urls: dict[Service, str] = {}
        self._stand: Process | None = None

    @property
    def url(self) -> str:
        """Where people reach it."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.asynccontextmanager
    async def standing(self) -> AsyncIterator[Self]:
        """Build the site and start it; afterwards nothing of it is left but the data folder."""
        with contextlib.ExitStack() as undo:
            self._build(undo)
            keeping = asyncio.create_task(self._keep_postgres())
            try:
                await self.up()
                if self.replicas is not None:
                    await self.replicas.begin()
                yield self
            finally:
                keeping.cancel()
                if self.replicas is not None:
                    await self.replicas.stop()
                if self._stand is not None:
                    await self._stand.stop(20)

    def _build(self, undo: contextlib.ExitStack) -> None:
        self.layout.folder.mkdir(parents=True, exist_ok=True)
        if can_mount():
            self._make_disk(self.layout.folder, "3g", undo)
            for service in SERVICES:
                self.layout.own(service).mkdir(mode=0o700, exist_ok=True)
                self._make_disk(self.layout.own(service), "1g", undo)
        (self.layout.folder / "area.json").write_text(self._area.model_dump_json())
        if self.database == "postgres":
            self._start_databases(undo)

    # --- processes ------------------------------------------------------------------------------------------------

    async def up(self) -> None:
        """Start the stack and wait until it is ready; one that cannot start yet is tried again."""
        deadline = time.monotonic() + UP_SECONDS
        ready, log = self.layout.run / "ready", self.layout.folder.with_suffix(".log")
        environment = {**os.environ, "PYTHONPATH": str(ROOT), PLANTED: ",".join(self._planted)}
        command = [sys.executable, "-P", "-m", "tests.faults.stand", str(self.layout.folder), str(self.port)]
        while True:
            ready.unlink(missing_ok=True)
            area = self.layout.folder / "area.json"
            self._stand = await Process.begin([*command, str(area)], environment, log)
            ended = asyncio.create_task(self._stand.wait())
            while not ended.done() and not ready.exists() and time.monotonic() < deadline:  # noqa: ASYNC110  # a file
                await asyncio.sleep(_LOOK_SECONDS)
            if ready.exists():
                ended.cancel()
                return
            if time.monotonic() > deadline:
                raise TimeoutError(f"the stack does not start; its words are in {log} and {self.layout.logs}")
            await asyncio.sleep(1.0)

    def identity(self, part: str) -> Identity | None:
        """Return a part's process, from the supervisor's own record."""
        state = StackState.read(self.layout)
        found = [each.process for each in state.parts if each.name == part] if state else []
        return found[0] if found else None

    def own_port(self, part: str) -> int:
        """Return the port a part listens on behind the gateway."""
        state = StackState.read(self.layout)
        ports = [each.port for each in state.parts if each.name == part] if state else []
        return int(ports[0] or 0) if ports else 0

    def signal(self, part: str, number: signal.Signals) -> Identity | None:
        """Send a signal to a part; return whom it was sent to."""
        process = self.identity(part)
        if process is not None:
            process.send(number)
        return process

    async def kill_everything(self) -> None:
        """Kill every process of the deployment at the same moment."""
        state = StackState.read(self.layout)
        if self._stand is None or state is None:
            return
        self.signal("supervisor", signal.SIGSTOP)  # it must not heal between two blows
        for process in state.survivors():
            if process != state.supervisor:
                process.send(signal.SIGKILL)
        self.signal("supervisor", signal.SIGKILL)
        if self.replicas is not None:
            self.replicas.kill()
        if self.postgres is not None:
            await asyncio.to_thread(self.postgres.kill)
        await self._stand.wait()

    @contextlib.asynccontextmanager
    async def without_supervisor(self) -> AsyncIterator[None]:
        """Keep the supervisor from healing for a moment."""
        stopped = self.signal("supervisor", signal.SIGSTOP)
        try:
            yield
        finally:
            if stopped is not None:
                stopped.send(signal.SIGCONT)

    async def ready(self, service: Service) -> bool:
        """Say whether a service says that it is ready, asked at its own port."""
        return await probe_of(service, self.own_port(service))()

    # --- bus and cache --------------------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def bus(self) -> AsyncIterator[Client]:
        """Connect to the bus with the key that may do anything."""
        url = f"nats://127.0.0.1:{self.own_port('nats')}"
        client = await asyncio.wait_for(connect_supervisor(url, self.layout.keys), 10)
        try:
            yield client
        finally:
            await client.close()

    @property
    def jetstream(self) -> Path:
        """NATS's store."""
        return self.layout.own("nats") / "jetstream"

    # --- stores ---------------------------------------------------------------------------------------------------

    def database_url(self, service: Service) -> str:
        """Return where a service's store is."""
        file = self.layout.own(service) / "store.sqlite3"
        return self._urls.get(service) or f"sqlite:///{file}"

    def _start_databases(self, undo: contextlib.ExitStack) -> None:
        # Not within the data folder: PostgreSQL, which refuses root, must be let in.
        home = self.postgres_home = Path(tempfile.mkdtemp(prefix="zakrila-storm-"))
        undo.callback(shutil.rmtree, home, ignore_errors=True)
        if can_mount():
            self._make_disk(home, "2g", undo)
        self.postgres = Postgres(home, connections=300)
        undo.callback(self.postgres.kill)
        for service in SERVICES:
            self._urls[service] = self.postgres.new_database()
            variable = f"ZAKRILA_{service.stream}_DATABASE_URL"
            os.environ[variable] = self._urls[service]
            undo.callback(os.environ.pop, variable, None)

    async def _keep_postgres(self) -> None:
        """Start the database server again whenever it ended, as an init system would."""
        while True:
            await asyncio.sleep(0.2)
            if self.postgres is not None and not self.postgres.runs:
                with contextlib.suppress(RuntimeError):  # a full disk: tried again
                    await asyncio.to_thread(self.postgres.start)

    def _make_disk(self, place: Path, size: str, undo: contextlib.ExitStack) -> None:
        """Give a folder a disk of its own, which can be filled."""
        run("mount", "-t", "tmpfs", "-o", f"size={size},mode=0700", "tmpfs", str(place))
        undo.callback(run, "umount", "--lazy", str(place))


def run(program: str, *arguments: str) -> None:
    """Run a program of the system's."""
    subprocess.run([str(shutil.which(program)), *arguments], check=True)


def can_mount() -> bool:
    """Say whether disks can be made here: for root, in a mount namespace of its own (see ``__main__``)."""
    return os.geteuid() == 0 and NAMESPACE in os.environ


def accounts(layout: Layout, role: str) -> Sequence[Mapping[str, str]]:
    """Return the accounts with a role."""
    entries: list[Mapping[str, str]] = json.loads(layout.demo_accounts.read_text())
    return [entry for entry in entries if entry["role"] == role]
