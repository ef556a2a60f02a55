"""`docker compose up` from a clean clone: a call, its three answers, and what the fences keep out."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.containers.compose_stack import PERSONAL, ComposeStack, answered, docker, raise_call

pytestmark = pytest.mark.timeout(600)

SERVICES = [service.value for service in Service]
READ_LIMITS = "cd /sys/fs/cgroup; cat memory.max pids.max 2>/dev/null || cat memory/memory.limit_in_bytes pids/pids.max"
LIMITED = {"postgres": 1024, "nats": 512, "redis": 128, "gateway": 192, **dict.fromkeys(SERVICES, 384)}


@pytest.fixture(scope="module")
def operator(stack: ComposeStack) -> Iterator[httpx.Client]:
    """An operator, signed in through the gateway over TLS."""
    with stack.sign_in("operator@demo.example") as client:
        yield client


def test_a_call_through_tls_gets_three_answers(operator: httpx.Client) -> None:
    shown = answered(operator, raise_call(operator, "calm-1"))
    assert {leg["state"] for leg in shown.values()} <= {"answered", "accepted", "unmet"}
    assert shown["police"]["detail"]["unit"]
    assert shown["shelter"]["detail"]["alias"]
    assert shown["centre"]["detail"]["centre"]


def test_everything_is_still_there_after_down_and_up(stack: ComposeStack, operator: httpx.Client) -> None:
    incident = raise_call(operator, "calm-2")
    answered(operator, incident)
    before, accounts = steps(operator, incident), stack.accounts()
    stack.down()
    stack.up()
    assert stack.accounts() == accounts
    with stack.sign_in("operator@demo.example") as again:
        assert steps(again, incident) >= before > set()


def steps(client: httpx.Client, incident: str) -> set[tuple[str, int]]:
    timeline = client.get(f"/intake/api/incidents/{incident}/timeline").json()["items"]
    return {(item["entity"], item["version"]) for item in timeline}


def test_plain_http_is_told_the_way(stack: ComposeStack) -> None:
    answer = httpx.get(f"http://localhost:{stack.http_port}/intake/x?y=1")
    assert (answer.status_code, answer.headers["Location"]) == (308, f"{stack.url}/intake/x?y=1")


def test_metrics_need_a_token_through_the_gateway_and_none_inside(stack: ComposeStack) -> None:
    with httpx.Client(verify=stack.trust()) as stranger:
        assert stranger.get(f"{stack.url}/intake/metrics").status_code == httpx.codes.UNAUTHORIZED
    code = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/intake/metrics').status)"
    assert stack.python("intake", code).stdout.strip() == "200"


@pytest.mark.parametrize("part", LIMITED)
def test_limits_and_read_only_file_systems_are_in_force(stack: ComposeStack, part: str) -> None:
    assert stack.execute(part, "sh", "-c", READ_LIMITS).stdout.split()[0] == str(LIMITED[part] * 1024**2)
    assert stack.execute(part, "sh", "-c", READ_LIMITS).stdout.split()[1] != "max"
    for folder in ("/", "/etc", "/zakrila/own"):
        refused = stack.execute(part, "touch", f"{folder}/written")
        assert "Read-only file system" in refused.stderr, (folder, refused)
    status = dict(line.split(":\t", 1) for line in stack.execute(part, "cat", "/proc/self/status").stdout.splitlines())
    assert status["NoNewPrivs"] == "1"
    assert int(status["CapPrm"], 16) == int(status["CapEff"], 16) == 0
    assert status["Uid"].split()[0] != "0"


CONNECT = "import psycopg; psycopg.connect('host=postgres connect_timeout=3 passfile=/zakrila/own/pgpass {}')"


@pytest.mark.parametrize(
    ("who", "said"),
    [
        ("user=intake dbname=dispatch", "pg_hba.conf rejects connection"),
        ("user=dispatch dbname=dispatch", "no password supplied"),
        ("user=postgres dbname=postgres", "pg_hba.conf rejects connection"),
        ("user=intake dbname=postgres", "pg_hba.conf rejects connection"),
    ],
)
def test_intake_cannot_open_another_database(stack: ComposeStack, who: str, said: str) -> None:
    refused = stack.python("intake", CONNECT.format(who))
    assert refused.returncode != 0
    assert said in refused.stderr
    own = stack.python("intake", CONNECT.format("user=intake dbname=intake"))
    assert own.returncode == 0, own.stderr


@pytest.mark.parametrize("host", ["dispatch", "shelter_beds", "notify", "identity", "redis"])
def test_intake_reaches_nobody_it_need_not_speak_to(stack: ComposeStack, host: str) -> None:
    refused = stack.python("intake", f"import socket; socket.create_connection(('{host}', 8000), 2)")
    assert "gaierror" in refused.stderr


def test_a_service_cannot_reach_the_world(stack: ComposeStack) -> None:
    refused = stack.python("intake", "import socket; socket.create_connection(('192.0.2.1', 80), 2)")
    assert "Network is unreachable" in refused.stderr


def test_the_gateway_reaches_neither_databases_nor_the_bus(stack: ComposeStack) -> None:
    for name in ("postgres", "nats", "redis"):
        assert stack.execute("gateway", "wget", "-q", "-T2", "-O-", f"http://{name}:5432/").returncode != 0
        assert name not in stack.execute("gateway", "getent", "hosts", name).stdout


def test_the_bus_lets_nobody_in_without_a_key(stack: ComposeStack) -> None:
    code = """
import asyncio, nats
async def main():
    await nats.connect("nats://nats:4222", allow_reconnect=False, connect_timeout=2)
asyncio.run(main())
"""
    assert "Authorization Violation" in stack.python("intake", code).stderr


def test_logs_say_no_error_and_nothing_personal_or_secret(stack: ComposeStack) -> None:
    for value in (*PERSONAL, *_secrets(stack)):
        assert value not in stack.first_logs
    for line in stack.first_logs.splitlines():
        level = str(json.loads(line).get("level", "")) if line.startswith("{") else ""
        assert level.lower() not in {"error", "critical", "fatal", "panic"}, line
        assert not {"ERROR:", "FATAL:", "PANIC:", "[ERR]", "[FTL]", "Traceback"} & set(line.split()), line


def test_no_secret_is_in_an_environment_or_a_command_line(stack: ComposeStack) -> None:
    secrets = _secrets(stack)
    for identity in stack.compose("ps", "--all", "--quiet").split():
        shown = docker("inspect", identity)
        assert not [value for value in secrets if value in shown]


def _secrets(stack: ComposeStack) -> list[str]:
    code = (
        "import json, pathlib; print(json.dumps([json.loads(t)['d'] if f.suffix == '.jwk' else t.strip() for f in "
        "pathlib.Path('/zakrila/keys').rglob('*') if f.suffix in ('.jwk', '.nk', '.hash', '.secret') "
        "for t in [f.read_text()]]))"
    )
    shown = stack.compose("run", "--rm", "--no-deps", "-T", "bootstrap", "python", "-c", code)
    passwords = [entry["password"] for entry in stack.accounts()]
    return [*json.loads(shown), *passwords]
