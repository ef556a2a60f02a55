"""Logs of a real process: JSON lines, joined by incident and trace, with nothing personal in any of them (P6)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from deploy.jurisdictions.load import load
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Role
from shared.security.keys import ensure_keys
from shared.security.tokens import Grant
from tests.integration.telemetry.conftest import SMALL
from tests.integration.telemetry.test_figures import CALL
from tests.support.house import token
from tests.support.nats_server import free_port
from tests.support.stack import ROOT, wait_until
from tests.support.trust import NOBODY

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


class Intake:
    """intake as a process of its own; the bus is away."""

    def __init__(self, folder: Path) -> None:
        ensure_keys(folder / "keys")
        self._keys = folder / "keys"
        self._log = folder / "log"
        port = free_port()
        self.base = f"http://127.0.0.1:{port}/intake"
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "ZAKRILA_DATA": str(folder),
            "ZAKRILA_KEYS": str(self._keys),
            "ZAKRILA_PORT": str(port),
            "ZAKRILA_NATS_URL": "nats://127.0.0.1:1",
        }
        with self._log.open("wb") as log:
            command = [sys.executable, "-P", "-m", "services.intake.main"]
            self._process = subprocess.Popen(command, env=environment, stderr=log, stdout=log, cwd=ROOT)
        wait_until(self._answers, "intake answers", seconds=90)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.base}/health/live").status_code == 200
        except httpx.TransportError:
            return False

    def client(self, role: Role) -> httpx.Client:
        headers = {
            "Authorization": f"Bearer {token(self._keys, Grant(role, 'TST'))}",
            "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
        }
        return httpx.Client(verify=NOBODY, base_url=f"{self.base}/api", headers=headers, timeout=10)

    def stop(self) -> str:
        self._process.terminate()
        self._process.wait()
        return self._log.read_text()


@pytest.fixture
def intake(tmp_path: Path) -> Iterator[Intake]:
    made = Intake(tmp_path)
    yield made
    made.stop()


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_every_step_is_a_line_with_its_incident_and_trace_and_nothing_personal(intake: Intake) -> None:
    body = section(load(SMALL), "intake", first=True).model_dump(mode="json")
    with intake.client(Role.ADMIN) as admin, intake.client(Role.OPERATOR) as operator:
        assert admin.put("/jurisdictions/TST", json=body).status_code == 200
        incident = operator.post("/incidents", json={**CALL, "narrative": "Той я удари."}).json()["id"]
        assert operator.patch(f"/incidents/{incident}", json={"victim": {"injured": "yes"}}).status_code == 200
        assert operator.patch(f"/incidents/{incident}", json={"victim": {"name": 7}}).status_code == 422
        assert operator.get(f"/incidents/{incident}/facts").status_code == 200
    text = intake.stop()
    said = [line for line in lines(text) if line["event"] == "said" and line["type"].startswith("intake.incident.")]
    assert [(line["type"], line["version"]) for line in said] == [
        ("intake.incident.raised", 1),
        ("intake.incident.updated", 2),
    ]
    assert {(line["service"], line["incident"], line["trace_id"]) for line in said} == {("intake", incident, TRACE)}
    assert not [word for word in ("Мария", "Тайна", "удари") if word in text]
