"""`./zakrila call` before a small server that answers as intake does."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SMALLEST = {"channel": "helpline", "location": {"municipality": "RSE27"}, "needs": {"police": True}}


class Intake(ThreadingHTTPServer):
    """Its police leg goes one state further each time it is looked at, from the first."""

    def __init__(self, states: list[str], refusals: list[tuple[int, dict[str, Any]]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.states = states
        self.refusals = refusals
        self.posted: list[tuple[str, str, object]] = []

    def incident(self) -> dict[str, Any]:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        police = {"state": state, "overdue": False, "detail": {"unit": "Ruse-12"} if state == "answered" else {}}
        legs = {"police": police, "shelter": {"state": "not_needed"}, "centre": {"state": "waived"}}
        return {"id": "0197", "number": "RSE-2026-000001", "priority": 2, "legs": legs}


class _Handler(BaseHTTPRequestHandler):
    server: Intake

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.posted.append((self.headers["Idempotency-Key"], self.headers["Authorization"], body))
        if self.server.refusals:
            self._answer(*self.server.refusals.pop(0))
        else:
            self._answer(201, self.server.incident())

    def do_GET(self) -> None:
        self._answer(200, self.server.incident())

    def _answer(self, status: int, document: dict[str, Any]) -> None:
        self.send_response(status)
        self.send_header("Retry-After", "1")
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *_: object) -> None:
        """Keep the output of tests quiet."""


@pytest.fixture
def intake() -> Iterator[Intake]:
    with Intake(["waiting", "waiting", "answered"], []) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def call(intake: Intake, tmp_path: Path, *options: str, body: object = SMALLEST) -> subprocess.CompletedProcess[str]:
    file = tmp_path / "call.json"
    file.write_text(body if isinstance(body, str) else json.dumps(body))
    where = [f"--url=http://127.0.0.1:{intake.server_port}", "--token=secret", f"--file={file}"]
    return subprocess.run(
        [sys.executable, "-P", "-m", "deploy.cli", "call", *where, *options],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )


def test_it_ends_when_each_needed_leg_is_answered(intake: Intake, tmp_path: Path) -> None:
    answer = call(intake, tmp_path)
    assert answer.returncode == 0, answer.stderr
    lines = [line.split() for line in answer.stdout.splitlines()]
    assert lines[0][0] == "RSE-2026-000001"
    assert lines[1:] == [["police", "waiting"], ["centre", "waived"], ["police", "answered", "unit", "Ruse-12"]]
    assert intake.posted[0][1:] == ("Bearer secret", SMALLEST)


def test_a_leg_that_is_late_is_named_and_the_exit_status_is_1(intake: Intake, tmp_path: Path) -> None:
    answer = call(intake, tmp_path, "--wait", "accepted", "--timeout", "1")
    assert answer.returncode == 1
    assert answer.stderr == "zakrila: Not accepted within 1 s: police.\n"


def test_an_overloaded_stack_is_asked_again_under_the_same_key(intake: Intake, tmp_path: Path) -> None:
    intake.refusals = [(503, {"detail": "later"})]
    assert call(intake, tmp_path).returncode == 0
    first, second = intake.posted
    assert first == second
    assert first[0]


def test_a_refusal_is_shown_as_its_sentences(intake: Intake, tmp_path: Path) -> None:
    problem = {
        "title": "Not accepted",
        "detail": "Some fields are not accepted: needs.",
        "errors": [{"field": "needs", "message": "is missing"}],
    }
    intake.refusals = [(422, problem)]
    answer = call(intake, tmp_path)
    assert answer.returncode == 1
    assert answer.stdout == ""
    assert answer.stderr == "zakrila: needs: is missing\n"


@pytest.mark.parametrize(("body", "words"), [("{", "is not JSON"), ("[]", "does not hold one incident")])
def test_a_file_that_is_no_incident_is_refused_before_anything_is_sent(
    body: str, words: str, intake: Intake, tmp_path: Path
) -> None:
    answer = call(intake, tmp_path, body=body)
    assert answer.returncode == 1
    assert words in answer.stderr
    assert intake.posted == []


def test_without_a_stack_it_says_how_to_start_one(tmp_path: Path) -> None:
    file = tmp_path / "call.json"
    file.write_text("{}")
    answer = subprocess.run(
        [sys.executable, "-P", "-m", "deploy.cli", "call", f"--file={file}", f"--data={tmp_path}"],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert answer.returncode == 1
    assert answer.stderr.startswith(f"zakrila: No stack runs on {tmp_path}; `./zakrila up` starts one")
