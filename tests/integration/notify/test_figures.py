"""What notify tells of handovers that wait and of pages; drills apart."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode
from tests.integration.notify.world import CHILD, World, packet
from tests.support.figures import becomes, exposition, figure
from tests.support.intake_voice import Incident
from tests.support.world import ok

pytestmark = pytest.mark.anyio


async def pages(world: World, result: str, mode: str = "actual") -> float:
    """Return how many pages ended so; counters go on counting from test to test."""
    return await figure(world.service, "zakrila_deliveries_total", channel="console", result=result, mode=mode) or 0


async def test_a_page_is_counted_when_it_is_sent_and_when_it_is_fetched(world: World) -> None:
    await world.load()
    sent, delivered = await pages(world, "sent"), await pages(world, "delivered")
    incident = await world.raises()
    await world.paged(incident)
    await ok(world.ana.get("/inbox"))
    await ok(world.ana.get("/inbox"))
    assert (await pages(world, "sent"), await pages(world, "delivered")) == (sent + 1, delivered + 1)
    await becomes(world, 1, "zakrila_handovers", state="offered", priority="2", mode="actual")


async def test_a_page_that_nobody_needs_any_more_has_not_failed(world: World) -> None:
    await world.load()
    failed, withdrawn = await pages(world, "failed"), await pages(world, "withdrawn")
    incident = Incident(packet=packet())
    await world.hear_at_once(world.voice.says(incident), world.voice.says(incident.later(state="cancelled")))
    await world.paged(incident)
    assert (await pages(world, "failed"), await pages(world, "withdrawn")) == (failed, withdrawn + 1)


async def test_a_drills_page_is_simulated_and_counted_apart(world: World) -> None:
    await world.load()
    sent, simulated = await pages(world, "sent"), await pages(world, "simulated", "exercise")
    await world.paged(await world.raises(mode=Mode.EXERCISE))
    assert (await pages(world, "sent"), await pages(world, "simulated", "exercise")) == (sent, simulated + 1)
    await becomes(world, 1, "zakrila_handovers", state="offered", mode="exercise")


async def test_whoever_does_not_answer_is_counted_and_so_is_a_notice_that_nobody_confirms(world: World) -> None:
    await world.load()
    before = await figure(world.service, "zakrila_escalations_total", mode="actual") or 0
    await world.raises(**CHILD)
    await becomes(world, 1, "zakrila_notices_unconfirmed", mode="actual")
    await world.passes(301)
    await becomes(world, before + 1, "zakrila_escalations_total", mode="actual")


async def test_nobody_on_a_rota_is_named_in_the_figures(world: World) -> None:
    await world.load()
    await world.paged(await world.raises())
    text = await exposition(world.service)
    assert not [word for word in ("ana", "dunav", "359888") if f'"{word}' in text or f"{word}@" in text]
