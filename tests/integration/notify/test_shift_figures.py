"""What a shift lead is shown of handovers: counted by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.notify.world import World
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def now(world: World) -> datetime:
    """The present: ids are made by the real clock, so days are counted from it."""
    world.clock.now = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    return world.clock.now


async def figures(world: World, days: int = 1) -> dict[str, Any]:
    return await ok(world.supervisor.get("/figures", params={"days": days}))


async def answered(world: World, now: datetime, acknowledged: float, accepted: float | None = None) -> None:
    """Let a handover be offered now, acknowledged and perhaps accepted so many seconds later."""
    world.clock.now = now
    incident = await world.raises(raised_at=now)
    handover = (await world.handover(incident))["id"]
    world.clock.now = now + timedelta(seconds=acknowledged)
    await ok(world.ana.post(f"/handovers/{handover}/acknowledge"))
    if accepted is not None:
        world.clock.now = now + timedelta(seconds=accepted)
        await ok(world.ana.post(f"/handovers/{handover}/accept"))


async def test_handovers_are_counted_and_the_time_to_each_answer_is_half_and_nine_of_ten(
    world: World, now: datetime
) -> None:
    await world.load()
    for seconds in (10, 20, 30):
        await answered(world, now, seconds, 2 * seconds)
    await answered(world, now, 200)
    await answered(world, now - timedelta(days=2), 5)
    world.clock.now = now + timedelta(minutes=10)
    today = await figures(world)
    assert {state: many for state, many in today["states"].items() if many} == {"acknowledged": 1, "accepted": 3}
    assert today["acknowledged"] == {"many": 4, "p50": 20.0, "p90": 200.0}
    assert today["accepted"] == {"many": 3, "p50": 40.0, "p90": 60.0}
    assert today["by_centre"] == [
        {
            "centre": "dunav",
            "name": {"bg": "dunav"},
            "acknowledged": {"many": 4, "p50": 20.0, "p90": 200.0},
            "accepted": {"many": 3, "p50": 40.0, "p90": 60.0},
        }
    ]
    month = await figures(world, 30)
    assert month["states"]["acknowledged"] == 2
    assert month["acknowledged"] == {"many": 5, "p50": 20.0, "p90": 200.0}


async def test_calls_to_the_next_on_a_rota_are_counted_by_day(world: World, now: datetime) -> None:
    await world.load()
    world.clock.now = now - timedelta(days=1)
    incident = await world.raises(raised_at=world.clock.now)
    await world.passes(301)
    await world.passes(301)
    handover = (await world.handover(incident))["id"]
    for step in ("acknowledge", "accept"):
        await ok(world.ana.post(f"/handovers/{handover}/{step}"))
    world.clock.now = now
    shown = (await figures(world, 30))["escalations"]
    assert [day["times"] for day in shown["by_day"]][-3:] == [0, 2, 0]
    assert shown["all"] == 2
    assert (await figures(world))["escalations"]["all"] == 0


async def test_drills_and_other_mechanisms_are_counted_nowhere(world: World, now: datetime) -> None:
    await world.load()
    await world.raises(mode=Mode.EXERCISE, raised_at=now)
    assert not any((await figures(world))["states"].values())
    await world.raises(raised_at=now)
    assert not any((await ok(world.client(Role.SUPERVISOR, "PDV").get("/figures")))["states"].values())


async def test_only_a_supervisor_reads_them(world: World) -> None:
    for role in (Role.OPERATOR, Role.CENTRE_STAFF, Role.ADMIN, Role.AUDITOR):
        await refused(world.client(role).get("/figures"), 403)
