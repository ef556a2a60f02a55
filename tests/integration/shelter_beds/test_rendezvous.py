"""Where the crew meets the shelter's staff (P6): told to that crew, while they carry this family, and logged (P8)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.shelter_beds.world import POINT, World, shelter
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

ACCEPTS = {"victim": {"decision_shelter": "accepts"}}


async def carried(world: World, **more: Any) -> tuple[Incident, str]:
    """Return an incident whose crew is on the scene and whose shelter has confirmed, and the way to its rendezvous."""
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts=ACCEPTS, **more)
    await world.move("lipa", incident, "confirm")
    await world.job(incident, "on_scene", 4)
    return incident, f"/placements/{(await world.placement(incident))['id']}/rendezvous"


async def test_the_crew_on_the_scene_is_told_the_meeting_point_and_the_word(world: World) -> None:
    incident, path = await carried(world)
    told = await ok(world.crew().get(path))
    assert {"kind": told["kind"], "text": told["text"]} == POINT
    staff = await ok(world.staff("lipa").get(path.removesuffix("/rendezvous")))
    assert told["word"] == staff["word"] != ""
    await world.job(incident, "transporting", 5, carried=True)
    assert await ok(world.crew().get(path)) == told


async def test_everybody_else_finds_nothing(world: World) -> None:
    incident, path = await carried(world)
    for stranger in (world.crew("N-2"), world.crew("N-1", "south"), world.staff("lipa"), world.supervisor):
        await refused(stranger.get(path), 404)
    for role in (Role.OPERATOR, Role.DISPATCHER, Role.ADMIN, Role.AUDITOR, Role.OPS, Role.CENTRE_STAFF):
        await refused(world.client(role).get(path), 404)
    await refused(world.client(Role.DISPATCHER, "north").get(path), 404)
    await refused(world.crew().get("/placements/00000000-0000-0000-0000-000000000000/rendezvous"), 404)
    assert (await world.placement(incident))["state"] == "confirmed"


@pytest.mark.parametrize("state", ["assigned", "acknowledged", "en_route", "delivered", "cleared"])
async def test_only_while_they_are_there(world: World, state: str) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts=ACCEPTS)
    await world.move("lipa", incident, "confirm")
    await world.job(incident, state, 7, carried=True)
    await refused(world.crew().get(f"/placements/{(await world.placement(incident))['id']}/rendezvous"), 404)


async def test_only_while_the_placement_is_confirmed(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts=ACCEPTS)
    await world.job(incident, "on_scene", 4)
    path = f"/placements/{(await world.placement(incident))['id']}/rendezvous"
    await refused(world.crew().get(path), 404)
    await world.move("lipa", incident, "confirm")
    await ok(world.crew().get(path))
    await world.move("lipa", incident, "arrive")
    await refused(world.crew().get(path), 404)


async def test_only_if_she_accepts(world: World) -> None:
    incident, path = await carried(world)
    undecided = await world.says(incident.later(facts={"victim": {"decision_shelter": "undecided"}}))
    await refused(world.crew().get(path), 404)
    await world.says(undecided.later(facts=ACCEPTS))
    await ok(world.crew().get(path))


async def test_no_police_account_reads_it_when_a_policeman_is_the_perpetrator(world: World) -> None:
    incident, path = await carried(world)
    await world.says(incident.later(police_linked=True))
    await refused(world.crew().get(path), 404)


async def test_no_station_is_a_meeting_point_when_a_policeman_is_the_perpetrator(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(police_linked=True)
    placement = (await world.placement(incident))["id"]
    for station in ("station", {"kind": "station", "text": "Първо управление"}):
        body = {"meeting_point": station}
        await refused(world.staff("lipa").post(f"/placements/{placement}/confirm", json=body), 409)
    await world.move("lipa", incident, "confirm", meeting_point="bus")


async def test_staff_are_asked_for_another_point_when_that_is_learned_later(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm", meeting_point="station")
    await world.says(incident.later(police_linked=True))
    assert (await world.placement(incident))["attention"] == "police_linked"
    await world.move("lipa", incident, "confirm", meeting_point="bus")
    assert (await world.placement(incident))["attention"] is None


async def test_the_door_is_the_address_and_only_the_crew_is_told(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts=ACCEPTS)
    await ok(world.staff("lipa").put("/shelters/lipa/address", json={"address": "ул. Тайна 5"}))
    confirmed = await world.move("lipa", incident, "confirm", meeting_point={"kind": "door", "text": "звънец 2"})
    assert "Тайна" not in str(confirmed)
    await world.job(incident, "transporting", 5, carried=True)
    told = await ok(world.crew().get(f"/placements/{confirmed['id']}/rendezvous"))
    assert (told["kind"], told["text"]) == ("door", "ул. Тайна 5, звънец 2")
    assert "Тайна" not in str(world.said(incident))


async def test_who_looked_is_shown_to_the_staff_and_is_in_the_audit_trail(world: World) -> None:
    incident, path = await carried(world)
    await ok(world.crew().get(path))
    await refused(world.crew("N-2").get(path), 404)
    await ok(world.crew().get(path))
    shown = await ok(world.staff("lipa").get(path.removesuffix("/rendezvous")))
    looks = [(look["by"], look["station"], look["unit"]) for look in shown["looked"]]
    assert looks == [("crew", "north", "N-1")] * 2
    lines = [line for line in await world.trail() if line["action"] == "rendezvous.read"]
    assert [line["incident"] for line in lines if line["incident"] == incident.id] == [incident.id] * 2
    for reader in (world.operator, world.supervisor):
        assert "looked" not in await ok(reader.get(path.removesuffix("/rendezvous")))


async def test_another_crew_takes_over(world: World) -> None:
    incident, path = await carried(world)
    await world.job(incident, "on_scene", 1, attempt=2, unit="N-2")
    await refused(world.crew("N-1").get(path), 404)
    await ok(world.crew("N-2").get(path))
