"""identity's login throttle on Redis, where a deployment has that instead of Valkey: killed, paused, back again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.containers.real_parts import RedisInContainer
from tests.integration.identity.test_throttle import *

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]  # type: ignore[assignment]  # there it is one mark


@pytest.fixture  # type: ignore[no-redef]  # instead of the program
def valkey(tmp_path: Path) -> Iterator[RedisInContainer]:
    """A Redis container that is started already."""
    server = RedisInContainer(tmp_path / "redis")
    server.start()
    yield server
    server.resume()
    server.remove()
