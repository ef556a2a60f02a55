"""The machine is lost; the copies on the second disk bring the stack back."""

from __future__ import annotations

import json
import shutil
import signal
import time
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Service
from tests.support.nats_server import free_port
from tests.support.stack import ROOT, Stack, wait_until

pytestmark = [pytest.mark.stack, pytest.mark.timeout(240)]

CALL = json.loads((ROOT / "docs/examples/call.json").read_text())
BEHIND_SECONDS = 2.0
"""How old something must be to be certainly in the copies."""


def test_a_stack_that_is_lost_with_its_disk_comes_back_from_the_copies(tmp_path: Path) -> None:
    copies = tmp_path / "second-disk"
    lost = Stack.started(tmp_path / "data", f"--replicate={copies}")
    with lost.client("operator@demo.example") as operator:
        accepted = []
        for number in range(10):
            raised = operator.post("/intake/api/incidents", json={**CALL, "external_ref": f"call-{number}"})
            accepted.append(raised.json()["id"])
    time.sleep(BEHIND_SECONDS)  # what is asked is how far the copies are behind, which only time can show
    _lose(lost)

    found = Stack(tmp_path / "restored", free_port())
    found.zakrila("restore", str(copies))
    assert {row[0] for row in found.read(Service.INTAKE, "SELECT id FROM incident")} == set(accepted)
    found.up()
    try:
        with found.client("operator@demo.example") as operator:

            def settled() -> bool:
                items = operator.get("/intake/api/incidents?limit=200").json()["items"]
                return all(leg["state"] != "waiting" for item in items for leg in item["legs"].values())

            wait_until(settled, "every call is answered again", seconds=60)
    finally:
        found.down()
    refused = found.zakrila("up", "--detach", f"--port={found.port}", f"--replicate={copies}", check=False)
    assert refused.returncode == 1
    assert "holds copies of another data folder" in refused.stderr


def _lose(stack: Stack) -> None:
    parts = [name for name in stack.parts() if name != "supervisor"]
    stack.signal("supervisor", signal.SIGSTOP)
    for part in parts:
        stack.signal(part, signal.SIGKILL)
    stack.signal("supervisor", signal.SIGKILL)
    shutil.rmtree(stack.data)
