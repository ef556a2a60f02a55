"""As a process of its own: what was accepted survives, and its log tells nothing of anybody."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from services.identity.local import bootstrap_token
from shared.security.keys import ensure_keys
from tests.integration.identity.world import PASSWORD, role, section
from tests.support.house import eventually
from tests.support.nats_server import free_port
from tests.support.trust import NOBODY
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

ROOT = Path(__file__).parents[3]
EMAIL, NAME = "maria.ivanova@test.example", "Мария Иванова"


class Process:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "log"
        self.base = f"http://127.0.0.1:{self.port}/identity"
        self._process: subprocess.Popen[bytes] | None = None
        ensure_keys(folder / "keys")

    def _spawn(self) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ZAKRILA_DATA": str(self.folder),
            "ZAKRILA_KEYS": str(self.folder / "keys"),
            "ZAKRILA_PORT": str(self.port),
            "ZAKRILA_NATS_URL": "nats://127.0.0.1:1",
            "ZAKRILA_VALKEY_URL": "redis://127.0.0.1:1/0",
        }
        with self.log.open("ab") as out:
            command = [sys.executable, "-P", "-m", "services.identity.main"]
            self._process = subprocess.Popen(command, env=environment, stdout=out, stderr=out)

    async def start(self) -> None:
        self._spawn()

        async def ready() -> bool:
            try:
                async with httpx.AsyncClient(verify=NOBODY) as client:
                    return (await client.get(f"{self.base}/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await eventually(ready, "identity is ready", 30)

    def end(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)
            self._process.wait(20)
            self._process = None

    def client(self, token: str = "") -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(verify=NOBODY, base_url=f"{self.base}/api", headers=headers, timeout=10)


@pytest.fixture
def process(tmp_path: Path) -> Iterator[Process]:
    """An identity that is not started yet."""
    made = Process(tmp_path)
    yield made
    made.end(signal.SIGKILL)


async def test_accounts_and_sessions_survive_and_the_log_tells_nothing(process: Process) -> None:
    await process.start()
    secrets = [EMAIL, "maria", NAME, "Мария", PASSWORD, "not the password"]
    body = {"email": EMAIL, "name": NAME, "password": PASSWORD, "roles": [role("operator", "TST")]}
    async with process.client(bootstrap_token(process.folder / "keys")) as admin, process.client() as nobody:
        await ok(admin.put("/jurisdictions/TST", json=section()))
        await ok(admin.post("/users", json=body), 201)
        await refused(admin.post("/users", json=body), 409)
        await refused(admin.post("/users", json=body | {"roles": [role("operator", NAME)]}), 422)
        await refused(admin.post("/users", content=f'{{"email": "{EMAIL}"'.encode()), 415)
        sign_in = {"email": EMAIL, "password": PASSWORD}
        await refused(nobody.post("/sessions", json=sign_in | {"password": "not the password"}), 401)
        await refused(nobody.post("/sessions", json=sign_in | {"otp": "no code"}), 422)
        signed_in = await ok(nobody.post("/sessions", json=sign_in), 201)
        secrets += [signed_in["token"], signed_in["refresh"].partition(".")[2]]
        process.end(signal.SIGKILL)
        await process.start()
        refreshed = await ok(nobody.post("/sessions/current/refresh", json={"refresh": signed_in["refresh"]}))
        async with process.client(refreshed["token"]) as maria:
            assert (await ok(maria.get("/me")))["email"] == EMAIL
    process.end(signal.SIGTERM)
    log = process.log.read_text()
    assert '"event": "a sign-in was refused"' in log
    assert not [secret for secret in secrets if secret in log]
    store = b"".join(file.read_bytes() for file in (process.folder / "identity").iterdir())
    for secret in (PASSWORD.encode(), signed_in["refresh"].partition(".")[2].encode(), signed_in["token"].encode()):
        assert secret not in store
