"""A raised incident gets a held room or an honest no; whatever intake says is answered."""

from __future__ import annotations

from dataclasses import replace

import pytest

from shared.contracts.vocabulary import Mode
from tests.integration.shelter_beds.world import World, shelter
from tests.support.world import types

pytestmark = pytest.mark.anyio


async def test_a_raised_incident_has_a_room_held(world: World) -> None:
    await world.load(shelter("lipa", 2, 3))
    incident = await world.raises()
    (event,) = world.said(incident)
    assert event["type"] == "shelter_beds.placement.held"
    state = event["data"]["state"]
    assert (state["state"], state["attempt"], state["request"], state["shadow"]) == ("held", 1, 1, False)
    assert event["data"]["incident_version"] == 1
    assert state["held_until"].startswith("2026-11-22T04:00:00")
    assert await world.shown("lipa") == {"1": "held", "2": "free"}


async def test_an_incident_that_wants_no_shelter_is_not_answered(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(leg={"wanted": False, "request": 0})
    assert world.said(incident) == []


async def test_the_same_event_again_changes_nothing_and_an_ask_is_answered_again(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    await world.says(incident)
    assert types(world.said(incident)) == ["held"]
    await world.says(incident, ask=1)
    first, again = world.said(incident)
    assert first["data"]["version"] == again["data"]["version"] == 1
    assert again["type"] == "shelter_beds.placement.held"


async def test_every_news_of_an_incident_is_answered_with_its_version(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    later = await world.says(incident.later(priority=1))
    assert (await world.placement(incident))["priority"] == 1
    assert [event["data"]["incident_version"] for event in world.said(incident)] == [1, 2]
    assert [event["data"]["version"] for event in world.said(later)] == [1, 1]
    await world.says(incident)  # late: an older version
    assert len(world.said(incident)) == 2


async def test_without_a_room_she_is_waitlisted_with_the_reasons(world: World) -> None:
    await world.load(shelter("lipa", 1, 2, pets=0), shelter("iva", 4, at="TST1"))
    await world.set_room("lipa", "2", "out_of_service")
    incident = await world.raises(facts={"victim": {"adults": [{"sex": "f"}, {"sex": "f"}], "pets": 1}})
    state = world.said(incident)[-1]["data"]["state"]
    assert (state["state"], state["reason"]) == ("waitlisted", "no_room")
    assert state["excluded"] == {"size": 1, "out_of_service": 1, "safety": 1}


async def test_where_nothing_is_loaded_she_is_waitlisted(world: World) -> None:
    incident = await world.raises()
    assert world.said(incident)[-1]["data"]["state"]["reason"] == "no_shelter"
    await world.load(shelter("lipa", 2))
    assert await world.states(incident) == ["held"]
    assert types(world.said(incident)) == ["waitlisted", "held"]


async def test_a_leg_taken_back_before_it_was_heard_is_answered_all_the_same(world: World) -> None:
    await world.load(shelter("lipa", 2))
    waived = await world.raises(leg={"wanted": False, "request": 1, "waived": True})
    cancelled = await world.raises(state="cancelled")
    for incident, reason in ((waived, "waived"), (cancelled, "incident_cancelled")):
        state = world.said(incident)[-1]["data"]["state"]
        assert (state["state"], state["reason"]) == ("cancelled", reason)
    assert await world.shown("lipa") == {"1": "free"}


async def test_her_refusal_frees_the_room_and_is_not_a_denial(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises()
    refused = incident.later(
        leg={"wanted": False, "request": 1, "waived": True}, facts={"victim": {"decision_shelter": "refuses"}}
    )
    await world.says(refused)
    placement = await world.placement(incident)
    assert (placement["state"], placement["reason"]) == ("cancelled", "refused_by_her")
    assert await world.shown("lipa") == {"1": "free"}
    assert (await world.supervisor.get("/denials")).json()["items"] == []
    again = refused.later(leg={"wanted": True, "request": 2}, facts={})
    await world.says(again)
    assert await world.states(incident) == ["cancelled", "held"]
    assert world.said(incident)[-1]["data"]["state"]["attempt"] == 2


async def test_a_cancelled_incident_frees_its_room_and_a_closed_one_keeps_it(world: World) -> None:
    await world.load(shelter("lipa", 2, 2))
    cancelled, closed = await world.raises(), await world.raises()
    waiting = await world.raises()
    await world.says(closed.later(state="closed"))
    await world.says(waiting.later(state="closed"))
    assert (await world.states(closed), await world.states(waiting)) == (["held"], ["waitlisted"])
    await world.says(cancelled.later(state="cancelled"))
    assert await world.states(cancelled) == ["cancelled"]
    assert await world.states(waiting) == ["held"]


async def test_a_new_place_is_a_new_request_and_a_new_placement(world: World) -> None:
    await world.load(shelter("lipa", 2, at="TST2"), shelter("iva", 3, at="TST1"))
    incident = await world.raises()
    assert await world.where(incident) == "lipa/1"
    await world.says(incident.later(municipality="TST2", leg={"wanted": True, "request": 2}))
    first, second = await world.placements(incident)
    assert (first["state"], first["reason"], second["state"], second["request"]) == (
        "cancelled",
        "asked_anew",
        "held",
        2,
    )
    assert await world.where(incident) == "iva/1"


async def test_a_confirmed_room_goes_on_under_a_new_request_and_a_human_is_asked_if_it_is_near_now(
    world: World,
) -> None:
    await world.load(shelter("lipa", 2, at="TST2"), shelter("iva", 3, at="TST1"))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.says(incident.later(municipality="TST2", leg={"wanted": True, "request": 2}))
    (placement,) = await world.placements(incident)
    assert (placement["state"], placement["request"]) == ("confirmed", 2)
    assert placement["attention"] == "no_longer_fits"
    assert world.said(incident)[-1]["type"] == "shelter_beds.placement.attention"


async def test_a_hold_that_is_not_for_them_any_more_is_replaced(world: World) -> None:
    await world.load(shelter("lipa", 2, 4))
    incident = await world.raises(facts={"victim": {"adults": [{"sex": "f"}]}})
    assert await world.where(incident) == "lipa/1"
    more = {"victim": {"adults": [{"sex": "f"}], "children": [{"age": 4}, {"age": 6}]}}
    await world.says(incident.later(facts=more))
    first, _second = await world.placements(incident)
    assert (first["state"], first["reason"]) == ("released", "no_longer_fits")
    assert await world.where(incident) == "lipa/2"
    assert types(world.said(incident)) == ["held", "released", "held"]


async def test_a_drill_that_becomes_real_is_placed_anew_in_a_real_room(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(mode=Mode.EXERCISE)
    assert await world.shown("lipa") == {"1": "free"}
    assert await world.shown("lipa", mode="exercise") == {"1": "held"}
    await world.says(incident.later(mode=Mode.ACTUAL))
    first, second = await world.placements(incident)
    assert (first["shadow"], first["reason"], second["shadow"]) == (True, "made_actual", False)
    assert await world.shown("lipa") == {"1": "held"}
    assert await world.shown("lipa", mode="exercise") == {"1": "free"}


async def test_a_child_alone_is_never_placed_like_a_family(world: World) -> None:
    await world.load(shelter("lipa", 2))
    incident = await world.raises(facts={"victim": {"adults": [], "children": [{"age": 9}]}})
    state = world.said(incident)[-1]["data"]["state"]
    assert (state["state"], state["reason"], state["attention"]) == ("waitlisted", "child_alone", "child_alone")
    assert state["excluded"] == {}
    await world.set_room("lipa", "1", "free")
    assert await world.states(incident) == ["waitlisted"]
    await world.says(incident.later(facts={"victim": {"adults": [{"sex": "f"}], "children": [{"age": 9}]}}))
    placement = await world.placement(incident)
    assert (placement["state"], placement["attention"]) == ("held", None)


async def test_nothing_here_is_sought_with_the_neighbours(world: World) -> None:
    await world.load(shelter("far", 2, at="NBR1"), code="NBR", municipalities={"NBR1": (42.0, 24.0, "other")})
    await world.load(shelter("lipa", 2), neighbours=("NBR",))
    first, second, third = [await world.raises() for _ in range(3)]
    assert await world.where(first) == "lipa/1"
    assert await world.where(second, "far") == "far/1"
    assert await world.states(third) == ["waitlisted"]
    assert world.said(second)[-1]["data"]["jurisdiction"] == "TST"
    assert (await world.placement(second))["excluded"] == {"held": 1}
    await world.move("far", second, "release")
    assert await world.states(second) == ["released", "waitlisted"]
    assert await world.where(third, "far") == "far/1"


async def test_what_a_human_was_asked_stays_until_it_is_so_no_more(world: World) -> None:
    await world.load(shelter("lipa", 3))
    linked = {"perpetrators": [{"linked_to": "shelter"}]}
    incident = await world.raises(facts=linked)
    await world.move("lipa", incident, "confirm")
    assert (await world.placement(incident))["attention"] == "shelter_linked"
    crowd = {**linked, "victim": {"adults": 4}}
    larger = await world.says(incident.later(facts=crowd))
    assert (await world.placement(incident))["attention"] == "no_longer_fits"
    await world.says(larger.later(facts={}))
    assert (await world.placement(incident))["attention"] is None
    await world.job(incident, "cleared", 5)
    await world.says(replace(larger, version=4, facts=linked))
    assert (await world.placement(incident))["attention"] == "cleared_without_transport"


async def test_a_confirmed_room_that_still_fits_answers_for_the_new_request(world: World) -> None:
    await world.load(shelter("lipa", 2, at="TST3"))
    incident = await world.raises()
    await world.move("lipa", incident, "confirm")
    await world.says(incident.later(municipality="TST2", leg={"wanted": True, "request": 2}))
    newest = world.said(incident)[-1]
    assert newest["type"] == "shelter_beds.placement.confirmed"
    assert (newest["data"]["version"], newest["data"]["state"]["request"]) == (3, 2)
    assert newest["data"]["state"]["attention"] is None
