"""An upgrade of a running stack, a service at a time under load, and the way back: nothing is lost (P1, P2)."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from shared.contracts.vocabulary import Service
from tests.containers.compose_stack import ComposeStack, answered, docker, raise_call
from tests.support.stack import ROOT, wait_until

pytestmark = [pytest.mark.long, pytest.mark.timeout(900)]

NEXT = "of-tomorrow"
_STEP = """
from alembic import op
import sqlalchemy as sa

revision, down_revision, branch_labels, depends_on = "{present}", "{before}", None, None


def upgrade():
    op.add_column("outbox", sa.Column("of_tomorrow", sa.Integer, nullable=True))
"""


class Load:
    """Somebody who raises a call again and again until told to stop."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client
        self._ended = threading.Event()
        self.accepted: list[str] = []
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        while not self._ended.wait(0.3):
            reference = f"upgrade-{len(self.accepted)}"
            self.accepted.append(raise_call(self._client, reference, mode="exercise", seconds=120))

    def end(self) -> list[str]:
        self._ended.set()
        self._thread.join()
        return self.accepted


@pytest.fixture
def next_release(stack: ComposeStack, tmp_path: Path) -> Iterator[str]:
    """A later release: each history has one step more."""
    for service in Service:
        versions = ROOT / "services" / service / "migrations" / "versions"
        number = len(list(versions.glob("*.py"))) + 1
        step = _STEP.format(present=f"{number:04d}", before=f"{number - 1:04d}")
        (tmp_path / f"{service}.py").write_text(step)
    copies = "".join(
        f"COPY {service}.py /app/services/{service}/migrations/versions/9999_later.py\n" for service in Service
    )
    images = [f"zakrila/{part}" for part in ("jobs", *Service)]
    for image in images:
        (tmp_path / "Dockerfile").write_text(f"FROM {image}:latest\n{copies}")
        docker("build", "--quiet", "--tag", f"{image}:{NEXT}", str(tmp_path))
    yield NEXT
    stack.write_settings()
    for image in images:
        docker("rmi", "--force", f"{image}:{NEXT}")


def put(stack: ComposeStack, service: Service, version: str) -> None:
    """Do what docs/operations.md says for one service."""
    stack.compose("up", "--detach", "--no-deps", "--no-build", "--wait", "--wait-timeout=120", service)
    assert stack.inspect(service)["Config"]["Image"] == f"zakrila/{service}:{version}"


def test_services_are_upgraded_and_rolled_back_one_at_a_time_and_nothing_is_lost(
    stack: ComposeStack, next_release: str
) -> None:
    with stack.sign_in("supervisor@demo.example") as supervisor:
        load = Load(supervisor)
        try:
            wait_until(lambda: load.accepted, "the load began")
            stack.write_settings(ZAKRILA_VERSION=next_release)
            stack.compose("run", "--rm", "--no-deps", "-T", "migrate")
            answered(supervisor, load.accepted[-1])  # the old release runs on the new schema
            for service in Service:
                put(stack, service, next_release)
            upgraded = len(load.accepted)
            stack.write_settings()
            for service in reversed(list(Service)):
                put(stack, service, "latest")
            rolled_back = len(load.accepted)
            wait_until(lambda: len(load.accepted) > rolled_back + 3, "calls come in after all of that")
        finally:
            accepted = load.end()
        assert 0 < upgraded < rolled_back < len(accepted)
        for incident in accepted:
            answered(supervisor, incident, 120)
