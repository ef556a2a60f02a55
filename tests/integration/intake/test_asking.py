"""Ask until answered (P5): what was lost between two stores is said again until it is answered."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.intake.world import CALM, MINIMAL, World
from tests.support.answering_voices import Voice
from tests.support.world import types

pytestmark = pytest.mark.anyio


def asked(world: World, incident: str) -> list[int]:
    return [event["data"]["ask"] for event in world.events(incident)]


async def seconds_of_asks(world: World, incident: str, within: int) -> list[int]:
    """Return after how many seconds it was said again."""
    at, before = [], len(world.events(incident))
    for second in range(1, within + 1):
        world.clock.advance(1)
        await world.asks()
        if len(world.events(incident)) > before:
            at.append(second)
            before = len(world.events(incident))
    return at


async def test_unanswered_it_is_said_again_after_two_seconds_doubling_to_eight(world: World) -> None:
    incident = (await world.raised())["id"]
    assert await seconds_of_asks(world, incident, 40) == [2, 6, 14, 22, 30, 38]
    assert asked(world, incident) == [0, 1, 2, 3, 4, 5, 6]
    assert {event["data"]["version"] for event in world.events(incident)} == {1}
    assert set(types(world.events(incident))) == {"raised"}


async def test_it_is_asked_until_each_needed_service_has_quoted_the_version(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job, placement, handover = await world.answered(incident)
    assert await seconds_of_asks(world, incident, 30) == []
    await world.patch(incident, victim={"name": "Мария"})
    await world.hear(job.again(quoting=2))
    await world.hear(placement.again(quoting=2))
    world.clock.advance(2)
    assert await world.asks() == 1
    [*_, event] = world.events(incident)
    assert (event["type"], event["data"]["version"], event["data"]["ask"]) == ("intake.incident.updated", 2, 1)
    await world.hear(handover.again(quoting=2))
    assert await seconds_of_asks(world, incident, 30) == [], "answers that changed nothing are answers"


async def test_a_service_that_was_never_asked_is_not_waited_for(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"centre": False}))["id"]
    await world.hear(world.voices.job(incident).step("assigned"))
    assert await seconds_of_asks(world, incident, 30) == []


async def test_where_a_child_is_involved_notify_must_answer_too(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"centre": False}, victim={"children": [{"age": 3}]}))["id"]
    await world.hear(world.voices.job(incident).step("assigned"))
    world.clock.advance(2)
    assert await world.asks() == 1
    await world.hear(world.voices.notice(incident).step("sent"))
    assert await seconds_of_asks(world, incident, 30) == []


async def test_a_notice_does_not_answer_for_the_handover(world: World) -> None:
    incident = (await world.raised(MINIMAL, victim={"children": [{"age": 3}]}))["id"]
    await world.hear(world.voices.job(incident).step("assigned"))
    await world.hear(world.voices.notice(incident).step("sent"))
    world.clock.advance(2)
    assert await world.asks() == 1


async def test_while_a_leg_is_unfinished_it_is_said_every_five_minutes(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"centre": False}))["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("assigned"))
    for _ in range(2):
        world.clock.advance(299)
        assert await world.asks() == 0
        world.clock.advance(1)
        assert await world.asks() == 1
        await world.hear(job.again(quoting=1))
    await world.hear(job.step("acknowledged"))
    await world.hear(job.step("on_scene"))
    world.clock.advance(3600)
    assert await world.asks() == 0


async def test_nobody_is_asked_about_what_nobody_was_ever_asked_for(world: World) -> None:
    incident = (await world.raised(MINIMAL, needs={"police": False, "centre": False}))["id"]
    assert await seconds_of_asks(world, incident, 10) == []
    world.clock.advance(3600)
    assert await world.asks() == 0


@pytest.mark.parametrize("end", ["close", "cancel"])
async def test_closed_and_cancelled_too(world: World, end: str) -> None:
    incident = (await world.raised(CALM))["id"]
    voices = await world.answered(incident)
    if end == "cancel":
        await world.post(f"{incident}/cancel", reason="duplicate")
    else:
        reason: dict[str, Any] = {"outcome": "resolved", "override_reason": "закрит от началник смяна"}
        await world.post(f"{incident}/close", role=Role.SUPERVISOR, **reason)
    assert await seconds_of_asks(world, incident, 7) == [2, 6]
    assert types(world.events(incident)) == ["raised"] + ["closed" if end == "close" else "cancelled"] * 3
    await answer_all(world, voices, quoting=2)
    assert await seconds_of_asks(world, incident, 30) == []


async def answer_all(world: World, voices: tuple[Voice, ...], quoting: int) -> None:
    for voice in voices:
        await world.hear(voice.again(quoting=quoting))


async def test_a_cancelled_incident_is_never_said_again_once_answered(world: World) -> None:
    incident = (await world.raised())["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("queued"))
    await world.post(f"{incident}/cancel", reason="keying_error")
    await world.hear(job.step("cancelled", quoting=2))
    handover = world.voices.handover(incident)
    await world.hear(handover.step("cancelled", quoting=2))
    world.clock.advance(7200)
    assert await world.asks() == 0


async def test_the_most_dangerous_are_asked_about_first_and_not_more_than_allowed(world: World) -> None:
    calm = [(await world.raised(CALM))["id"] for _ in range(3)]
    grave = [(await world.raised())["id"] for _ in range(2)]
    world.clock.advance(2)
    assert await world.asks(most=3) == 3
    assert [asked(world, incident) for incident in grave] == [[0, 1], [0, 1]]
    assert sorted(len(asked(world, incident)) for incident in calm) == [1, 1, 2]


async def test_when_the_bus_is_back_everything_unanswered_is_said_at_once(world: World) -> None:
    waiting = (await world.raised())["id"]
    answered = (await world.raised(MINIMAL, needs={"centre": False}))["id"]
    await world.hear(world.voices.job(answered).step("assigned"))
    await seconds_of_asks(world, waiting, 14)
    await world.reconnected()
    assert await world.asks() == 1
    assert asked(world, waiting)[-1] == 1, "the count begins anew, and so do the pauses"
    assert await seconds_of_asks(world, waiting, 12) == [4, 12]


async def test_what_a_consumer_was_not_given_yet_is_not_said_again(world: World) -> None:
    incident = (await world.raised())["id"]
    world.clock.advance(2)
    assert await world.asks(delivered=0) == 0
    world.clock.advance(2)
    assert await world.asks(delivered=None) == 1, "a consumer that is not there may have lost it"
    assert asked(world, incident) == [0, 1]


async def test_an_ask_carries_the_newest_state_with_every_step(world: World) -> None:
    incident = (await world.raised())["id"]
    await world.patch(incident, needs={"shelter": True})
    world.clock.advance(2)
    await world.asks()
    event: dict[str, Any] = world.events(incident)[-1]
    assert [step["type"] for step in event["data"]["steps"]] == ["intake.incident.raised", "intake.incident.updated"]
    assert event["data"]["state"]["legs"]["shelter"]["wanted"] is True
    assert set(event["data"]["sealed"]) == {"dispatch", "shelter_beds", "notify"}
