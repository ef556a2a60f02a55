"""Who is shown what (P6), and who looked (P8)."""

from __future__ import annotations

import re

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.dispatch.world import World
from tests.support.browser import Browser
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

FACTS = {
    "location": {"address": "ул. Тайна 7", "municipality": "TST1"},
    "victim": {"name": "Мария", "children": [{"age": 4}]},
    "callback": {"phone": "+359888000001", "safe_to_call": "no"},
    "narrative": "Съседката чува викове.",
}


async def carry(world: World, job: str) -> None:
    for step in ("acknowledge", "en-route", "on-scene", "transporting"):
        await ok(world.crew("north/N-1").post(f"/jobs/{job}/{step}"))


async def test_crew_and_desk_are_shown_the_facts_and_every_look_is_noted(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(facts=FACTS)
    job = (await world.job(incident))["id"]
    for reader in (world.crew("north/N-1"), world.desk("north")):
        detail = await ok(reader.get(f"/jobs/{job}"))
        assert detail["facts"] == FACTS
        assert detail["place"] == {"municipality": "TST1", "latitude": 43.8, "longitude": 25.9, "by": "coordinates"}
    trail = []
    after = None
    while True:
        page = await ok(
            world.client(Role.AUDITOR).get("/audit", params={"limit": 200, "after": after} if after else {"limit": 200})
        )
        trail += page["items"]
        after = page["next"]
        if after is None:
            break
    looks = [line for line in trail if line["action"] == "job.read" and line["entity"] == job]
    assert [(line["roles"], line["incident"]) for line in looks] == [("crew", incident.id), ("dispatcher", incident.id)]


async def test_everybody_else_is_shown_the_state_and_nothing_personal(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(facts=FACTS)
    job = (await world.job(incident))["id"]
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR):
        reader = world.client(role)
        for path in (f"/jobs/{job}", "/jobs"):
            text = (await reader.get(path)).text
            assert "assigned" in text
            assert not any(word in text for word in ("Мария", "Тайна", "359888", "викове", "43.8"))
    for role in (Role.ADMIN, Role.OPS, Role.SHELTER_STAFF, Role.CENTRE_STAFF):
        await refused(world.client(role).get(f"/jobs/{job}"), 403)
    await refused(world.client(Role.OPERATOR, "PDV").get(f"/jobs/{job}"), 404)
    assert (await ok(world.client(Role.OPERATOR, "PDV").get("/jobs")))["items"] == []


async def test_what_goes_on_the_bus_holds_nothing_personal_in_clear(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises(facts=FACTS)
    job = (await world.job(incident))["id"]
    await carry(world, job)
    text = str(world.said(incident))
    assert not any(word in text for word in ("Мария", "Тайна", "359888", "викове", "43.8", "25.9"))


async def test_a_crew_that_is_done_is_not_shown_the_facts_any_more(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises(facts=FACTS)))["id"]
    crew = world.crew("north/N-1")
    await carry(world, job)
    assert "facts" in await ok(crew.get(f"/jobs/{job}"))
    await ok(crew.post(f"/jobs/{job}/delivered"))
    await ok(crew.post(f"/jobs/{job}/clear", json={"reason": "family_delivered"}))
    assert "facts" not in await ok(crew.get(f"/jobs/{job}"))


async def test_a_carrying_unit_has_no_position_outside_its_station_until_half_an_hour_after(world: World) -> None:
    await world.load("north/N-1")
    job = (await world.job(await world.raises()))["id"]
    assert (await world.unit("N-1"))["latitude"] == 43.8
    await carry(world, job)

    async def seen_by_supervisor() -> float | None:
        unit = await world.unit("N-1")
        assert (unit["latitude"] is None) == (unit["longitude"] is None) == (unit["position_at"] is None)
        latitude: float | None = unit["latitude"]
        return latitude

    assert await seen_by_supervisor() is None
    unit = (await world.unit("N-1"))["id"]
    assert (await ok(world.admin.get(f"/units/{unit}")))["latitude"] is None
    assert (await ok(world.desk("north").get(f"/units/{unit}")))["latitude"] == 43.8
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/delivered"))
    await ok(world.crew("north/N-1").post(f"/jobs/{job}/clear", json={"reason": "family_delivered"}))
    world.clock.advance(29 * 60)
    assert await seen_by_supervisor() is None
    world.clock.advance(2 * 60)
    assert await seen_by_supervisor() == 43.8


async def test_the_nearest_other_unit_comes_first_and_only_her_desk_measures_from_her_house(world: World) -> None:
    around = {"N-1": (43.85, 25.9), "N-2": (43.8, 25.9), "N-3": (43.88, 25.9)}
    await world.load(*(f"north/{code}" for code in around), at=around)
    job = await world.job(await world.raises(latitude=43.85))
    for path in ("/", f"/jobs/{job['id']}"):
        seen = {}
        for role, organisation in ((Role.DISPATCHER, "north"), (Role.SUPERVISOR, "TST")):
            browser = Browser(world.service, role, organisation)
            seen[role] = re.findall(r"(N-\d) north · (\S+ km)", await browser.reads(path))
            await browser.http.aclose()
        assert seen[Role.DISPATCHER] == [("N-3", "3.3 km"), ("N-2", "5.6 km")]
        assert seen[Role.SUPERVISOR] == [("N-2", "0 km"), ("N-3", "8.9 km")]  # from the middle of the municipality


async def test_lists_of_units_and_stations_end_at_the_organisation(world: World) -> None:
    await world.load("north/N-1", "north/N-2", "south/S-1")

    async def codes(role: Role, organisation: str = "TST", unit: str | None = None) -> list[str]:
        listed = await ok(world.client(role, organisation, unit).get("/units"))
        return sorted(item["code"] for item in listed["items"])

    assert await codes(Role.DISPATCHER, "north") == ["N-1", "N-2"]
    assert await codes(Role.CREW, "north", "N-2") == ["N-2"]
    assert await codes(Role.SUPERVISOR) == ["N-1", "N-2", "S-1"]
    assert await codes(Role.SUPERVISOR, "PDV") == []
    await refused(world.client(Role.OPERATOR).get("/units"), 403)
    audited = (await ok(world.client(Role.AUDITOR).get("/units")))["items"]
    assert {unit["latitude"] for unit in audited} == {None}
    stations = (await ok(world.desk("south").get("/stations")))["items"]
    assert [station["code"] for station in stations] == ["south"]
    assert len((await ok(world.supervisor.get("/stations")))["items"]) == 4


async def test_a_crew_moves_its_own_unit_and_no_other(world: World) -> None:
    await world.load("north/N-1", "north/N-2")
    mine, other = (await world.unit("N-1"))["id"], (await world.unit("N-2"))["id"]
    crew = world.crew("north/N-1")
    moved = await ok(crew.patch(f"/units/{mine}", json={"latitude": 43.7, "longitude": 25.8}))
    assert (moved["latitude"], moved["version"]) == (43.7, 2)
    await refused(crew.patch(f"/units/{other}", json={"latitude": 43.7, "longitude": 25.8}), 404)
    await refused(crew.get(f"/units/{other}"), 404)
    await refused(crew.patch(f"/units/{mine}", json={"latitude": 143.7, "longitude": 25.8}), 422)
    await refused(crew.patch(f"/units/{mine}", json={"latitude": 43.7}), 422)
    await refused(crew.patch(f"/units/{mine}", json={"state": "off_duty"}, headers={"If-Match": '"1"'}), 412)
    same = await ok(crew.patch(f"/units/{mine}", json={"latitude": 43.7, "longitude": 25.8}))
    assert same["version"] == 2


async def test_the_room_is_an_alias_to_whoever_reads_the_job(world: World) -> None:
    await world.load("north/N-1")
    incident = await world.raises()
    assert (await world.job(incident))["placement"] is None
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=2))
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="confirmed", version=3))
    await world.hear(world.voice.of_placement(incident, alias="K-70", state="declined", version=9, attempt=0))
    placement = (await world.job(incident))["placement"]
    assert (placement["alias"], placement["state"]) == ("K-71", "confirmed")
