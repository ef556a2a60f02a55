"""Replaying calls while processes are killed: nothing is lost, nothing shared (P1–P5)."""

from __future__ import annotations

import itertools
import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any, Self

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.support.stack import ROOT, Stack, overlaps, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(420)]

VICTIMS = ("dispatch", "nats", "intake", "shelter_beds", "valkey", "notify", "gateway", "identity")
HISTORY = "SELECT entity, version, holder, at FROM step WHERE type LIKE '%{kind}%' ORDER BY rowid"


class Replaying:
    """`./zakrila replay` in the background."""

    def __init__(self, stack: Stack, log: Path, *arguments: str) -> None:
        command = [sys.executable, "-P", "-m", "deploy.cli", "replay", str(log), "--profile=milwaukee", "--json"]
        self._process = subprocess.Popen(
            [*command, f"--data={stack.data}", *arguments],
            cwd=ROOT,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self.running():
            self._process.kill()
        self._process.communicate()

    def running(self) -> bool:
        return self._process.poll() is None

    def table(self) -> dict[str, Any]:
        """Return the closing table; a lost leg fails the test."""
        out, err = self._process.communicate(timeout=300)
        assert out, err
        table: dict[str, Any] = json.loads(out)
        assert self._process.returncode == 0, (table, err)
        return table


def assert_whole(stack: Stack, table: dict[str, Any], calls: int) -> None:
    assert (table["incidents"], table["accepted"], table["lost"]) == (calls, calls, 0)
    for leg, row in table["legs"].items():
        assert row["answered"] + row["unmet"] == calls, (leg, row)
    assert overlaps(stack.read(Service.DISPATCH, HISTORY.format(kind=".job."))) == []
    assert overlaps(stack.read(Service.SHELTER_BEDS, HISTORY.format(kind=".placement."))) == []
    numbers = stack.read(Service.INTAKE, "SELECT count(*), count(DISTINCT number) FROM incident")
    assert numbers == [(calls, calls)]


def test_the_first_hundred_calls_are_all_answered(milwaukee: Stack, call_log: Path) -> None:
    calls = min(100, len(call_log.read_text().splitlines()) - 1)
    with Replaying(milwaukee, call_log, "--actors", "--speed=7200", f"--limit={calls}") as replaying:
        assert_whole(milwaukee, replaying.table(), calls)


def test_each_process_killed_in_turn_loses_nothing(milwaukee: Stack, call_log: Path) -> None:
    calls = 60
    with Replaying(milwaukee, call_log, "--actors", "--rate=3", f"--limit={calls}") as replaying:
        for victim in itertools.cycle(VICTIMS):
            kill_and_see_it_return(milwaukee, victim)
            if _raised(milwaukee) >= calls or not replaying.running():
                break
        assert_whole(milwaukee, replaying.table(), calls)


def test_everything_killed_at_once_and_started_again_loses_nothing(milwaukee: Stack, call_log: Path) -> None:
    calls = 40
    with Replaying(milwaukee, call_log, "--actors", "--rate=4", f"--limit={calls}") as replaying:
        wait_until(lambda: _raised(milwaukee) >= calls // 3, "a third of the calls")
        pids = [milwaukee.pid(part) for part in ("supervisor", *VICTIMS)]
        milwaukee.signal("supervisor", signal.SIGSTOP)
        for part in VICTIMS:
            milwaukee.signal(part, signal.SIGKILL)
        milwaukee.signal("supervisor", signal.SIGKILL)
        wait_until(lambda: not any(_runs(pid) for pid in pids), "everything is dead")
        milwaukee.up()
        assert_whole(milwaukee, replaying.table(), calls)


def test_calls_are_accepted_while_the_bus_is_away_and_answered_when_it_is_back(milwaukee: Stack) -> None:
    call = {"channel": "emergency_112", "call": "live", "location": {"municipality": "MKE3"}, "needs": {"police": True}}
    with milwaukee.client("operator@demo.example") as operator:
        milwaukee.signal("nats", signal.SIGSTOP)
        try:
            raised = [operator.post("/intake/api/incidents", json=call) for _ in range(5)]
        finally:
            milwaukee.signal("nats", signal.SIGCONT)
        assert [answer.status_code for answer in raised] == [httpx.codes.CREATED] * 5
        accepted = [answer.json()["id"] for answer in raised]

        def answered() -> bool:
            shown = [operator.get(f"/intake/api/incidents/{each}").json()["legs"]["police"] for each in accepted]
            return all(leg["state"] in {"answered", "unmet"} for leg in shown)

        wait_until(answered, "the bus is back and the legs are answered", seconds=60)


def test_without_valkey_nothing_fails(milwaukee: Stack, call_log: Path) -> None:
    milwaukee.signal("valkey", signal.SIGSTOP)
    try:
        with Replaying(milwaukee, call_log, "--rate=5", "--limit=10") as replaying:
            assert_whole(milwaukee, replaying.table(), 10)
    finally:
        milwaukee.signal("valkey", signal.SIGCONT)


def kill_and_see_it_return(stack: Stack, part: str) -> None:
    before = stack.pid(part)
    stack.signal(part, signal.SIGKILL)
    wait_until(lambda: stack.pid(part) not in {0, before}, f"{part} is started again")


def _raised(stack: Stack) -> int:
    return int(stack.read(Service.INTAKE, "SELECT count(*) FROM incident")[0][0])


def _runs(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] != "Z"
