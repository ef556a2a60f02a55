"""The stack of containers as its operator has it: from a clean clone, under its own name and ports."""

from __future__ import annotations

import contextlib
import json
import os
import ssl
import subprocess
import tarfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import httpx

from tests.support.nats_server import free_port
from tests.support.stack import ROOT, wait_until

CALL: dict[str, Any] = json.loads((ROOT / "docs/examples/call.json").read_text())
PERSONAL: tuple[str, ...] = (
    CALL["caller"]["phone"],
    CALL["callback"]["phone"],
    CALL["callback"]["code_word"],
    CALL["location"]["address"],
    CALL["victim"]["name"],
    CALL["perpetrators"][0]["name"],
    CALL["narrative"],
)
OVERLOAD = {httpx.codes.TOO_MANY_REQUESTS, httpx.codes.BAD_GATEWAY, httpx.codes.SERVICE_UNAVAILABLE, 504}


def clean_clone(folder: Path) -> Path:
    """Copy what belongs to the project and nothing else, as a clone has it."""
    folder.mkdir()
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    packed = BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name in filter(None, listing.stdout.decode().split("\0")):
            if (ROOT / name).exists():
                archive.add(ROOT / name, arcname=name)
    packed.seek(0)
    with tarfile.open(fileobj=packed) as archive:
        archive.extractall(folder, filter="data")
    return folder


