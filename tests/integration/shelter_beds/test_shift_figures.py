"""What a shift lead is shown of shelters and of requests that found no room: counted by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.shelter_beds.world import World, shelter
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def now(world: World) -> datetime:
    """The present: ids are made by the real clock, so days are counted from it."""
    world.clock.now = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    return world.clock.now


async def figures(world: World, days: int = 1) -> dict[str, Any]:
    return await ok(world.supervisor.get("/figures", params={"days": days}))


async def test_a_shelter_shows_its_rooms_and_its_oldest_confirmation(world: World, now: datetime) -> None:
    await world.load(shelter("lipa", 2, 2, 2, 2), shelter("iva", 1, at="TST3"))
    world.clock.now = now - timedelta(hours=13)
    await world.set_room("lipa", "1", "occupied")
    world.clock.now = now - timedelta(hours=1)
    await world.set_room("lipa", "2", "free")
    await world.set_room("lipa", "3", "out_of_service")
    await world.raises()
    world.clock.now = now
    iva, lipa = (await figures(world))["shelters"]
    assert (lipa["shelter"], lipa["code_name"], lipa["rooms"]) == ("lipa", "Име lipa", 4)
    assert [lipa[each] for each in ("occupied", "held", "free", "out_of_service")] in ([1, 1, 1, 1], [1, 0, 2, 1])
    assert sum(each["held"] for each in (iva, lipa)) == 1
    assert (lipa["confirmed_before"], lipa["stale_after"]) == (13 * 3600, 12 * 3600)
    assert (lipa["unconfirmed"], iva["unconfirmed"]) == (1, 1)
    assert iva["confirmed_before"] is None
    assert "address" not in lipa


async def test_requests_that_found_no_room_are_counted_by_reason_and_day(world: World, now: datetime) -> None:
    await world.load(shelter("lipa", 1, 1, 2, pets=0), shelter("iva", 4, at="TST1"))
    world.clock.now = now - timedelta(days=1)
    await world.raises(facts={"victim": {"adults": 3}})
    world.clock.now = now
    await world.raises(facts={"victim": {"adults": 2, "pets": 1}})
    month = (await figures(world, 30))["denials"]
    assert (month["all"], month["only_newest"]) == (2, False)
    assert month["by_reason"] == [
        {"reason": "safety", "requests": 2, "rooms": 2},
        {"reason": "size", "requests": 2, "rooms": 5},
        {"reason": "pets", "requests": 1, "rooms": 1},
    ]
    assert [day["requests"] for day in month["by_day"]][-3:] == [0, 1, 1]
    assert (await figures(world))["denials"]["all"] == 1


async def test_a_request_where_no_shelter_is_known_says_so(world: World, now: datetime) -> None:
    assert now.tzinfo is UTC
    await world.load()
    await world.raises()
    assert (await figures(world))["denials"]["by_reason"] == [{"reason": "no_shelter", "requests": 1, "rooms": 0}]


async def test_drills_and_other_mechanisms_are_counted_nowhere(world: World, now: datetime) -> None:
    assert now.tzinfo is UTC
    await world.load(shelter("lipa", 2))
    await world.raises(mode=Mode.EXERCISE)
    await world.raises(mode=Mode.EXERCISE)
    shown = await figures(world)
    assert [(each["rooms"], each["free"]) for each in shown["shelters"]] == [(1, 1)]
    assert shown["denials"]["all"] == 0
    elsewhere = await ok(world.client(Role.SUPERVISOR, "PDV").get("/figures"))
    assert (elsewhere["shelters"], elsewhere["denials"]["all"]) == ([], 0)


async def test_only_a_supervisor_reads_them(world: World) -> None:
    for role in (Role.OPERATOR, Role.SHELTER_STAFF, Role.ADMIN, Role.AUDITOR):
        await refused(world.client(role).get("/figures"), 403)
