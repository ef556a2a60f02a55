"""dispatch on a deployment's NATS, killed and started again among the rest: its tests on the bus, run there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from shared.security.keys import ensure_keys
from tests.containers.real_parts import NatsInContainer
from tests.integration.dispatch.test_on_the_bus import *

pytestmark = [  # type: ignore[assignment]  # there it is one mark
    pytest.mark.anyio,
    pytest.mark.timeout(300),
    # The engine's proxy takes a connection for a server that is away; nats-py then leaves the socket to the collector.
    pytest.mark.filterwarnings(
        "ignore:Exception ignored in. <function StreamWriter:pytest.PytestUnraisableExceptionWarning"
    ),
]


@pytest.fixture
def nats(tmp_path: Path) -> Iterator[NatsInContainer]:
    """A NATS container with this deployment's keys and authority."""
    ensure_keys(tmp_path / "keys")
    server = NatsInContainer(tmp_path / "nats", tmp_path / "keys")
    server.start()
    yield server
    server.remove()
