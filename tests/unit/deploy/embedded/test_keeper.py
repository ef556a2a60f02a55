import asyncio
import os
import sys
from pathlib import Path

import pytest

from deploy.embedded import keeper as keeping
from deploy.embedded.keeper import Backoff, Keeper
from deploy.embedded.layout import Layout
from deploy.embedded.parts import Part


def test_waits_double_up_to_ten_seconds() -> None:
    backoff = Backoff()
    waits = [backoff.after(healthy=0) for _ in range(8)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_half_a_minute_of_health_makes_the_next_wait_short() -> None:
    backoff = Backoff()
    for _ in range(8):
        backoff.after(healthy=29)
    assert backoff.after(healthy=30) == 0.2


@pytest.mark.anyio
async def test_a_part_that_says_only_a_new_start_helps_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "AILING_SECONDS", 0.02)
    layout = Layout(tmp_path)
    layout.prepare()
    ailing: list[int] = []

    async def is_ready() -> bool:
        return True

    async def is_ailing() -> bool:
        return bool(ailing) and keeper.identity is not None and keeper.identity.pid == ailing[0]

    sleeping = [sys.executable, "-c", "import time; time.sleep(60)"]
    part = Part(sleeping, os.environ, is_ready, grace=5, is_ailing=is_ailing)
    restarted = asyncio.Event()

    def changed() -> None:
        if keeper.restarts and keeper.state == "ready":
            restarted.set()

    keeper = Keeper("part", lambda: part, layout, changed)
    keeper.begin()
    await keeper.first_ready()
    assert keeper.identity is not None
    ailing.append(keeper.identity.pid)
    await asyncio.wait_for(restarted.wait(), 20)
    assert keeper.identity.pid != ailing[0]
    await keeper.stop()
