"""A placement's steps, by the staff of its shelter."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.shelter_beds.world import POINT, World, shelter
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def test_staff_take_a_placement_from_the_hold_to_the_departure(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    confirmed = await world.move("lipa", incident, "confirm")
    assert (confirmed["state"], confirmed["meeting_point"]) == ("confirmed", POINT)
    assert confirmed["arrive_by"].startswith("2026-11-22T07:00:00")
    assert await world.shown("lipa") == {"1": "held"}
    await world.move("lipa", incident, "arrive")
    assert await world.shown("lipa") == {"1": "occupied"}
    await world.move("lipa", incident, "absent")
    assert await world.shown("lipa") == {"1": "occupied"}
    await world.move("lipa", incident, "return")
    departed = await world.move("lipa", incident, "depart", reason="moved_on")
    assert (departed["state"], departed["reason"], departed["word"]) == ("departed", "moved_on", None)
    steps = ["held", "confirmed", "arrived", "absent", "arrived", "departed"]
    assert types(departed["steps"]) == types(world.said(incident)) == steps
    assert [step["by"] for step in departed["steps"]] == ["shelter_beds", *["shelter_staff"] * 5]
    assert await world.shown("lipa") == {"1": "free"}
    assert len(await world.placements(incident)) == 1


async def test_a_departure_gives_the_room_to_whoever_waits_in_the_same_moment(world: World) -> None:
    await world.load(shelter("lipa", 2))
    staying = await world.raises()
    for step in ("confirm", "arrive"):
        await world.move("lipa", staying, step)
    later = await world.raises(priority=3)
    worse = await world.raises(priority=1)
    await world.move("lipa", staying, "depart", reason="moved_on")
    assert (await world.states(worse), await world.states(later)) == (["held"], ["waitlisted"])


async def test_a_declined_hold_frees_the_room_and_moves_the_waitlist(world: World) -> None:
    await world.load(shelter("lipa", 2))
    first, second = await world.raises(), await world.raises(priority=3)
    declined = await world.move("lipa", first, "decline", reason="not_admitted")
    assert (declined["state"], declined["reason"]) == ("declined", "not_admitted")
    assert await world.states(first) == ["declined", "waitlisted"]
    assert await world.states(second) == ["held"]
    assert (await world.placement(first))["excluded"] == {"tried": 1}
    assert [event["data"]["state"]["attempt"] for event in world.said(first)] == [1, 1, 2]


async def test_after_a_decline_another_shelter_comes_first_and_the_same_room_never_again(world: World) -> None:
    await world.load(shelter("lipa", 2, 2), shelter("breza", 4))
    incident = await world.raises()
    for expected, code in (("lipa/1", "lipa"), ("breza/1", "breza"), ("lipa/2", "lipa")):
        assert await world.where(incident) == expected
        await world.move(code, incident, "decline", reason="not_admitted")
    assert await world.states(incident) == ["declined", "declined", "declined", "waitlisted"]
    await ok(world.staff("lipa").post("/shelters/lipa/confirm"))
    assert (await world.placement(incident))["state"] == "waitlisted"


async def test_a_freed_room_is_not_taken_by_a_newcomer_ahead_of_the_more_endangered(world: World) -> None:
    await world.load(shelter("lipa", 2))
    holder = await world.raises(priority=3)
    worst = await world.raises(priority=1)
    again = holder.later(municipality="TST3", leg={"wanted": True, "request": 2})
    await world.says(again)  # gives its room up and looks for one in the same moment
    assert await world.states(worst) == ["held"]
    assert await world.states(holder) == ["cancelled", "waitlisted"]


@pytest.mark.parametrize(
    ("before", "step", "to"),
    [
        ((), "arrive", "arrived"),
        ((), "depart", "departed"),
        ((), "no-show", "no_show"),
        (("confirm",), "decline", "declined"),
        (("confirm",), "absent", "absent"),
        (("confirm", "arrive"), "release", "released"),
        (("confirm", "arrive"), "confirm", "confirmed"),
        (("confirm", "arrive", "absent"), "no-show", "no_show"),
    ],
)
async def test_a_step_out_of_order_names_both_states(world: World, before: tuple[str, ...], step: str, to: str) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    for each in before:
        await world.move("lipa", incident, each)
    placement = await world.placement(incident)
    bodies = {"depart": {"reason": "x"}, "decline": {"reason": "x"}, "confirm": {"meeting_point": POINT}}
    path = f"/placements/{placement['id']}/{step}"
    problem = await refused(world.staff("lipa").post(path, json=bodies.get(step, {})), 409)
    assert (problem["from"], problem["to"]) == (placement["state"], to)


async def test_the_same_step_again_changes_nothing_even_with_an_old_version(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    placement = (await world.placement(incident))["id"]
    staff, old = world.staff("lipa"), {"If-Match": '"1"'}
    body = {"meeting_point": POINT}
    first = await ok(staff.post(f"/placements/{placement}/confirm", json=body, headers=old))
    again = await ok(staff.post(f"/placements/{placement}/confirm", json=body, headers=old))
    assert first == again
    await refused(staff.post(f"/placements/{placement}/arrive", headers=old), 412)
    arrived = await ok(staff.post(f"/placements/{placement}/arrive"))
    assert await ok(staff.post(f"/placements/{placement}/arrive", headers=old)) == arrived


async def test_another_meeting_point_can_be_named_while_the_family_is_expected(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    first = await world.move("lipa", incident, "confirm", meeting_point="bus")
    assert first["meeting_point"] == {"kind": "public_place", "text": "Чакалнята на автогарата"}
    second = await world.move("lipa", incident, "confirm", meeting_point="station")
    assert second["meeting_point"]["kind"] == "station"
    assert second["arrive_by"] == first["arrive_by"]


async def test_a_meeting_point_must_be_one(world: World) -> None:
    await world.load(shelter("lipa", 2))
    placement = (await world.placement(await world.raises()))["id"]
    path, staff = f"/placements/{placement}/confirm", world.staff("lipa")
    for wrong in ("nowhere", {"kind": "public_place"}, {"kind": "elsewhere", "text": "x"}, 4, {"text": "x"}):
        await refused(staff.post(path, json={"meeting_point": wrong}), 422)
    await refused(staff.post(path, json={}), 422)
    await refused(staff.post(path, json={"meeting_point": {"kind": "door"}}), 409)


async def test_only_its_own_staff_move_a_placement(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 3))
    placement = (await world.placement(await world.raises()))["id"]
    path = f"/placements/{placement}/release"
    await refused(world.staff("breza").post(path), 404)
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN, Role.CREW, Role.CENTRE_STAFF):
        await refused(world.client(role).post(path), 403)
    await ok(world.staff("lipa").post(path))


async def test_a_move_asked_twice_with_one_key_is_answered_alike(world: World) -> None:
    await world.load(shelter("lipa", 2))
    placement = (await world.placement(await world.raises()))["id"]
    body, key = {"meeting_point": POINT}, {"Idempotency-Key": placement}
    answers = [
        await world.staff("lipa").post(f"/placements/{placement}/confirm", json=body, headers=key) for _ in range(2)
    ]
    assert answers[0].content == answers[1].content
