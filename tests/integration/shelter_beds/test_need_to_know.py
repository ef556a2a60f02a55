"""Who is shown what (P6), and who looked (P8)."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from services.shelter_beds.tables import ADDRESS, INCIDENT
from shared.contracts.vocabulary import Role
from shared.storage import kernel
from tests.integration.shelter_beds.world import World, shelter
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

FACTS = {
    "location": {"municipality": "TST1"},
    "victim": {
        "adults": [{"sex": "f"}],
        "children": [{"age": 4, "sex": "m", "where": "with_victim"}],
        "languages": ["bg"],
        "mobility": "unrestricted",
        "pets": 0,
        "injured": "no",
        "decision_shelter": "accepts",
    },
    "perpetrators": [{"name": "Иван Опасен", "municipality": "TST3", "linked_to": "none"}],
}
WHERE = ("lipa", "Име lipa", "TST2", "Тайна", "west", "359888000201")


async def settled(world: World) -> str:
    """Return the placement of a family that a shelter with an address has confirmed."""
    await world.load(shelter("lipa", 3, 4))
    await ok(world.staff("lipa").put("/shelters/lipa/address", json={"address": "ул. Тайна 5"}))
    incident = await world.raises(facts=FACTS)
    await world.move("lipa", incident, "confirm")
    return str((await world.placement(incident))["id"])


async def test_its_staff_are_shown_size_and_needs_and_every_look_is_noted(world: World) -> None:
    placement = await settled(world)
    shown = await ok(world.staff("lipa").get(f"/placements/{placement}"))
    assert shown["facts"] == {"victim": FACTS["victim"]}
    assert (shown["people"], shown["shelter"], shown["room"]["name"]) == (2, "lipa", "1")
    looks = [line for line in await world.trail() if line["action"] == "placement.read"]
    assert [(line["roles"], line["entity"]) for line in looks if line["entity"] == placement] == [
        ("shelter_staff", placement)
    ]


async def test_a_list_shows_nothing_personal_even_to_staff(world: World) -> None:
    await settled(world)
    (item,) = (await ok(world.staff("lipa").get("/placements")))["items"]
    assert "facts" not in item
    assert item["room"]["name"] == "1"


async def test_everybody_else_is_shown_an_alias(world: World) -> None:
    placement = await settled(world)
    room = (await world.rooms("lipa"))["1"]["id"]
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR):
        for path in (f"/placements/{placement}", "/placements"):
            text = (await world.client(role).get(path)).text
            assert "confirmed" in text
            assert not any(word in text for word in (*WHERE, room, "Опасен", "children", "читалището"))
    for role in (Role.ADMIN, Role.OPS, Role.DISPATCHER, Role.CREW, Role.CENTRE_STAFF):
        await refused(world.client(role).get(f"/placements/{placement}"), 403)
    await refused(world.client(Role.OPERATOR, "PDV").get(f"/placements/{placement}"), 404)
    await refused(world.staff("breza").get(f"/placements/{placement}"), 404)


async def test_nothing_on_the_bus_says_where_a_shelter_is_or_what_it_is_called(world: World) -> None:
    placement = await settled(world)
    for step in ("arrive", "absent", "return"):
        await ok(world.staff("lipa").post(f"/placements/{placement}/{step}"))
    await ok(world.staff("lipa").post(f"/placements/{placement}/depart", json={"reason": "moved_on"}))
    await world.set_room("lipa", "2", "out_of_service")
    query = select(kernel.outbox.c.type, kernel.outbox.c.body, kernel.outbox.c.headers).where(
        kernel.outbox.c.body.is_not(None)
    )
    with world.service.chassis.store.reading() as connection:
        rows = connection.execute(query).all()
    assert {"shelter_beds.room.changed", "shelter_beds.placement.departed"} <= {row.type for row in rows}
    said = "".join(row.body.decode() + str(row.headers) for row in rows)
    assert not any(word in said for word in (*WHERE, "Опасен", "читалището"))


async def test_what_is_kept_is_not_what_could_be_found_out(world: World) -> None:
    await settled(world)
    with world.service.chassis.store.reading() as connection:
        incidents = connection.execute(select(INCIDENT.c.facts, INCIDENT.c.family)).all()
        addresses = connection.execute(select(ADDRESS.c.sealed)).scalars().all()
    assert "Опасен" not in str(incidents)
    assert "опасен" not in str(incidents)
    assert len(addresses) == 1
    assert "Тайна" not in addresses[0]


async def test_the_address_is_typed_and_read_by_its_own_staff_alone(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 2))
    path, body = "/shelters/lipa/address", {"address": "ул. Тайна 5"}
    await refused(world.staff("breza").put(path, json=body), 404)
    for role in (Role.ADMIN, Role.SUPERVISOR, Role.OPERATOR):
        await refused(world.client(role).put(path, json=body), 403)
    assert (await ok(world.staff("lipa").get("/shelters/lipa")))["address_set"] is False
    shown = await ok(world.staff("lipa").put(path, json=body))
    assert (shown["address_set"], shown["address"]) == (True, "ул. Тайна 5")
    assert (await ok(world.staff("lipa").get("/shelters")))["items"][0]["address"] == "ул. Тайна 5"
    await ok(world.staff("lipa").put(path, json={"address": "ул. Тайна 6"}))
    assert (await ok(world.staff("lipa").get("/shelters/lipa")))["address"] == "ул. Тайна 6"
    for reader in (world.admin, world.supervisor, world.client(Role.AUDITOR)):
        item = (await ok(reader.get("/shelters/lipa"))) | {"name": ""}
        assert item["address_set"] is True
        assert "Тайна" not in str(item) + (await reader.get("/shelters")).text
    await refused(world.staff("breza").get("/shelters/lipa"), 404)
    await refused(world.operator.get("/shelters"), 403)
    reads = [line for line in await world.trail() if line["action"] == "shelter.address_read"]
    assert {line["roles"] for line in reads} == {"shelter_staff"}
    assert len(reads) >= 4


async def test_lists_end_at_the_organisation(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 3))
    assert [item["id"] for item in (await ok(world.staff("breza").get("/shelters")))["items"]] == ["breza"]
    assert len((await ok(world.supervisor.get("/shelters")))["items"]) == 2
    elsewhere = world.client(Role.SUPERVISOR, "PDV")
    assert (await ok(elsewhere.get("/shelters")))["items"] == []
    assert (await ok(elsewhere.get("/placements")))["items"] == []
    page = await ok(world.supervisor.get("/shelters", params={"limit": 1}))
    assert [item["id"] for item in page["items"]] == ["breza"]
    rest = await ok(world.supervisor.get("/shelters", params={"limit": 1, "after": page["next"]}))
    assert ([item["id"] for item in rest["items"]], rest["next"]) == (["lipa"], None)


async def test_a_departed_family_s_needs_are_not_shown_any_more(world: World) -> None:
    placement = await settled(world)
    await ok(world.staff("lipa").post(f"/placements/{placement}/arrive"))
    assert "facts" in await ok(world.staff("lipa").get(f"/placements/{placement}"))
    await ok(world.staff("lipa").post(f"/placements/{placement}/depart", json={"reason": "moved_on"}))
    assert "facts" not in await ok(world.staff("lipa").get(f"/placements/{placement}"))


async def test_who_confirmed_is_a_role_outside(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.set_room("lipa", "1", "free")
    assert (await world.rooms("lipa"))["1"]["confirmed_by"] == "shelter_staff"
    own = (await ok(world.staff("lipa").get("/shelters/lipa")))["rooms"][0]
    assert own["confirmed_by"] not in {None, "shelter_staff"}
    assert own["confirmed_at"].startswith("2026-11-22T03:00:00")
