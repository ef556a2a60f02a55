"""Loading a jurisdiction, and making stations and units one by one."""

from __future__ import annotations

import pytest

from deploy.jurisdictions import load
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Role
from tests.integration.dispatch.world import World, district
from tests.support.browser import Browser
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

HEAD = 1 + 3 + 4
"""The jurisdiction itself, its municipalities and stations."""


async def test_loading_again_changes_nothing_and_leaves_units_where_they_are(world: World) -> None:
    assert await world.load("north/N-1") == {"added": HEAD + 1, "changed": 0, "removed": 0}
    unit = (await world.unit("N-1"))["id"]
    await ok(world.desk("north").patch(f"/units/{unit}", json={"latitude": 43.7, "longitude": 25.8}))
    assert await world.load("north/N-1") == {"added": 0, "changed": 0, "removed": 0}
    assert (await world.unit("N-1"))["latitude"] == 43.7


async def test_only_checking_leaves_no_trace(world: World) -> None:
    checked = await ok(world.admin.put("/jurisdictions/TST?check=true", json=district("north/N-1")))
    assert checked["added"] == HEAD + 1
    assert (await ok(world.supervisor.get("/units")))["items"] == []
    listed = await ok(world.client(Role.OPERATOR).get("/jurisdictions"))
    assert listed["items"] == []


async def test_what_is_gone_is_retired_and_what_comes_back_serves_again(world: World) -> None:
    await world.load("north/N-1", "north/N-2")
    assert await world.load("south/N-2") == {"added": 0, "changed": 1, "removed": 1}
    assert (await world.unit("N-2"))["station"] == "south"
    units = (await ok(world.supervisor.get("/units")))["items"]
    twins = (await ok(world.supervisor.get("/units?mode=exercise")))["items"]
    assert [unit["code"] for unit in units] == [unit["code"] for unit in twins] == ["N-2"]
    assert await world.load("south/N-2", "north/N-1") == {"added": 1, "changed": 0, "removed": 0}
    incident = await world.raises()
    assert (await world.job(incident))["unit"] == "N-1"


async def test_a_unit_with_a_job_is_not_retired(world: World) -> None:
    await world.load("north/N-1")
    await world.raises()
    problem = await refused(world.admin.put("/jurisdictions/TST", json=district()), 409)
    assert "N-1" in problem["detail"]
    assert (await world.unit("N-1"))["state"] == "busy"


async def test_a_place_with_a_job_is_not_forgotten(world: World) -> None:
    await world.load()
    await world.raises(municipality="TST3")
    smaller = district()
    smaller["municipalities"] = smaller["municipalities"][:2]
    smaller["stations"] = [station for station in smaller["stations"] if station["code"] != "far"]
    problem = await refused(world.admin.put("/jurisdictions/TST", json=smaller), 409)
    assert "TST3" in problem["detail"]


async def test_a_document_that_does_not_hold_together_is_refused_whole(world: World) -> None:
    broken = district("nowhere/N-1")
    problem = await refused(world.admin.put("/jurisdictions/TST", json=broken), 422)
    assert problem["errors"][0]["field"] == "units.0.station"
    await refused(world.admin.put("/jurisdictions/OTH", json=district()), 422)
    await refused(world.desk("north").put("/jurisdictions/TST", json=district()), 403)
    assert (await ok(world.supervisor.get("/stations")))["items"] == []


async def test_another_jurisdictions_codes_are_not_taken_over(world: World) -> None:
    await world.load()
    problem = await refused(world.admin.put("/jurisdictions/OTH", json=district(code="OTH")), 409)
    assert "TST" in problem["detail"]


async def test_the_built_in_jurisdictions_load_side_by_side(world: World) -> None:
    for name in ("ruse", "plovdiv", "milwaukee", "scale"):
        document = section(load.named(name), "dispatch", first=False).model_dump(mode="json")
        loaded = await ok(world.admin.put(f"/jurisdictions/{document['code']}", json=document))
        assert loaded["added"] > len(document["units"])
    listed = await ok(world.client(Role.CREW, "ruse-1", "Ruse-12").get("/jurisdictions"))
    assert [item["code"] for item in listed["items"]] == ["MKE", "PDV", "RSE", "SCALE"]


async def test_an_admin_makes_a_station_and_a_unit_that_loading_leaves_alone(world: World) -> None:
    await world.load()
    station = {
        "code": "new-one",
        "name": {"bg": "Ново"},
        "municipality": "TST1",
        "latitude": 43.8,
        "longitude": 25.9,
        "covers": ["TST1"],
        "directorate": "home",
    }
    made = await ok(world.admin.post("/stations", json=station), 201)
    assert made["version"] == 1
    waiting = await world.raises()
    answer = await world.admin.post("/units", json={"code": "X-1", "station": "new-one"})
    assert (answer.status_code, answer.headers["Location"]) == (201, f"/dispatch/api/units/{answer.json()['id']}")
    assert (await world.job(waiting))["unit"] == "X-1"
    assert (await world.unit("X-1", mode="exercise"))["shadow"] is True
    assert await world.load() == {"added": 0, "changed": 0, "removed": 0}
    await refused(world.admin.post("/units", json={"code": "X-1", "station": "new-one"}), 409)
    await refused(world.admin.post("/stations", json=station), 409)


async def test_what_does_not_fit_is_refused_by_name(world: World) -> None:
    await world.load()
    for body, field in (
        ({"code": "X-1", "station": "nowhere"}, "station"),
        ({"code": "X 1", "station": "north"}, "code"),
        ({"code": "X-1", "station": "north", "latitude": 200, "longitude": 0}, "latitude"),
        ({"code": "X-1", "station": "north", "colour": "red"}, "colour"),
    ):
        problem = await refused(world.admin.post("/units", json=body), 422)
        assert problem["errors"][0]["field"] == field
    await refused(world.client(Role.ADMIN, "PDV").post("/units", json={"code": "X-1", "station": "north"}), 403)
    await refused(world.desk("north").post("/units", json={"code": "X-1", "station": "north"}), 403)


async def test_lists_come_in_pages(world: World) -> None:
    await world.load("north/N-1", "north/N-2", "north/N-3")
    first = await ok(world.supervisor.get("/units", params={"limit": 2}))
    second = await ok(world.supervisor.get("/units", params={"limit": 2, "after": first["next"]}))
    assert [unit["code"] for unit in first["items"] + second["items"]] == ["N-1", "N-2", "N-3"]
    assert second["next"] is None
    for _ in range(3):
        await world.raises()
    assert len((await ok(world.client(Role.OPERATOR).get("/jobs", params={"limit": 2})))["items"]) == 2
    waiting = await ok(world.client(Role.OPERATOR).get("/jobs", params={"state": "queued"}))
    assert waiting["items"] == []


async def test_a_refusal_names_what_it_is_about_in_the_readers_language(world: World) -> None:
    await world.load("north/N-1")
    browser = Browser(world.service, Role.ADMIN)
    browser.http.headers["accept-language"] = "sq"
    form = {"station": "north", "code": "N-1"}
    assert "Njësia N-1 ekziston tashmë. Zgjidhni një kod tjetër." in await browser.sends("/units", form, 409)
    await browser.http.aclose()
    refusal = await refused(world.admin.post("/units", json=form), 409)
    assert refusal["detail"] == "There is a unit N-1 already. Choose another code."