@dataclass
class ComposeStack:
    """One stack of containers."""

    clone: Path
    project: str
    overlays: Sequence[str] = ()
    https_port: int = field(default_factory=free_port)
    http_port: int = field(default_factory=free_port)
    first_logs: str = ""
    """What everybody logged from the start to the answers to a first call."""
    _passwords: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.https_port}"

    def write_settings(self, **more: str) -> None:
        """Write ``.env`` as an operator does."""
        settings = {
            "COMPOSE_PROJECT_NAME": self.project,
            "ZAKRILA_HTTPS_PORT": str(self.https_port),
            "ZAKRILA_HTTP_PORT": str(self.http_port),
            "ZAKRILA_JURISDICTION": "ruse",
            "ZAKRILA_DEMO": "1",
            **more,
        }
        (self.clone / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))

    def compose(self, *arguments: str, seconds: float = 300) -> str:
        """Run docker compose on this stack; return what it printed."""
        return self._compose(arguments, seconds).stdout

    def build(self, part: str) -> str:
        """Build a part's image; return how it went."""
        return self._compose(("build", "--progress=plain", part), seconds=600).stderr

    def _compose(self, arguments: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
        files = [f"--file={name}" for name in ("docker-compose.yml", *self.overlays)]
        done = subprocess.run(
            ["docker", "compose", "--ansi=never", *files, *arguments],
            cwd=self.clone,
            env={name: value for name, value in os.environ.items() if not name.startswith(("ZAKRILA_", "COMPOSE_"))},
            capture_output=True,
            text=True,
            timeout=seconds,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(f"compose {' '.join(arguments)} → {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def up(self) -> None:
        try:
            self.compose("up", "--build", "--wait", "--wait-timeout=400", seconds=900)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.logs()}") from None

    def down(self, *arguments: str) -> None:
        self.compose("down", *arguments)

    def logs(self, *parts: str) -> str:
        return self.compose("logs", "--no-log-prefix", *parts).replace("\x1b[2K", "")

    def inspect(self, part: str) -> dict[str, Any]:
        """Return what the engine says of a part's (first) container."""
        identity = self.containers(part)[0]
        shown: list[dict[str, Any]] = json.loads(docker("inspect", identity))
        return shown[0]

    def containers(self, part: str) -> list[str]:
        return self.compose("ps", "--all", "--quiet", part).split()

    def execute(self, part: str, *command: str) -> subprocess.CompletedProcess[str]:
        """Run something inside a part's container."""
        return subprocess.run(
            ["docker", "exec", self.containers(part)[0], *command],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def python(self, part: str, code: str) -> subprocess.CompletedProcess[str]:
        """Run a few lines inside a service's container."""
        return self.execute(part, "python", "-c", code)

    def wait_until_healthy(self, part: str, seconds: float = 90) -> None:
        def healthy() -> bool:
            states = [json.loads(docker("inspect", identity))[0]["State"] for identity in self.containers(part)]
            return all(state["Status"] == "running" and _health(state) == "healthy" for state in states)

        wait_until(healthy, f"{part} is healthy", seconds)

    def trust(self) -> ssl.SSLContext:
        """Return a context that trusts this stack's gateway and nothing else."""
        root = self.execute("gateway", "cat", "/zakrila/data/caddy/pki/authorities/local/root.crt").stdout
        return ssl.create_default_context(cadata=root)

    def accounts(self) -> list[dict[str, str]]:
        """Read the accounts of the first day, as docs/operations.md says."""
        shown = self.compose("run", "--rm", "--no-deps", "-T", "first-day", "cat", "demo-accounts.json")
        entries: list[dict[str, str]] = json.loads(shown)
        return entries

    @contextlib.contextmanager
    def sign_in(self, email: str) -> Iterator[httpx.Client]:
        """Give an HTTP client signed in through the gateway."""
        if not self._passwords:
            self._passwords.update({entry["email"]: entry["password"] for entry in self.accounts()})
        with httpx.Client(base_url=self.url, verify=self.trust(), timeout=15) as client:
            answer = client.post("/identity/api/sessions", json={"email": email, "password": self._passwords[email]})
            assert answer.is_success, answer.text
            client.headers["Authorization"] = f"Bearer {answer.json()['token']}"
            yield client


def first_call(stack: ComposeStack) -> None:
    """Raise a call and wait for its answers, and keep what was logged until then."""
    with stack.sign_in("operator@demo.example") as operator:
        answered(operator, raise_call(operator, "first"))
    stack.first_logs = stack.logs()


def _health(state: dict[str, Any]) -> str:
    health = state.get("Health")
    return str(health["Status"]) if health else "healthy"


def docker(*arguments: str) -> str:
    done = subprocess.run(["docker", *arguments], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise AssertionError(f"docker {' '.join(arguments)} → {done.returncode}\n{done.stderr}")
    return done.stdout


def raise_call(client: httpx.Client, reference: str, *, seconds: float = 60, **changes: Any) -> str:
    """Raise an incident, asking again under the same key until it is accepted; return its id."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            answer = client.post(
                "/intake/api/incidents",
                json={**CALL, "external_ref": reference, **changes},
                headers={"Idempotency-Key": reference},
            )
        except httpx.TransportError as error:
            why = repr(error)
        else:
            if answer.status_code == httpx.codes.CREATED:
                return str(answer.json()["id"])
            why = f"{answer.status_code} {answer.text}"
            assert answer.status_code in OVERLOAD or "request-in-progress" in answer.text, why
        if time.monotonic() > deadline:
            raise AssertionError(f"not accepted within {seconds:g} s: {why}")
        time.sleep(0.3)


def legs(client: httpx.Client, incident: str) -> dict[str, dict[str, Any]] | None:
    """Return an incident's legs; None while they cannot be read."""
    try:
        answer = client.get(f"/intake/api/incidents/{incident}")
    except httpx.TransportError:
        return None
    if answer.status_code in OVERLOAD:
        return None
    assert answer.status_code == httpx.codes.OK, answer.text
    shown: dict[str, dict[str, Any]] = answer.json()["legs"]
    return shown


def answered(client: httpx.Client, incident: str, seconds: float = 60) -> dict[str, dict[str, Any]]:
    """Wait until every leg has an answer, whichever."""

    def there() -> dict[str, dict[str, Any]] | None:
        now = legs(client, incident)
        return now if now and all(leg["state"] != "waiting" for leg in now.values()) else None

    found: dict[str, dict[str, Any]] = wait_until(there, f"three answers for {incident}", seconds)
    return found
