"""Stacks of containers for the tests of a session: building and starting one takes most of the time."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.containers.compose_stack import ComposeStack, clean_clone, first_call

# Containers are reached by ports of this machine, also where it is a container itself.
os.environ.setdefault("TESTCONTAINERS_CONNECTION_MODE", "docker_host")


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ComposeStack]:
    """The stack of docker-compose.yml, from a clean clone, with the demo area of Ruse."""
    clone = clean_clone(tmp_path_factory.mktemp("clone") / "zakrila")
    made = ComposeStack(clone, f"zakrila-test-{os.getpid()}")
    made.write_settings()
    try:
        made.up()
        first_call(made)
        yield made
    finally:
        made.down("--volumes", "--remove-orphans", "--timeout=5")
