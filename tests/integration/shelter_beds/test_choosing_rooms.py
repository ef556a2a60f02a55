"""Which room is held, over a real store; each rule by itself is tried in ``tests/unit/shelter_beds``."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.shelter_beds.world import World, shelter
from tests.support.world import ok

pytestmark = pytest.mark.anyio


async def test_the_smallest_sufficient_room_is_held(world: World) -> None:
    await world.load(shelter("lipa", 6, 2, 3), shelter("breza", 4, 3))
    first = await world.raises(facts={"victim": {"adults": 1, "children": [{"age": 2}, {"age": 5}]}})
    assert await world.where(first) in {"lipa/3", "breza/2"}
    assert await world.where(await world.raises()) == "lipa/2"


async def test_among_equals_the_freshest_confirmation_wins_then_the_nearest(world: World) -> None:
    places = {"TST1": (43.8, 25.9, "one"), "TST2": (43.7, 25.9, "one"), "TST3": (42.0, 25.9, "one")}
    near, far = shelter("near", 2, at="TST2"), shelter("far", 2, at="TST3")
    await world.load(far, near, municipalities=places)
    incident = await world.raises()
    assert await world.where(incident, "near", "far") == "near/1"
    await world.says(incident.later(state="cancelled"))
    await ok(world.staff("far").post("/shelters/far/confirm"))
    assert await world.where(await world.raises(), "near", "far") == "far/1"


async def test_many_rooms_that_do_not_fit_hide_none_that_does(world: World) -> None:
    strict = [shelter(f"strict-{number}", *([2] * 9), pets=0) for number in range(6)]
    await world.load(*strict, shelter("lipa", 2))
    incident = await world.raises(facts={"victim": {"pets": 1}})
    assert await world.where(incident) == "lipa/1"
    other = await world.raises(facts={"victim": {"pets": 1}})
    assert (await world.placement(other))["excluded"] == {"pets": 54, "held": 1}


async def test_another_language_and_papers_are_no_reason_to_have_no_room(world: World) -> None:
    foreign, strict = shelter("lipa", 2, languages=["sq"]), shelter("breza", 3, documents_required=True)
    await world.load(foreign, strict, shelter("iva", 4))
    speaking_bulgarian: dict[str, Any] = {"victim": {"languages": ["bg"]}}
    first = await world.raises(facts=speaking_bulgarian)
    assert await world.where(first) == "iva/1"
    assert (await world.placement(first))["excluded"] == {"languages": 1, "documents": 1}
    second, third = await world.raises(facts=speaking_bulgarian), await world.raises(facts=speaking_bulgarian)
    assert {await world.where(second), await world.where(third)} == {"lipa/1", "breza/1"}


async def test_a_supervisor_may_allow_a_room_nearby(world: World) -> None:
    await world.load(shelter("iva", 2, at="TST1"))
    incident = await world.raises()
    assert (await world.placement(incident))["excluded"] == {"safety": 1}
    await world.says(incident.later(leg={"wanted": True, "request": 2, "near_allowed": True}))
    assert await world.states(incident) == ["cancelled", "held"]


async def test_a_perpetrator_from_a_shelter_is_a_question_for_a_human(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts={"perpetrators": [{"linked_to": "shelter"}]})
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("held", "shelter_linked")


async def test_facts_that_come_later_may_open_a_room(world: World) -> None:
    await world.load(shelter("lipa", 2, pets=0))
    incident = await world.raises(facts={"victim": {"pets": 1}})
    assert await world.states(incident) == ["waitlisted"]
    await world.says(incident.later(facts={"victim": {"pets": 0}}))
    assert await world.states(incident) == ["held"]


async def test_a_newcomer_never_overtakes_whoever_waits(world: World) -> None:
    await world.load(shelter("lipa", 2))
    await world.set_room("lipa", "1", "out_of_service")
    waiting = [await world.raises(priority=priority) for priority in (3, 2, 1, 2)]
    await world.set_room("lipa", "1", "free")
    assert [(await world.placement(each))["state"] for each in waiting] == [
        "waitlisted",
        "waitlisted",
        "held",
        "waitlisted",
    ]
    newcomer = await world.raises(priority=1)
    assert await world.states(newcomer) == ["waitlisted"]
    await world.says(waiting[2].later(state="cancelled"))
    assert await world.states(newcomer) == ["held"]


async def test_a_long_waitlist_is_walked_to_its_end(world: World) -> None:
    await world.load(shelter("lipa", 9, pets=0))
    await world.set_room("lipa", "1", "out_of_service")
    for _ in range(60):
        await world.raises(priority=1, facts={"victim": {"pets": 1}})
    last = await world.raises(priority=3)
    assert await world.states(last) == ["waitlisted"]
    await world.set_room("lipa", "1", "free")
    assert await world.states(last) == ["held"]


async def test_aliases_differ_and_say_nothing_of_the_shelter(world: World) -> None:
    await world.load(shelter("lipa", *([2] * 9)))
    aliases = {(await world.placement(await world.raises()))["alias"] for _ in range(9)}
    assert len(aliases) == 9
