"""A service that is told to stop stops."""

from __future__ import annotations

import asyncio
import contextlib
from dataclasses import replace
from pathlib import Path

import pytest

from services.notify.main import make_house
from shared.service import Chassis, House
from shared.settings import Settings
from tests.support.house import running

pytestmark = pytest.mark.anyio


async def deaf_once(_chassis: Chassis) -> None:
    """Swallow one cancellation, as ``asyncio.wait_for`` may before Python 3.12."""
    with contextlib.suppress(asyncio.CancelledError):
        await asyncio.Event().wait()
    await asyncio.Event().wait()


async def test_a_part_that_missed_its_cancellation_does_not_keep_the_service_alive(tmp_path: Path) -> None:
    def house(settings: Settings) -> House:
        return replace(make_house(settings), background=(deaf_once,))

    async with asyncio.timeout(30), running(house, tmp_path):
        pass  # started, and stopped at once
