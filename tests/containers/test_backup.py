"""Back up and restore as docs/operations.md says: its very commands."""

from __future__ import annotations

import re
import subprocess

import httpx
import pytest

from tests.containers.compose_stack import ComposeStack, answered, docker, legs, raise_call
from tests.support.stack import ROOT

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]


def commands(number: int) -> str:
    """Return one of the blocks of commands of the section."""
    section = (ROOT / "docs" / "operations.md").read_text().partition("## Back up and restore")[2]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", section, flags=re.DOTALL)
    return blocks[number]


def run(stack: ComposeStack, script: str) -> None:
    done = subprocess.run(
        ["sh", "-ec", script], cwd=stack.clone, capture_output=True, text=True, timeout=600, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_was_backed_up_is_there_after_the_loss_of_databases_and_bus(stack: ComposeStack) -> None:
    with stack.sign_in("supervisor@demo.example") as supervisor:
        before = raise_call(supervisor, "before-backup", mode="exercise")
        answered(supervisor, before)
        run(stack, commands(0))
        after = raise_call(supervisor, "after-backup", mode="exercise")
        answered(supervisor, after)
    stack.down()
    docker("volume", "rm", f"{stack.project}_postgres", f"{stack.project}_nats")
    run(stack, commands(1))
    with stack.sign_in("supervisor@demo.example") as supervisor:
        assert legs(supervisor, before)
        assert supervisor.get(f"/intake/api/incidents/{after}").status_code == httpx.codes.NOT_FOUND
        answered(supervisor, raise_call(supervisor, "after-restore", mode="exercise"))
