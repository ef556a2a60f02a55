"""One real service in this process: its own store, real HTTP on loopback, a real bus if the test brings one."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import uvicorn

from shared.clock import Clock, utc_now
from shared.contracts.vocabulary import Role
from shared.ids import account_id
from shared.security.keys import ensure_keys, signing_key
from shared.security.tokens import Account, Grant, sign
from shared.service import Chassis, House
from shared.settings import Settings
from tests.support.nats_server import free_port
from tests.support.trust import NOBODY


@dataclass
class Running:
    """A service that answers."""

    chassis: Chassis
    base: str
    """For instance ``http://127.0.0.1:4711/intake``."""
    keys: Path

    def token(self, role: Role, organisation: str = "RSE", *, unit: str | None = None, email: str | None = None) -> str:
        """Return a token of an account with one role."""
        return token(self.keys, Grant(role, organisation, unit), email=email)

    def client(self, role: Role, organisation: str = "RSE", **more: Any) -> httpx.AsyncClient:
        """Return an HTTP client signed in with one role; paths are relative to the service's API."""
        headers = {"Authorization": f"Bearer {self.token(role, organisation, **more)}"}
        return httpx.AsyncClient(verify=NOBODY, base_url=f"{self.base}/api", headers=headers, timeout=10)


def token(keys: Path, *grants: Grant, email: str | None = None, seconds: float = 600) -> str:
    """Return a signed token for an account with these grants."""
    name = email or ".".join(f"{g.role}.{g.organisation}" for g in grants)
    now = time.time()
    account = Account(account_id(f"{name}@test.example"), f"session-{name}", grants, now - 1, now + seconds)
    return sign(account, signing_key(keys))


@contextlib.asynccontextmanager
async def running(
    make_house: Callable[[Settings], House],
    folder: Path,
    *,
    database_url: str | None = None,
    nats_url: str = "nats://127.0.0.1:1",
    clock: Clock = utc_now,
    settings_class: type[Settings] = Settings,
    **more: Any,
) -> AsyncIterator[Running]:
    """Run a service until the block ends. Without ``nats_url`` the bus is away, which a service must bear (P1)."""
    keys = folder / "keys"
    ensure_keys(keys)
    settings = settings_class(data=folder, keys=keys, nats_url=nats_url, port=free_port(), **more)
    house = make_house(settings)
    variable = f"ZAKRILA_{house.service.stream}_DATABASE_URL"
    with patch.dict(os.environ, {variable: database_url or ""}):
        chassis = Chassis(house, settings, clock=clock)
    chassis.prepare()
    config = uvicorn.Config(
        chassis.app, host="127.0.0.1", port=settings.port, log_config=None, access_log=False, lifespan="on"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await eventually(lambda: server.started, "the service answers")
    try:
        yield Running(chassis, f"http://127.0.0.1:{settings.port}{house.service.prefix}", keys)
    finally:
        server.should_exit = True
        await task


async def eventually(condition: Callable[[], Any], what: str, seconds: float = 10.0) -> Any:
    """Wait for a condition (plain or async) with a deadline; return what it returned."""
    deadline = time.monotonic() + seconds
    while True:
        result = condition()
        if asyncio.iscoroutine(result):
            result = await result
        if result:
            return result
        if time.monotonic() > deadline:
            raise AssertionError(f"did not happen within {seconds:g} s: {what}")
        await asyncio.sleep(0.02)
