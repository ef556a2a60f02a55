"""A second call about one event is offered to be appended, before a second patrol is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.intake.world import MINIMAL, World
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

HERE: dict[str, Any] = {"location": {"municipality": "TST1"}}
HER_NUMBER = "+359888333444"


async def offered(world: World, **said: Any) -> list[tuple[str, list[str]]]:
    """Return what is offered for a call: number, and by what it matches."""
    shown = await ok(world.operator.post("/same-event", json={**HERE, **said}))
    return [(each["number"], each["by"]) for each in shown["items"]]


async def test_an_open_incident_of_the_same_place_is_offered_for_three_hours(world: World) -> None:
    first = await world.raised()
    assert await offered(world) == [(first["number"], ["place"])]
    assert await offered(world, location={"municipality": "TST2"}) == []
    world.clock.advance(timedelta(hours=3, minutes=1).total_seconds())
    assert await offered(world) == []


async def test_her_number_or_address_matches_first_and_for_a_day(world: World) -> None:
    hers = await world.raised(
        callback={"phone": HER_NUMBER}, location={"municipality": "TST2", "address": "ул. Скрита 17"}
    )
    nearby = await world.raised()
    found = await offered(world, callback={"phone": "0888 333 444"})
    assert found == [(hers["number"], ["phone"]), (nearby["number"], ["place"])]
    there = {"municipality": "TST2", "address": "Ул. Скрита № 17"}
    assert await offered(world, location=there) == [(hers["number"], ["address", "place"])]
    world.clock.advance(timedelta(hours=5).total_seconds())
    assert await offered(world, callback={"phone": HER_NUMBER}) == [(hers["number"], ["phone"])]


async def test_another_village_of_the_same_municipality_is_another_event(world: World) -> None:
    village = {"municipality": "TST2", "settlement": "63427"}
    first = await world.raised(location=village)
    assert [number for number, _by in await offered(world, location=village)] == [first["number"]]
    assert [number for number, _by in await offered(world, location={"municipality": "TST2"})] == [first["number"]]
    assert await offered(world, location={"municipality": "TST2", "settlement": "99999"}) == []


async def test_what_has_ended_a_drill_and_another_mechanisms_are_not_offered(world: World) -> None:
    ended = await world.raised()
    await world.post(f"{ended['id']}/cancel", reason="keying_error")
    await world.raised(mode="exercise")
    assert await offered(world) == []
    await world.raised()
    assert len(await offered(world)) == 1
    theirs = await ok(world.client(Role.OPERATOR, "OTH").post("/same-event", json=HERE))
    assert theirs["items"] == []


async def test_nothing_that_says_where_matches_nothing(world: World) -> None:
    await world.raised()
    assert await offered(world, location={}) == []
    assert await offered(world, location={"municipality": "NOWHERE9"}) == []
    await refused(world.operator.post("/same-event", json={}), 422)
    assert MINIMAL["location"] == HERE["location"]
