"""Silence calls the next person, and is never the end of it."""

from __future__ import annotations

import pytest

from tests.integration.notify.world import World, account, rota
from tests.support.house import eventually
from tests.support.intake_voice import Incident
from tests.support.world import ok, types

pytestmark = pytest.mark.anyio

FIVE_MINUTES = 301


async def escalated(world: World, incident: Incident, times: int) -> list[str]:
    """Return who is called, first and after so many times of silence."""
    called = []
    for _ in range(times + 1):
        handover = await ok(world.ana.get(f"/handovers/{(await world.handover(incident))['id']}"))
        called.append(handover["called"])
        await world.passes(FIVE_MINUTES)
    return called


async def test_an_unanswered_handover_calls_the_next_person_of_the_rota(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await world.passes(299)
    assert (await world.handover(incident))["rota_step"] == 1
    await world.passes(2)
    handover = await world.handover(incident)
    assert (handover["state"], handover["rota_step"], handover["attention"]) == ("offered", 2, None)
    assert types(world.said(incident)) == ["offered", "escalated"]
    assert world.said(incident)[-1]["data"]["state"]["rota_step"] == 2
    assert await world.paged(incident) == [("ana", "offered", "sent"), ("boyana", "escalated", "sent")]


async def test_after_the_last_the_first_is_called_again_slower_and_somebody_must_look(world: World) -> None:
    await world.load()
    incident = await world.raises()
    called = await escalated(world, incident, 2)
    assert called == [account(name) for name in ("ana", "boyana", "vera")]
    handover = await ok(world.ana.get(f"/handovers/{(await world.handover(incident))['id']}"))
    assert (handover["called"], handover["attention"], handover["rota_step"]) == (
        account("ana"),
        "nobody_answered",
        4,
    )
    await world.passes(FIVE_MINUTES)
    assert (await world.handover(incident))["rota_step"] == 4
    await world.passes(FIVE_MINUTES)
    assert (await world.handover(incident))["rota_step"] == 5


async def test_steps_that_nobody_has_are_skipped_at_once(world: World) -> None:
    await world.load()
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota(None, "boyana", None, "vera")}))
    incident = await world.raises()
    assert await escalated(world, incident, 1) == [account("boyana"), account("vera")]


async def test_with_nobody_on_the_rota_somebody_must_look_and_whoever_comes_is_called_at_once(world: World) -> None:
    await world.load(people={})
    incident = await world.raises()
    handover = await world.handover(incident)
    assert (handover["state"], handover["attention"], handover["rota_step"]) == ("offered", "nobody_on_call", 0)
    await world.passes(FIVE_MINUTES)
    assert (await world.handover(incident))["attention"] == "nobody_on_call"
    assert await world.paged(incident) == []
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota("vera")}))
    assert await world.paged(incident) == [("vera", "escalated", "sent")]
    assert (await world.handover(incident))["attention"] is None


async def test_what_was_acknowledged_and_then_forgotten_calls_somebody_again(world: World) -> None:
    await world.load()
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    await ok(world.ana.post(f"/handovers/{handover}/acknowledge"))
    await world.passes(1799)
    assert (await world.handover(incident))["attention"] is None
    await world.passes(2)
    forgotten = await world.handover(incident)
    assert (forgotten["state"], forgotten["attention"], forgotten["rota_step"]) == ("acknowledged", "forgotten", 2)
    assert (await world.paged(incident))[-1] == ("boyana", "forgotten", "sent")
    anew = await ok(world.person("boyana").post(f"/handovers/{handover}/acknowledge"))
    assert (anew["acknowledged_by"], anew["attention"]) == (account("boyana"), None)
    await ok(world.person("boyana").post(f"/handovers/{handover}/accept"))
    await world.passes(100_000)
    assert types(world.said(incident)) == ["offered", "acknowledged", "escalated", "acknowledged", "accepted"]


async def test_a_late_leg_pages_whoever_is_called_once_more(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await world.paged(incident)
    late = {"leg": "centre", "state": "answered", "due_at": None}
    await world.hear(world.voice.of(incident, "intake.leg", "overdue", late, 1, "leg-centre"))
    assert await world.paged(incident) == [("ana", "offered", "sent"), ("ana", "overdue", "sent")]
    await world.hear(world.voice.of(incident, "intake.leg", "overdue", {**late, "leg": "police"}, 1, "leg-police"))
    await ok(world.ana.post(f"/handovers/{(await world.handover(incident))['id']}/accept"))
    await world.hear(world.voice.of(incident, "intake.leg", "overdue", late, 2, "leg-centre"))
    assert len(await world.paged(incident)) == 2


async def test_the_clocks_look_by_themselves(world: World) -> None:
    await world.load()
    incident = await world.raises()
    world.clock.advance(FIVE_MINUTES)

    async def boyana_has_it() -> bool:
        items = (await ok(world.person("boyana").get("/inbox")))["items"]
        return bool(items and items[0]["incident"] == incident.id)

    await eventually(boyana_has_it, "the next person is paged")
