"""The ledger of requests that found no room."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.shelter_beds.world import World, shelter
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def test_a_request_that_found_no_room_is_kept_once_with_the_rule_for_each_candidate(world: World) -> None:
    await world.load(shelter("lipa", 1, 2, 2, pets=0), shelter("iva", 4, at="TST1"))
    await world.set_room("lipa", "3", "out_of_service")
    incident = await world.raises(facts={"victim": {"adults": 2, "pets": 1}})
    await world.says(incident.later(priority=1))
    (denial,) = (await ok(world.supervisor.get("/denials")))["items"]
    assert denial["incident"] == incident.id
    assert denial["excluded"] == {"out_of_service": 1, "pets": 1, "safety": 1, "size": 1}
    assert denial["candidates"] == [
        {"shelter": "iva", "rule": "safety", "rooms": 1},
        {"shelter": "lipa", "rule": "out_of_service", "rooms": 1},
        {"shelter": "lipa", "rule": "pets", "rooms": 1},
        {"shelter": "lipa", "rule": "size", "rooms": 1},
    ]


async def test_operators_see_totals_and_staff_their_own(world: World) -> None:
    await world.load(shelter("lipa", 1), shelter("iva", 4, at="TST1"))
    await world.raises(facts={"victim": {"adults": 2}})
    for role in (Role.OPERATOR, Role.AUDITOR):
        (denial,) = (await ok(world.client(role).get("/denials")))["items"]
        assert denial["excluded"] == {"safety": 1, "size": 1}
        assert "candidates" not in denial
    (denial,) = (await ok(world.staff("lipa").get("/denials")))["items"]
    assert denial["candidates"] == [{"shelter": "lipa", "rule": "size", "rooms": 1}]
    assert "incident" not in denial
    assert (await ok(world.client(Role.SUPERVISOR, "PDV").get("/denials")))["items"] == []
    for role in (Role.ADMIN, Role.CREW, Role.CENTRE_STAFF):
        await refused(world.client(role).get("/denials"), 403)


async def test_drills_are_counted_apart(world: World) -> None:
    await world.load()
    await world.raises(mode=Mode.EXERCISE)
    assert (await ok(world.supervisor.get("/denials")))["items"] == []
    drilled = (await ok(world.supervisor.get("/denials", params={"mode": "exercise"})))["items"]
    assert [denial["shadow"] for denial in drilled] == [True]


async def test_a_child_alone_and_a_room_that_was_found_are_no_denials(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.raises()
    await world.raises(facts={"victim": {"adults": [], "children": [{"age": 3}]}})
    assert (await ok(world.supervisor.get("/denials")))["items"] == []
