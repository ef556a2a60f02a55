"""What a shift lead is shown of a day and a month: counted by hand, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.intake.world import CALM, World
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

SOFIA = ZoneInfo("Europe/Sofia")


@pytest.fixture
def noon(world: World) -> datetime:
    """Noon of today by people's clock: ids are made by the real one, so days are counted from it."""
    world.clock.now = datetime.now(SOFIA).replace(hour=12, minute=0, second=0, microsecond=0).astimezone(UTC)
    return world.clock.now


def priorities(counted: dict[str, int]) -> tuple[int, ...]:
    return tuple(counted[f"priority_{priority}"] for priority in (1, 2, 3))


async def figures(world: World, days: int = 1) -> dict[str, Any]:
    return await ok(world.supervisor.get("/figures", params={"days": days}))


async def test_incidents_are_counted_by_the_hour_and_day_of_peoples_clock(world: World, noon: datetime) -> None:
    for hours, body in ((0, None), (0, CALM), (-9, CALM), (-14, CALM), (-24 * 29, None), (-24 * 30, None)):
        world.clock.now = noon + timedelta(hours=hours)
        await world.raised(body)
    world.clock.now = noon
    today = (await figures(world))["incidents"]
    assert today["all"] == 3
    early = (noon - timedelta(hours=9)).astimezone(SOFIA).hour
    counted = {each["hour"]: priorities(each) for each in today["by_hour"]}
    assert {hour: counts for hour, counts in counted.items() if any(counts)} == {12: (1, 0, 1), early: (0, 0, 1)}
    month = (await figures(world, 30))["incidents"]
    assert month["all"] == 5, "what is thirty days old is past"
    days = [priorities(each) for each in month["by_day"]]
    assert (days[0], days[-2], days[-1]) == ((1, 0, 0), (0, 0, 1), (1, 0, 2))
    assert len(days) == 30
    assert month["by_day"][-1]["day"] == f"{noon.astimezone(SOFIA).date()}"


async def test_the_time_to_each_answer_is_half_and_nine_of_ten(world: World, noon: datetime) -> None:
    for seconds in (1, 2, 3, 4, 5, 6, 7, 8, 9, 40):
        world.clock.now = noon - timedelta(minutes=30)
        incident = (await world.raised())["id"]
        job = world.voices.job(incident)
        world.clock.advance(seconds)
        await world.hear(job.step("assigned"))
        world.clock.advance(10)
        await world.hear(job.step("acknowledged"))
    world.clock.now = noon
    police = (await figures(world))["legs"]["police"]
    assert police["answered"] == {"many": 10, "p50": 5.0, "p90": 9.0}
    assert police["accepted"] == {"many": 10, "p50": 15.0, "p90": 19.0}
    measured = {each["from"]: each["answered"]["p90"] for each in police["times"] if each["answered"]}
    assert measured == {(noon - timedelta(hours=1)).isoformat().replace("+00:00", "Z"): 9.0}
    assert (await figures(world))["legs"]["shelter"]["answered"] is None
    month = (await figures(world, 30))["legs"]["police"]
    assert month["answered"] == police["answered"]
    assert [each["accepted"] for each in month["times"]] == [None] * 29 + [police["accepted"]]


async def test_promises_that_were_late_or_are_not_met_are_counted_by_kind_and_day(world: World, noon: datetime) -> None:
    world.clock.now = noon - timedelta(days=1)
    incident = (await world.raised(CALM))["id"]
    await world.hear(world.voices.job(incident).step("queued", reason="no_unit"))
    await world.hear(world.voices.placement(incident).step("held"))
    await world.passes(6)  # the centre's answer is late
    await world.hear(world.voices.handover(incident).step("offered"))
    world.clock.now = noon
    await world.raised(CALM)
    legs = (await figures(world, 30))["legs"]
    newest = {
        kind: [tuple(day[n] for n in ("asked", "late", "unmet")) for day in legs[kind]["by_day"]] for kind in legs
    }
    assert newest["police"][-3:] == [(0, 0, 0), (1, 0, 1), (1, 0, 0)]
    assert newest["shelter"][-2:] == [(1, 0, 0), (1, 0, 0)]
    assert newest["centre"][-2:] == [(1, 1, 0), (1, 0, 0)]
    assert (legs["centre"]["asked"], legs["centre"]["late"], legs["centre"]["unmet"]) == (2, 1, 0)
    today = (await figures(world))["legs"]
    assert [(today[kind]["asked"], today[kind]["late"], today[kind]["unmet"]) for kind in today] == [(1, 0, 0)] * 3


async def test_drills_and_other_mechanisms_are_counted_nowhere(world: World, noon: datetime) -> None:
    drill = (await world.raised(CALM, mode="exercise"))["id"]
    await world.answered(drill)
    nothing = await figures(world)
    assert nothing["incidents"]["all"] == 0
    assert {leg["asked"] for leg in nothing["legs"].values()} == {0}
    assert {leg["answered"] for leg in nothing["legs"].values()} == {None}
    await world.raised(CALM)
    elsewhere = await ok(world.client(Role.SUPERVISOR, "PDV").get("/figures"))
    assert elsewhere["incidents"]["all"] == 0


async def test_only_a_supervisor_reads_them_and_they_name_nobody(world: World, noon: datetime) -> None:
    for role in (Role.OPERATOR, Role.ADMIN, Role.CREW):
        await refused(world.client(role).get("/figures"), 403)
    for days in (0, 31):
        refusal = await refused(world.supervisor.get("/figures", params={"days": days}), 422)
        assert [error["field"] for error in refusal["errors"]] == ["days"]
    targets = (await figures(world))["targets"]
    assert targets["police"] == {"answered": 5, "accepted": 65}
