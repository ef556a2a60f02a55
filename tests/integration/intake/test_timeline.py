"""The timeline: every step of every service once, in causal order."""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest

from tests.integration.intake.world import CALM, World
from tests.support.intake_voice import Said
from tests.support.world import ok

pytestmark = pytest.mark.anyio


async def timeline(world: World, incident: str, **headers: str) -> list[dict[str, Any]]:
    shown = await ok(world.operator.get(f"/incidents/{incident}/timeline", headers=headers))
    items: list[dict[str, Any]] = shown["items"]
    return items


async def test_every_step_of_every_service_in_causal_order(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job, placement, _ = await world.answered(incident)
    world.clock.advance(5)
    await world.hear(job.step("acknowledged", at=world.clock(), by="crew"))
    await world.patch(incident, narrative="допълнение")
    placement.logical = 9  # shelter_beds has heard of the update
    await world.hear(placement.step("confirmed", at=world.clock(), by="shelter_staff", quoting=2))
    items = await timeline(world, incident, **{"Accept-Language": "bg"})
    assert [item["type"] for item in items if item["type"].startswith(("intake", "shelter"))] == [
        "intake.incident.raised",
        "shelter_beds.placement.held",
        "intake.incident.updated",
        "shelter_beds.placement.confirmed",
    ]
    assert [item["step"] for item in items] == sorted(item["step"] for item in items)
    first = items[0]
    assert first == {
        "at": "2026-11-22T03:00:00.000Z",
        "heard_at": "2026-11-22T03:00:00.000Z",
        "step": 1,
        "type": "intake.incident.raised",
        "entity": incident,
        "version": 1,
        "by": "operator",
        "text": "сигналът е приет",
    }
    assert items[-1]["text"] == "кризисният център потвърди"
    assert (await timeline(world, incident))[0]["text"] == "incident raised"


@pytest.mark.parametrize("seed", range(5))
async def test_each_step_stands_once_however_it_was_heard(world: World, seed: int) -> None:
    incident = (await world.raised(CALM))["id"]
    job = world.voices.job(incident)
    said: list[Said] = [job.step(state) for state in ("queued", "assigned", "acknowledged", "en_route", "on_scene")]
    heard = list(itertools.chain.from_iterable(itertools.repeat(each, 2) for each in said))
    random.Random(seed).shuffle(heard)
    for each in heard:
        await world.hear(each)
    items = [item for item in await timeline(world, incident) if item["entity"] == job.entity]
    assert [(item["version"], item["type"].rpartition(".")[2]) for item in items] == [
        (1, "queued"),
        (2, "assigned"),
        (3, "acknowledged"),
        (4, "en_route"),
        (5, "on_scene"),
    ]


async def test_a_late_clock_of_another_service_does_not_disturb_the_order(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job = world.voices.job(incident)
    await world.hear(job.step("assigned", at=world.clock.now.replace(year=2020)))
    assert [item["type"] for item in await timeline(world, incident)] == [
        "intake.incident.raised",
        "dispatch.job.assigned",
    ]


async def test_what_intake_does_next_comes_after_what_it_heard(world: World) -> None:
    incident = (await world.raised(CALM))["id"]
    job = world.voices.job(incident, logical=40)
    await world.hear(job.step("assigned"))
    await world.patch(incident, narrative="по-късно")
    assert [item["step"] for item in await timeline(world, incident)] == [1, 41, 42]


async def test_an_overdue_promise_is_on_it(world: World) -> None:
    incident = (await world.raised())["id"]
    await world.passes(6)
    assert [item["type"] for item in await timeline(world, incident)][1:] == ["intake.leg.overdue"] * 2
