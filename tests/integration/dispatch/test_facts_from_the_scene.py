"""What the crew learns at the scene."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.dispatch.world import World
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio


async def on_scene(world: World) -> tuple[str, Incident]:
    await world.load("north/N-1")
    incident = await world.raises()
    job = (await world.job(incident))["id"]
    for step in ("acknowledge", "en-route", "on-scene"):
        await ok(world.crew("north/N-1").post(f"/jobs/{job}/{step}"))
    return job, incident


async def test_every_later_event_carries_all_that_was_reported_sealed(world: World) -> None:
    job, incident = await on_scene(world)
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/facts", json={"risk": {"1": "yes", "4": "no"}, "injured": "unknown"}))
    later = {"risk": {"1": "no", "4": "yes"}, "injured": "yes", "children": [{"age": 4}], "seen_alone": "yes"}
    await ok(crew.post(f"/jobs/{job}/facts", json=later))
    await ok(crew.post(f"/jobs/{job}/transporting"))
    events = world.said(incident)
    assert types(events)[-3:] == ["facts", "facts", "transporting"]
    assert "intake" not in events[0]["data"]["sealed"]
    whole = {
        "risk": {"1": "yes", "4": "yes"},
        "injured": "yes",
        "children": [{"age": 4}],
        "seen_alone": "yes",
    }
    assert world.opened(events[-1]) == world.opened(events[-2]) == {"scene": whole}
    assert "yes" not in str(events[-1]["data"]["state"])


async def test_the_same_report_again_changes_nothing(world: World) -> None:
    job, _incident = await on_scene(world)
    crew = world.crew("north/N-1")
    first = await ok(crew.post(f"/jobs/{job}/facts", json={"decision_shelter": "accepts"}))
    again = await ok(crew.post(f"/jobs/{job}/facts", json={"decision_shelter": "accepts"}))
    assert again["version"] == first["version"]


async def test_a_report_that_says_nothing_is_refused(world: World) -> None:
    job, _incident = await on_scene(world)
    crew = world.crew("north/N-1")
    bodies: list[dict[str, Any]] = [
        {},
        {"risk": {}},
        {"injured": None},
        {"risk": {"weapon": "yes"}},
        {"risk": {"1": "maybe"}},
        {"x": 1},
        {"children": [{"age": 4}] * 500},
    ]
    for body in bodies:
        await refused(crew.post(f"/jobs/{job}/facts", json=body), 422)


async def test_only_a_crew_that_took_the_job_on_reports(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises()))["id"]
    problem = await refused(world.crew("north/N-1").post(f"/jobs/{job}/facts", json={"injured": "yes"}), 409)
    assert problem["from"] == "assigned"
    await refused(world.desk("north").post(f"/jobs/{job}/facts", json={"injured": "yes"}), 403)


async def test_a_report_that_comes_after_clearing_still_counts(world: World) -> None:
    job, incident = await on_scene(world)
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/clear", json={"reason": "calm"}))
    await ok(crew.post(f"/jobs/{job}/facts", json={"seen_alone": "no"}))
    assert world.opened(world.said(incident)[-1]) == {"scene": {"seen_alone": "no"}}


async def test_what_was_reported_is_shown_to_the_crew_alone(world: World) -> None:
    job, _incident = await on_scene(world)
    crew = world.crew("north/N-1")
    await ok(crew.post(f"/jobs/{job}/facts", json={"risk": {"1": "yes"}}))
    assert (await ok(crew.get(f"/jobs/{job}")))["scene"] == {"risk": {"1": "yes"}}
    assert "scene" not in await ok(world.desk("north").get(f"/jobs/{job}"))
    assert "scene" not in await ok(world.client(Role.OPERATOR).get(f"/jobs/{job}"))
