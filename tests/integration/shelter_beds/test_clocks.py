"""Holds expire, journeys keep them alive, families that do not arrive are missed aloud."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.shelter_beds.commands import moves
from services.shelter_beds.store import placements
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account, Grant
from shared.storage.transaction import Transaction
from tests.integration.shelter_beds.world import POINT, World, shelter
from tests.support.world import ok, types

pytestmark = pytest.mark.anyio

HOUR = 3600


async def test_a_hold_that_nobody_confirms_expires_and_another_room_is_held(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 4))
    incident = await world.raises()
    await world.passes(HOUR - 1)
    assert await world.states(incident) == ["held"]
    await world.passes(2)
    assert await world.states(incident) == ["expired", "held"]
    assert await world.where(incident) == "breza/1"
    assert types(world.said(incident)) == ["held", "expired", "held"]


async def test_a_room_that_expired_is_offered_again_once_its_staff_speak_for_it(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.passes(HOUR + 1)
    assert await world.states(incident) == ["expired", "waitlisted"]
    assert await world.shown("lipa") == {"1": "free"}
    world.clock.advance(5)
    await ok(world.staff("lipa").post("/shelters/lipa/confirm"))
    assert await world.states(incident) == ["expired", "held"]


async def test_the_jurisdiction_says_how_long_a_hold_lasts(world: World) -> None:
    await world.load(shelter("lipa", 2), hold=600, shelter_arrived=1200)
    incident = await world.raises()
    assert (await world.placement(incident))["held_until"].startswith("2026-11-22T03:10:00")
    confirmed = await world.move("lipa", incident, "confirm")
    assert confirmed["arrive_by"].startswith("2026-11-22T03:20:00")


async def test_a_confirmation_committed_before_the_sweep_wins(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    staff = Account("night", "s", (Grant(Role.SHELTER_STAFF, "lipa"),), 0, 0)

    def confirm_a_moment_late(tx: Transaction) -> None:
        placement = placements.newest(tx, incident.id)
        assert placement is not None
        placements.save(tx, replace(placement, held_until=tx.now, due_at=tx.now))
        moves.confirm(tx, placement.id, POINT, staff, None)

    await world.service.chassis.runner.run(confirm_a_moment_late)
    await world.passes(1)
    assert await world.states(incident) == ["confirmed"]


async def test_the_hold_lives_as_long_as_the_journey(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.job(incident, "assigned", 1)
    await world.job(incident, "acknowledged", 2)
    assert types(world.said(incident)) == ["held"]
    await world.passes(HOUR - 60)
    await world.job(incident, "en_route", 3)
    assert (await world.placement(incident))["held_until"].startswith("2026-11-22T04:59:00")
    await world.job(incident, "on_scene", 4)  # in the same minute: nothing to extend
    assert types(world.said(incident)) == ["held", "extended"]
    await world.passes(HOUR + 1)
    await world.passes(HOUR + 1)
    assert (await world.placement(incident))["state"] == "held"
    await world.job(incident, "transporting", 5, carried=True)
    await world.job(incident, "delivered", 6, carried=True)
    await world.passes(2 * HOUR)
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("held", "delivered_not_arrived")


async def test_a_journey_heard_of_before_the_incident_counts_too(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(leg={"wanted": False, "request": 0})
    await world.job(incident, "en_route", 3)
    await world.job(incident, "assigned", 1)  # late
    await world.says(incident.later(leg={"wanted": True, "request": 1}))
    await world.passes(HOUR + 1)
    assert await world.states(incident) == ["held"]


async def test_clearing_without_a_transport_asks_a_human_and_releases_nothing(world: World) -> None:
    await world.load(shelter("lipa", 2, 2))
    held, confirmed = await world.raises(), await world.raises()
    await world.move("lipa", confirmed, "confirm")
    for incident in (held, confirmed):
        await world.job(incident, "on_scene", 4)
        world.clock.advance(HOUR / 2)
        await world.job(incident, "cleared", 5)
        placement = await world.placement(incident)
        assert placement["attention"] == "cleared_without_transport"
        assert world.said(incident)[-1]["type"] == "shelter_beds.placement.attention"
    assert await world.states(confirmed) == ["confirmed"]
    assert (await world.placement(held))["held_until"].startswith("2026-11-22T04:30:00")
    await world.job(held, "en_route", 1, attempt=2)
    assert (await world.placement(held))["attention"] is None


async def test_a_family_that_was_carried_and_cleared_is_not_a_question(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.job(incident, "cleared", 7, carried=True)
    assert (await world.placement(incident))["attention"] is None


async def test_a_family_that_does_not_arrive_is_loud_and_then_a_no_show(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident, waiting = await world.raises(), await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.passes(4 * HOUR + 1)
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("confirmed", "not_arrived")
    await world.passes(HOUR - 10)
    assert (await world.placement(incident))["state"] == "confirmed"
    await world.passes(20)
    assert await world.states(incident) == ["no_show", "waitlisted"]
    assert await world.states(waiting) == ["held"]
    assert types(world.said(incident)) == ["held", "confirmed", "attention", "no_show", "waitlisted"]


async def test_no_family_on_the_road_is_a_no_show(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.job(incident, "transporting", 5, carried=True)
    await world.passes(4 * HOUR + 1)
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("confirmed", None)
    assert placement["arrive_by"].startswith("2026-11-22T08:00:01")
    await world.job(incident, "delivered", 6, carried=True)
    await world.passes(HOUR + 1)
    for _ in range(3):
        await world.passes(10 * HOUR)
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("confirmed", "delivered_not_arrived")


async def test_who_was_delivered_and_not_received_is_never_forgotten_whatever_is_learned(
    world: World,
) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.job(incident, "delivered", 5, carried=True)
    await world.passes(4 * HOUR + 1)
    assert (await world.placement(incident))["attention"] == "delivered_not_arrived"
    crowd = {"victim": {"adults": [{"sex": "f"}], "children": [{"age": 3}, {"age": 4}, {"age": 5}]}}
    larger = await world.says(incident.later(facts=crowd))
    assert (await world.placement(incident))["attention"] == "no_longer_fits"
    await world.says(larger.later(facts=incident.facts))
    assert (await world.placement(incident))["attention"] is None
    await world.passes(HOUR + 1)
    assert (await world.placement(incident))["attention"] == "delivered_not_arrived"


async def test_staff_extend_a_hold_and_pressing_twice_is_once(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    world.clock.advance(HOUR / 2)
    first = await world.move("lipa", incident, "extend")
    world.clock.advance(3)
    assert await world.move("lipa", incident, "extend") == first
    assert first["held_until"].startswith("2026-11-22T04:30:00")
    assert types(world.said(incident)) == ["held", "extended"]


async def test_staff_say_no_show_and_release(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 3))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.move("lipa", incident, "no-show")
    assert await world.states(incident) == ["no_show", "held"]
    await world.move("breza", incident, "release")
    assert await world.states(incident) == ["no_show", "released", "waitlisted"]
