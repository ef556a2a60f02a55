"""A service that is told to stop stops."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from shared.service import end

pytestmark = pytest.mark.anyio


async def loses_the_first_cancellation() -> None:
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_a_part_that_loses_a_cancellation_ends_all_the_same() -> None:
    tasks = [asyncio.create_task(part()) for part in (loses_the_first_cancellation, asyncio.Event().wait)]
    await asyncio.sleep(0)
    await asyncio.wait_for(end(tasks), 10)
    assert all(task.cancelled() for task in tasks)


async def test_with_nothing_to_end_there_is_nothing_to_wait_for() -> None:
    await end([])
