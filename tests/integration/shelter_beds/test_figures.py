"""What shelter_beds tells of rooms, holds and families that wait; drills apart."""

from __future__ import annotations

import pytest

from tests.integration.shelter_beds.world import World, shelter
from tests.support.figures import becomes, exposition, figure

pytestmark = pytest.mark.anyio


async def test_a_hold_is_counted_until_the_family_arrives(world: World) -> None:
    await world.load(shelter("lipa", 2, 3))
    incident = await world.raises()
    await becomes(world, 1, "zakrila_holds", mode="actual")
    await becomes(world, 0, "zakrila_holds", mode="exercise")
    await becomes(world, 1, "zakrila_rooms", state="free", mode="actual")
    await becomes(world, 2, "zakrila_rooms", state="free", mode="exercise")
    await becomes(world, 1, "zakrila_placements", state="held", priority="2", mode="actual")
    await world.move("lipa", incident, "confirm")
    await world.move("lipa", incident, "arrive")
    await becomes(world, 0, "zakrila_holds", mode="actual")
    await becomes(world, 1, "zakrila_rooms", state="occupied", mode="actual")


async def test_a_room_is_stale_until_somebody_confirms_it(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.set_room("lipa", "1", "free")
    await becomes(world, 0, "zakrila_rooms_stale", mode="actual")
    world.clock.advance(12 * 3600 + 1)
    await becomes(world, 1, "zakrila_rooms_stale", mode="actual")
    await world.set_room("lipa", "1", "out_of_service")
    await becomes(world, 0, "zakrila_rooms_stale", mode="actual")


async def test_a_request_that_finds_no_room_and_a_hold_that_runs_out_are_counted_once(world: World) -> None:
    await world.load(shelter("lipa", 2))
    denials = await figure(world.service, "zakrila_denials_total", mode="actual") or 0
    expired = await figure(world.service, "zakrila_placements_ended_total", state="expired", mode="actual") or 0
    await world.raises()
    second = await world.raises()
    await world.says(second, ask=1)
    await becomes(world, denials + 1, "zakrila_denials_total", mode="actual")
    await becomes(world, 1, "zakrila_placements", state="waitlisted", mode="actual")
    await world.passes(3601)
    await becomes(world, expired + 1, "zakrila_placements_ended_total", state="expired", mode="actual")


async def test_no_shelter_is_named_in_the_figures(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.raises()
    text = await exposition(world.service)
    assert "lipa" not in text
    assert "TST2" not in text
