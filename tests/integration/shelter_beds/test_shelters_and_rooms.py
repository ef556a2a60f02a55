"""Shelters and rooms: loaded, made by an admin, kept true by their staff."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.shelter_beds.world import MUNICIPALITIES, OPEN_TO_ALL, World, area, shelter
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def test_loading_adds_changes_and_retires_and_keeps_what_staff_said(world: World) -> None:
    first = await world.load(shelter("lipa", 2, 3), shelter("breza", 2))
    assert first == {"added": 1 + 3 + 2 + 3, "changed": 0, "removed": 0}
    assert await world.load(shelter("lipa", 2, 3), shelter("breza", 2)) == {"added": 0, "changed": 0, "removed": 0}
    await world.set_room("lipa", "2", "out_of_service")
    await ok(world.staff("lipa").put("/shelters/lipa/address", json={"address": "ул. Тайна 5"}))
    again = await world.load(shelter("lipa", 2, 4, 5, pets=0))
    assert again == {"added": 1, "changed": 2, "removed": 2}
    assert await world.shown("lipa") == {"1": "free", "2": "out_of_service", "3": "free"}
    assert (await world.rooms("lipa"))["2"]["beds"] == 4
    assert (await ok(world.supervisor.get("/shelters/lipa")))["address_set"] is True
    await refused(world.supervisor.get("/shelters/breza"), 404)
    assert await world.shown("lipa", mode="exercise") == {"1": "free", "2": "free", "3": "free"}
    back = await world.load(shelter("lipa", 2, 4, 5, pets=0), shelter("breza", 2))
    assert back == {"added": 2, "changed": 0, "removed": 0}
    assert await world.shown("breza") == {"1": "free"}


async def test_a_check_changes_nothing(world: World) -> None:
    section = area(shelter("lipa", 2))
    checked = await ok(world.admin.put("/jurisdictions/TST", params={"check": "true"}, json=section))
    assert checked["added"] == 6
    assert (await ok(world.supervisor.get("/shelters")))["items"] == []
    assert (await ok(world.admin.get("/jurisdictions")))["items"] == []


async def test_a_room_in_use_is_not_taken_away_by_loading(world: World) -> None:
    await world.load(shelter("lipa", 2, 3))
    await world.raises()
    for section in (area(shelter("lipa", {"name": "2", "beds": 3})), area()):
        problem = await refused(world.admin.put("/jurisdictions/TST", json=section), 409)
        assert "Room 1" in problem["detail"]
    await world.load(shelter("lipa", 2))


async def test_codes_belong_to_one_jurisdiction(world: World) -> None:
    await world.load(shelter("lipa", 2))
    other = area(shelter("lipa", 2, at="OTH1"), code="OTH", municipalities={"OTH1": (42.0, 24.0, "other")})
    await refused(world.client(Role.ADMIN, "OTH").put("/jurisdictions/OTH", json=other), 409)
    wrong = area(shelter("breza", 2, at="OTH1"))
    await refused(world.admin.put("/jurisdictions/TST", json=wrong), 422)


async def test_an_admin_makes_shelters_and_rooms_and_whoever_waits_gets_one(world: World) -> None:
    await world.load()
    incident = await world.raises()
    body = {**shelter("iva", 1), "meeting_points": []}
    made = await world.admin.post("/shelters", json=body)
    assert (made.status_code, made.headers["location"]) == (201, "/shelter-beds/api/shelters/iva")
    assert made.json()["admission"] == OPEN_TO_ALL
    await refused(world.admin.post("/shelters", json=body), 409)
    await refused(world.admin.post("/shelters", json={**body, "code": "x", "municipality": "NO1"}), 422)
    await refused(world.admin.post("/shelters", json={**body, "code": "x", "address": "ул. Тайна 5"}), 422)
    await refused(world.client(Role.ADMIN, "PDV").post("/shelters", json={**body, "code": "x"}), 403)
    assert (await world.placement(incident))["state"] == "held"
    second = await world.raises(facts={"victim": {"adults": [{}, {}]}})
    room = await ok(world.admin.post("/shelters/iva/rooms", json={"name": "big", "beds": 4, "accessible": True}), 201)
    assert (room["state"], room["beds"], room["shelter"]) == ("held", 4, "iva")
    assert await world.where(second) == "iva/big"
    await refused(world.admin.post("/shelters/iva/rooms", json={"name": "big", "beds": 2}), 409)
    await refused(world.admin.post("/shelters/none/rooms", json={"name": "big", "beds": 2}), 404)
    assert (await world.shown("iva", mode="exercise"))["big"] == "free"
    without_its_place = area(municipalities={"TST1": MUNICIPALITIES["TST1"]})
    await refused(world.admin.put("/jurisdictions/TST", json=without_its_place), 409)
    assert (await world.load(shelter("lipa", 2)))["removed"] == 0


async def test_staff_say_what_state_a_room_is_in(world: World) -> None:
    await world.load(shelter("lipa", 2))
    room = (await world.rooms("lipa"))["1"]
    assert (room["confirmed_at"], room["version"]) == (None, 1)
    changed = await world.set_room("lipa", "1", "out_of_service")
    assert (changed["state"], changed["version"]) == ("out_of_service", 2)
    world.clock.advance(60)
    again = await world.set_room("lipa", "1", "out_of_service")
    assert (again["version"], again["confirmed_at"][:19]) == (3, "2026-11-22T03:01:00")
    stale = {"If-Match": '"1"'}
    path, body = f"/rooms/{room['id']}", {"state": "free"}
    await refused(world.staff("lipa").patch(path, json=body, headers=stale), 412)
    await refused(world.staff("breza").patch(path, json=body), 404)
    await refused(world.supervisor.patch(path, json=body), 403)
    await refused(world.staff("lipa").patch(path, json={"state": "held"}), 422)
    assert (await ok(world.admin.patch(path, json=body)))["confirmed_by"] == "admin"


async def test_a_room_that_becomes_free_goes_to_whoever_waits_in_the_greatest_danger(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.set_room("lipa", "1", "occupied")
    later, worse = await world.raises(priority=3), await world.raises(priority=1)
    assert (await world.set_room("lipa", "1", "free"))["state"] == "held"
    assert (await world.states(worse), await world.states(later)) == (["held"], ["waitlisted"])


@pytest.mark.parametrize(
    ("moves", "named"),
    [
        ((), "decline"),
        (("confirm",), "no-show"),
        (("confirm", "arrive"), "depart"),
        (("confirm", "arrive", "absent"), "return"),
    ],
)
async def test_a_room_with_a_placement_is_changed_by_the_placements_move(
    world: World, moves: tuple[str, ...], named: str
) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    for move in moves:
        await world.move("lipa", incident, move)
    room = (await world.rooms("lipa"))["1"]["id"]
    problem = await refused(world.staff("lipa").patch(f"/rooms/{room}", json={"state": "free"}), 409)
    assert named in problem["detail"]


async def test_one_word_confirms_all_rooms(world: World) -> None:
    await world.load(shelter("lipa", 2, 3), shelter("breza", 4))
    await world.raises()
    world.clock.advance(60)
    confirmed = await ok(world.staff("lipa").post("/shelters/lipa/confirm"))
    assert {room["confirmed_at"][:19] for room in confirmed["rooms"]} == {"2026-11-22T03:01:00"}
    assert [room["state"] for room in confirmed["rooms"]] == ["held", "free"]
    assert (await world.rooms("breza"))["1"]["confirmed_at"] is None
    await refused(world.staff("breza").post("/shelters/lipa/confirm"), 404)
    await refused(world.admin.post("/shelters/lipa/confirm"), 403)


async def test_rooms_that_nobody_confirmed_for_long_are_held_and_must_be_confirmed_first(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 3), shelter("iva", 4), stale_room=3600)
    for code in ("breza", "iva"):
        await ok(world.staff(code).post(f"/shelters/{code}/confirm"))
        world.clock.advance(10)
    world.clock.advance(2 * 3600)
    for people in (1, 3, 4):
        await world.raises(facts={"victim": {"adults": people}})
    stale = (await ok(world.supervisor.get("/confirm-first")))["items"]
    assert [item["shelter"] for item in stale] == ["lipa", "breza", "iva"]
    assert stale[0]["phone"] == "+359888000201"
    assert "alias" not in stale[0]
    page = await ok(world.supervisor.get("/confirm-first", params={"limit": 2}))
    rest = await ok(world.supervisor.get("/confirm-first", params={"limit": 2, "after": page["next"]}))
    assert [item["shelter"] for item in rest["items"]] == ["iva"]
    (own,) = (await ok(world.staff("breza").get("/confirm-first")))["items"]
    assert own["alias"]
    await refused(world.operator.get("/confirm-first"), 403)
    await ok(world.staff("breza").post("/shelters/breza/confirm"))
    stale = (await ok(world.supervisor.get("/confirm-first")))["items"]
    assert [item["shelter"] for item in stale] == ["lipa", "iva"]
    placement = (await ok(world.staff("lipa").get("/placements")))["items"][0]["id"]
    await ok(world.staff("lipa").post(f"/placements/{placement}/confirm", json={"meeting_point": "bus"}))
    stale = (await ok(world.supervisor.get("/confirm-first")))["items"]
    assert [item["shelter"] for item in stale] == ["iva"]


async def test_kin_are_flagged_by_staff_and_never_shown(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 3))
    facts = {"perpetrators": [{"name": "Иван Опасен", "municipality": "TST1"}]}
    held = await world.raises(facts=facts)
    assert await world.where(held) == "lipa/1"
    flagged = await ok(world.staff("lipa").put("/shelters/lipa/kin", json={"names": ["ОПАСЕН, Иван", "Друг"]}))
    assert flagged == {"shelter": "lipa", "flagged": 2}
    assert await world.states(held) == ["released", "held"]
    assert await world.where(held) == "breza/1"
    waiting = await world.raises(facts=facts)
    assert (await world.placement(waiting))["excluded"] == {"safety": 1, "held": 1}
    await refused(world.staff("breza").put("/shelters/lipa/kin", json={"names": []}), 404)
    await refused(world.supervisor.put("/shelters/lipa/kin", json={"names": []}), 403)
    await ok(world.staff("lipa").put("/shelters/lipa/kin", json={"names": []}))
    assert await world.where(waiting) == "lipa/1"


async def test_a_perpetrator_who_knows_an_earlier_placement_makes_a_shelter_unsafe(world: World) -> None:
    await world.load(shelter("lipa", 2, 2))
    facts = {"perpetrators": [{"name": "Иван Опасен"}]}
    first = await world.raises(facts=facts)
    for step in ("confirm", "arrive"):
        await world.move("lipa", first, step)
    await world.move("lipa", first, "depart", reason="moved_on")
    second = await world.raises(facts={"perpetrators": [{"name": "опасен иван"}]})
    assert (await world.placement(second))["excluded"] == {"safety": 2}
    drill = await world.raises(mode=Mode.EXERCISE, facts={"perpetrators": [{"name": "Петър Учебен"}]})
    for step in ("confirm", "arrive"):
        await world.move("lipa", drill, step)
    actual = await world.raises(facts={"perpetrators": [{"name": "Петър Учебен"}]})
    assert (await world.placement(actual))["state"] == "held"
    same_family = first.later(leg={"wanted": True, "request": 2})
    await world.says(same_family)
    assert (await world.placement(first))["state"] == "held"
