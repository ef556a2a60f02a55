"""Which organisations there are comes from jurisdictions; one with accounts does not go."""

from __future__ import annotations

import pytest

from deploy.jurisdictions import load
from shared.contracts.jurisdiction_sections import section as section_of
from shared.contracts.vocabulary import Role
from tests.integration.identity.world import World, role, section
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def test_loading_again_changes_nothing(world: World) -> None:
    assert await world.load() == {"added": 0, "changed": 0, "removed": 0}
    listed = await ok(world.client(Role.OPERATOR).get("/jurisdictions"))
    assert listed["items"] == [{"code": "TST", "name": {"bg": "TST"}, "first": True}]


async def test_only_checking_leaves_no_trace(world: World) -> None:
    checked = await ok(world.everywhere.put("/jurisdictions/OTH?check=true", json=section("OTH", mechanism="OTH")))
    assert checked == {"added": 1, "changed": 0, "removed": 0}
    assert len((await ok(world.everywhere.get("/jurisdictions")))["items"]) == 1


async def test_an_organisation_with_accounts_stays(world: World) -> None:
    await world.account("crew", role("crew", "north", "N-1"))
    for smaller in ({"mechanism": "TST"}, {"mechanism": "TST", "shelter": "north"}):
        problem = await refused(world.everywhere.put("/jurisdictions/TST", json=section(**smaller)), 409)
        assert "north" in problem["detail"]
    await world.change("crew", disabled=True)
    assert await world.load(mechanism="TST") == {"added": 0, "changed": 0, "removed": 3}
    problem = await refused(
        world.everywhere.patch(f"/users/{await _id_of(world, 'crew')}", json={"disabled": False}), 422
    )
    assert problem["errors"][0]["field"] == "roles.0.organisation"


async def _id_of(world: World, name: str) -> str:
    listed = await ok(world.everywhere.get("/users"))
    return str(next(item["id"] for item in listed["items"] if item["email"].startswith(name)))


async def test_another_jurisdictions_codes_are_not_taken_over(world: World) -> None:
    taken = section("OTH", mechanism="OTH", police="north")
    problem = await refused(world.everywhere.put("/jurisdictions/OTH", json=taken), 409)
    assert "TST" in problem["detail"]
    await refused(world.everywhere.put("/jurisdictions/OTH", json=section("OTH", police="elsewhere")), 422)


async def test_the_built_in_jurisdictions_load_and_their_people_get_accounts(world: World) -> None:
    for name in ("ruse", "plovdiv"):
        document = load.named(name)
        body = section_of(document, "identity", first=name == "ruse").model_dump(mode="json")
        loaded = await ok(world.everywhere.put(f"/jurisdictions/{document.code}", json=body))
        assert loaded["added"] == len(body["organisations"])
    people = {person.login: person for person in load.named("ruse").addressed(first=True).people}
    for login in ("admin@demo.example", "crew@demo.example", "shelter_staff.lipa@demo.example"):
        roles = [duty.model_dump(exclude_none=True) for duty in people[login].roles]
        body = {"email": login, "name": people[login].name, "password": "x" * 20, "roles": roles}
        assert (await ok(world.everywhere.post("/users", json=body), 201))["roles"] == roles
