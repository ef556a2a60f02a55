"""A handover's steps, by the staff of its centre."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.notify.world import World, account, packet
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def test_a_centre_takes_a_handover_from_the_offer_to_the_end(world: World) -> None:
    await world.load()
    incident = await world.raises()
    offered = await world.handover(incident)
    assert (offered["state"], offered["centre"], offered["rota_step"]) == ("offered", "dunav", 1)
    for step, state in (("acknowledge", "acknowledged"), ("accept", "accepted"), ("complete", "completed")):
        shown = await ok(world.ana.post(f"/handovers/{offered['id']}/{step}", json={}))
        assert shown["state"] == state
    steps = ["offered", "acknowledged", "accepted", "completed"]
    assert types(shown["steps"]) == steps
    assert [step["by"] for step in shown["steps"]] == ["notify", "centre_staff", "centre_staff", "centre_staff"]
    assert shown["acknowledged_by"] == account("ana")
    events = world.said(incident)
    assert types(events) == steps
    assert [event["data"]["state"]["state"] for event in events] == steps
    assert [event["data"]["version"] for event in events] == [1, 2, 3, 4]
    assert {event["data"]["state"]["attempt"] for event in events} == {1}


async def test_accepting_at_once_is_one_press_and_two_steps(world: World) -> None:
    await world.load()
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    accepted = await ok(world.ana.post(f"/handovers/{handover}/accept", headers={"If-Match": '"1"'}))
    assert (accepted["state"], accepted["version"]) == ("accepted", 3)
    assert types(world.said(incident)) == ["offered", "acknowledged", "accepted"]


async def test_the_same_step_again_changes_nothing_even_with_an_old_version(world: World) -> None:
    await world.load()
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    first = await ok(world.ana.post(f"/handovers/{handover}/acknowledge", headers={"If-Match": '"1"'}))
    again = await ok(world.ana.post(f"/handovers/{handover}/acknowledge", headers={"If-Match": '"1"'}))
    colleague = await ok(world.person("boyana").post(f"/handovers/{handover}/acknowledge"))
    assert again == first == colleague
    declined = await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    assert await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"})) == declined
    assert len(await world.handovers(incident)) == 2


async def test_a_step_out_of_order_or_on_an_old_version_is_refused(world: World) -> None:
    await world.load()
    handover = (await world.handover(await world.raises()))["id"]
    problem = await refused(world.ana.post(f"/handovers/{handover}/complete"), 409)
    assert (problem["from"], problem["to"]) == ("offered", "completed")
    await ok(world.ana.post(f"/handovers/{handover}/acknowledge"))
    await refused(world.ana.post(f"/handovers/{handover}/accept", headers={"If-Match": '"1"'}), 412)
    await ok(world.ana.post(f"/handovers/{handover}/accept"))
    for step, body in (("acknowledge", {}), ("decline", {"reason": "full"})):
        problem = await refused(world.ana.post(f"/handovers/{handover}/{step}", json=body), 409)
        assert problem["from"] == "accepted"
    await refused(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "Too many people!"}), 422)


async def test_only_the_centres_own_staff_move_a_handover(world: World) -> None:
    await world.load()
    handover = (await world.handover(await world.raises()))["id"]
    await refused(world.gergana.post(f"/handovers/{handover}/accept"), 404)
    for role in (Role.SUPERVISOR, Role.OPERATOR, Role.ADMIN, Role.SHELTER_STAFF, Role.AUDITOR):
        await refused(world.client(role).post(f"/handovers/{handover}/accept"), 403)
    await refused(world.ana.post("/handovers/nowhere/accept"), 404)


async def test_a_declined_handover_is_offered_to_the_next_centre_at_once(world: World) -> None:
    await world.load()
    incident = await world.raises()
    first = (await world.handover(incident))["id"]
    await ok(world.ana.post(f"/handovers/{first}/acknowledge"))
    declined = await ok(world.ana.post(f"/handovers/{first}/decline", json={"reason": "no_place"}))
    assert (declined["state"], declined["reason"]) == ("declined", "no_place")
    second = await world.handover(incident)
    assert (second["centre"], second["attempt"], second["request"], second["state"]) == ("balkan", 2, 1, "offered")
    assert types(world.said(incident)) == ["offered", "acknowledged", "declined", "offered"]
    assert [who for who, _cause, _state in await world.paged(incident)] == ["ana", "gergana"]
    await ok(world.gergana.post(f"/handovers/{second['id']}/accept"))


async def test_when_every_centre_declined_the_operator_is_told_so(world: World) -> None:
    await world.load()
    incident = await world.raises()
    for person in (world.ana, world.gergana):
        handover = (await world.handover(incident))["id"]
        await ok(person.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    last = await world.handover(incident)
    assert (last["attempt"], last["state"], last["reason"], last["centre"]) == (
        3,
        "declined",
        "every_centre_declined",
        None,
    )
    assert world.said(incident)[-1]["data"]["state"]["reason"] == "every_centre_declined"
    again = await world.says(incident.later(leg={"wanted": True, "request": 2}))
    anew = await world.handover(again)
    assert (anew["attempt"], anew["request"], anew["centre"]) == (4, 2, "dunav")


async def test_where_nobody_serves_the_answer_says_so(world: World) -> None:
    await world.load()
    incident = await world.raises(packet=packet(municipality="TST3"))
    (event,) = world.said(incident)
    state = event["data"]["state"]
    assert (state["state"], state["reason"], state["centre"]) == ("declined", "no_centre", None)
