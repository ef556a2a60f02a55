"""Each container killed, paused and cut off in turn: what was accepted is kept, and answered (P1, P2, P5)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.containers.compose_stack import ComposeStack, answered, docker, raise_call
from tests.support.stack import wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

PARTS = [*(service.value for service in Service), "gateway", "postgres", "nats", "redis", "topology"]


@pytest.fixture
def supervisor(stack: ComposeStack) -> Iterator[httpx.Client]:
    """A supervisor: drills leave the real units and rooms to other tests."""
    with stack.sign_in("supervisor@demo.example") as client:
        yield client


def kill(stack: ComposeStack, part: str) -> None:
    docker("kill", *stack.containers(part))


def start(stack: ComposeStack, part: str) -> None:
    docker("start", *stack.containers(part))


def pause(stack: ComposeStack, part: str) -> None:
    docker("pause", *stack.containers(part))


def unpause(stack: ComposeStack, part: str) -> None:
    docker("unpause", *stack.containers(part))


def networks(stack: ComposeStack, part: str) -> list[str]:
    return [name for name in stack.inspect(part)["NetworkSettings"]["Networks"] if not name.endswith("_front")]


def cut_off(stack: ComposeStack, part: str) -> None:
    _known_networks[part] = networks(stack, part)
    for name in _known_networks[part]:
        docker("network", "disconnect", name, stack.containers(part)[0])


def join(stack: ComposeStack, part: str) -> None:
    for name in _known_networks.pop(part):
        docker("network", "connect", f"--alias={part}", name, stack.containers(part)[0])


_known_networks: dict[str, list[str]] = {}


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize(
    ("disturb", "mend"), [(kill, start), (pause, unpause), (cut_off, join)], ids=["killed", "paused", "cut off"]
)
def test_a_call_made_meanwhile_is_kept_and_answered(
    stack: ComposeStack,
    supervisor: httpx.Client,
    part: str,
    disturb: Callable[[ComposeStack, str], None],
    mend: Callable[[ComposeStack, str], None],
) -> None:
    reference = f"{part}-{disturb.__name__}"
    before = raise_call(supervisor, f"{reference}-before", mode="exercise")
    disturb(stack, part)
    meanwhile: list[str] = []
    caller = threading.Thread(
        target=lambda: meanwhile.append(raise_call(supervisor, f"{reference}-meanwhile", mode="exercise"))
    )
    try:
        caller.start()
        caller.join(2.0)
    finally:
        mend(stack, part)
    caller.join()
    assert len(meanwhile) == 1
    for incident in (before, *meanwhile):
        answered(supervisor, incident)
    assert stack.inspect(part)["State"]["Status"] == "running"


def test_a_service_whose_process_dies_is_started_again_by_itself(stack: ComposeStack) -> None:
    count = int(stack.inspect("dispatch")["RestartCount"])
    stack.python("dispatch", _KILL)
    wait_until(lambda: int(stack.inspect("dispatch")["RestartCount"]) > count, "dispatch is started again")
    stack.wait_until_healthy("dispatch")


_KILL = """
import os, pathlib, signal
for entry in pathlib.Path("/proc").iterdir():
    if entry.name.isdigit() and b"services.dispatch.main" in (entry / "cmdline").read_bytes() and entry.name != "1":
        os.kill(int(entry.name), signal.SIGKILL)
"""
