"""A whole embedded stack, started and driven through the project's own command line."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from shared.contracts.vocabulary import Service
from tests.support.nats_server import free_port
from tests.support.trust import NOBODY

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Stack:
    """One stack and its data folder."""

    data: Path
    port: int
    clients: list[httpx.Client] = field(default_factory=list)

    @classmethod
    def started(cls, data: Path, *arguments: str) -> Stack:
        """Start a stack on a free port."""
        stack = cls(data, free_port())
        stack.up(*arguments)
        return stack

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def zakrila(self, *arguments: str, check: bool = True, seconds: float = 240) -> subprocess.CompletedProcess[str]:
        """Run a command on this stack."""
        done = subprocess.run(
            [sys.executable, "-P", "-m", "deploy.cli", *arguments, f"--data={self.data}"],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if check and done.returncode != 0:
            raise AssertionError(f"zakrila {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def up(self, *arguments: str) -> None:
        self.zakrila("up", "--detach", f"--port={self.port}", *arguments)

    def down(self) -> None:
        for client in self.clients:
            client.close()
        self.zakrila("down")

    def parts(self) -> dict[str, dict[str, Any]]:
        """Return each part's state, by name."""
        shown = json.loads(self.zakrila("status", "--json", check=False).stdout)
        return {part["name"]: part for part in shown["parts"]}

    def pid(self, part: str) -> int:
        """Return a part's process id, from the supervisor's own record (no command to run)."""
        state = json.loads((self.data / "run" / "state.json").read_text())
        (found,) = (each["process"] for each in state["parts"] if each["name"] == part)
        return int(found["pid"]) if found else 0

    def signal(self, part: str, number: signal.Signals) -> None:
        """Send a signal to a part; one that just died has had it already."""
        try:
            os.kill(self.pid(part), number)
        except ProcessLookupError:
            return

    def client(self, email: str, *, seconds: float = 15) -> httpx.Client:
        """Return an HTTP client signed in as an account; it lives as long as the stack, if nobody closes it before."""
        token = self.zakrila("token", email).stdout.strip()
        client = httpx.Client(
            verify=NOBODY, base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=seconds
        )
        self.clients.append(client)
        return client

    def account(self, role: str, organisation: str) -> str:
        """Return the address of a demo account."""
        entries = json.loads((self.data / "demo-accounts.json").read_text())
        return next(str(e["email"]) for e in entries if (e["role"], e["organisation"]) == (role, organisation))

    def password(self, email: str) -> str:
        """Return the password of a demo account."""
        entries = json.loads((self.data / "demo-accounts.json").read_text())
        return next(str(e["password"]) for e in entries if e["email"] == email)

    def read(self, service: Service, query: str) -> list[tuple[Any, ...]]:
        """Read a service's store."""
        file = self.data / service.value / "store.sqlite3"
        connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    def logs(self) -> str:
        """Return everything that every part logged."""
        return "".join(file.read_text(errors="replace") for file in sorted((self.data / "logs").iterdir()))


def wait_until(condition: Callable[[], Any], what: str, seconds: float = 30) -> Any:
    """Wait for a condition with a deadline; return what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds:g} s: {what}")
        time.sleep(0.05)


def overlaps(steps: Iterable[tuple[str, int, str | None, str]]) -> list[str]:
    """Return every case of two entities holding one thing at once, over all of a store's history (P3).

    Args:
        steps: entity, version, what it holds after that step, and when, in the order in which they were written.
    """
    holders: dict[str, str] = {}
    held: dict[str, str] = {}
    found = []
    for entity, _version, thing, at in steps:
        before = held.pop(entity, None)
        if before is not None and holders.get(before) == entity:
            del holders[before]
        if thing is not None:
            if thing in holders:
                found.append(f"{thing} was held by {holders[thing]} and taken by {entity} at {at}")
            holders[thing], held[entity] = entity, thing
    return found
