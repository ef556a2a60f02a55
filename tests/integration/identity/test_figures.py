"""What identity tells: how many are signed in, and nothing of who."""

from __future__ import annotations

import pytest

from tests.integration.identity.world import World, role
from tests.support.figures import becomes, exposition

pytestmark = pytest.mark.anyio


async def test_sessions_are_counted_while_they_are_good(world: World) -> None:
    await world.account("maria", role("operator", "TST"))
    client = await world.signed_in("maria")
    await becomes(world, 1, "zakrila_sessions")
    assert "maria" not in await exposition(world.service)
    assert (await client.delete("/sessions/current")).is_success
    await becomes(world, 0, "zakrila_sessions")
