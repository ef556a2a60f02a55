"""What a shift lead is shown of police jobs: counted by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.dispatch.world import World
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def now(world: World) -> datetime:
    """The present: ids are made by the real clock, so days are counted from it. Ten in the morning in Sofia, or so."""
    world.clock.now = datetime.now(UTC).replace(hour=8, minute=0, second=0, microsecond=0)
    return world.clock.now


async def figures(world: World, days: int = 1) -> dict[str, Any]:
    return await ok(world.supervisor.get("/figures", params={"days": days}))


async def acknowledged(world: World, incident: Incident, named: str, after: float) -> None:
    world.clock.advance(after)
    job = await world.job(incident)
    await ok(world.crew(named).post(f"/jobs/{job['id']}/acknowledge"))


async def test_jobs_are_counted_by_state_and_who_waits_by_priority(world: World, now: datetime) -> None:
    await world.load("north/N-1", "north/N-2")
    served = await world.raises(priority=1, raised_at=now)
    await world.raises(priority=2, raised_at=now)
    await world.raises(priority=1, raised_at=now - timedelta(minutes=5))
    await world.raises(priority=3, raised_at=now)
    job = await world.job(served)
    crew = world.crew(f"north/{job['unit']}")
    for step in ("acknowledge", "en-route", "on-scene"):
        await ok(crew.post(f"/jobs/{job['id']}/{step}"))
    shown = await figures(world)
    assert {state: jobs for state, jobs in shown["states"].items() if jobs} == {
        "queued": 2,
        "assigned": 1,
        "on_scene": 1,
    }
    assert (shown["queued"]["jobs"], shown["queued"]["by_priority"]) == (2, {"1": 1, "2": 0, "3": 1})
    assert shown["queued"]["oldest_raised_at"] == (now - timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
    await ok(crew.post(f"/jobs/{job['id']}/clear", json={"reason": "done"}))
    shown = await figures(world)
    assert {state: jobs for state, jobs in shown["states"].items() if jobs} == {
        "queued": 1,
        "assigned": 2,
        "cleared": 1,
    }


async def test_jobs_that_change_hands_are_counted_by_day(world: World, now: datetime) -> None:
    world.clock.now = now - timedelta(days=1)
    await world.load("north/N-1", "south/S-1")
    incident = await world.raises()
    await world.passes(61)
    await acknowledged(world, incident, "south/S-1", 1)
    world.clock.now = now
    shown = await figures(world, 30)
    assert [day["reassigned"] for day in shown["given_on"]["by_day"]][-3:] == [0, 1, 0]
    assert (await figures(world))["given_on"]["reassigned"] == 0
    assert shown["given_on"]["declined"] == 0


async def test_the_time_to_acknowledge_is_that_of_the_assignment_it_answers(world: World, now: datetime) -> None:
    assert now.tzinfo is UTC
    await world.load("north/N-1", "south/S-1")
    slow = await world.raises()
    job = await world.job(slow)
    world.clock.advance(20)
    await ok(world.crew("north/N-1").post(f"/jobs/{job['id']}/decline", json={"reason": "too_far"}))
    await acknowledged(world, slow, "south/S-1", 7)
    quick = await world.raises()
    await acknowledged(world, quick, "north/N-1", 3)
    shown = await figures(world)
    stations = {each["station"]: (each["many"], each["p50"], each["p90"]) for each in shown["by_station"]}
    assert stations == {"south": (1, 7.0, 7.0), "north": (1, 3.0, 3.0)}
    assert [each["station"] for each in shown["by_station"]] == ["south", "north"], "the slowest first"
    assert shown["acknowledged"] == {"many": 2, "p50": 3.0, "p90": 7.0}
    assert (shown["given_on"]["declined"], shown["given_on"]["reassigned"]) == (1, 1)
    assert shown["by_station"][0]["name"] == {"bg": "south"}


async def test_drills_and_other_mechanisms_are_counted_nowhere(world: World, now: datetime) -> None:
    assert now.tzinfo is UTC
    await world.load("north/N-1")
    drill = await world.raises(mode=Mode.EXERCISE)
    await acknowledged(world, drill, "north/N-1", 1)
    shown = await figures(world)
    assert not any(shown["states"].values())
    assert shown["acknowledged"] is None
    assert shown["by_station"] == []
    await world.raises()
    assert not any((await ok(world.client(Role.SUPERVISOR, "PDV").get("/figures")))["states"].values())


async def test_only_a_supervisor_reads_them(world: World) -> None:
    for role in (Role.OPERATOR, Role.DISPATCHER, Role.ADMIN, Role.AUDITOR):
        await refused(world.client(role).get("/figures"), 403)
