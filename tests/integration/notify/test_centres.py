"""Loading a jurisdiction, centres made one by one, and rotas."""

from __future__ import annotations

import pytest

from deploy.jurisdictions import load
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Role
from tests.integration.notify.world import CENTRES, World, address, district, packet, rota
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

EVERYTHING = 1 + 3 + 2 + 2
"""The jurisdiction itself, its municipalities, centres and offices."""
ONE = {"dunav": CENTRES["dunav"]}


async def test_loading_again_changes_nothing_and_leaves_a_rota_to_its_staff(world: World) -> None:
    assert await world.load() == {"added": EVERYTHING, "changed": 0, "removed": 0}
    assert await world.load() == {"added": 0, "changed": 0, "removed": 0}
    assert await world.load(people={"dunav": ("vera",), "balkan": ("gergana",)})  # nobody has changed it by hand
    assert (await ok(world.ana.get("/centres/dunav/rota")))["on_call"]["person"] == address("vera")
    changed = await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota("boyana")}))
    assert await world.load() == {"added": 0, "changed": 0, "removed": 0}
    assert await world.load(centres={**CENTRES, "dunav": ("TST1",)}) == {"added": 0, "changed": 1, "removed": 0}
    assert (await ok(world.ana.get("/centres/dunav/rota")))["entries"] == changed["entries"]


async def test_only_checking_leaves_no_trace(world: World) -> None:
    checked = await ok(world.admin.put("/jurisdictions/TST?check=true", json=district()))
    assert checked["added"] == EVERYTHING
    assert (await ok(world.supervisor.get("/centres")))["items"] == []
    assert (await ok(world.client(Role.OPERATOR).get("/jurisdictions")))["items"] == []


async def test_what_is_gone_is_retired_unless_it_has_a_handover(world: World) -> None:
    await world.load()
    incident = await world.raises(packet=packet(municipality="TST2"))
    problem = await refused(world.admin.put("/jurisdictions/TST", json=district(ONE)), 409)
    assert "balkan" in problem["detail"]
    for step in ("accept", "complete"):
        await ok(world.gergana.post(f"/handovers/{(await world.handover(incident))['id']}/{step}"))
    assert await world.load(centres=ONE) == {"added": 0, "changed": 0, "removed": 1}
    next_one = await world.raises(packet=packet(municipality="TST2"))
    assert (await world.handover(next_one))["centre"] == "dunav"
    smaller = district(ONE)
    smaller["municipalities"] = [{**smaller["municipalities"][0]}]
    smaller["centres"][0]["serves"] = smaller["child_protection"][0]["municipalities"] = ["TST1"]
    smaller["child_protection"] = smaller["child_protection"][:1]
    problem = await refused(world.admin.put("/jurisdictions/TST", json=smaller), 409)
    assert "TST2" in problem["detail"]


async def test_a_document_that_does_not_hold_together_is_refused_whole(world: World) -> None:
    broken = district({"dunav": ("TST1", "XYZ9")})
    problem = await refused(world.admin.put("/jurisdictions/TST", json=broken), 422)
    assert problem["errors"][0]["field"] == "centres.0.serves"
    await refused(world.admin.put("/jurisdictions/OTH", json=district()), 422)
    await refused(world.ana.put("/jurisdictions/TST", json=district()), 403)
    await world.load()
    problem = await refused(world.admin.put("/jurisdictions/OTH", json={**district(), "code": "OTH"}), 409)
    assert "TST" in problem["detail"]


async def test_the_built_in_jurisdictions_load_side_by_side(world: World) -> None:
    for name in ("ruse", "plovdiv", "milwaukee", "scale"):
        document = section(load.named(name), "notify", first=False).model_dump(mode="json")
        loaded = await ok(world.admin.put(f"/jurisdictions/{document['code']}", json=document))
        assert loaded["added"] > len(document["centres"])
    listed = await ok(world.ana.get("/jurisdictions"))
    assert [item["code"] for item in listed["items"]] == ["MKE", "PDV", "RSE", "SCALE"]


async def test_a_rota_is_kept_by_its_own_staff(world: World) -> None:
    await world.load()
    answer = await world.ana.get("/centres/dunav/rota")
    assert answer.headers["ETag"] == '"1"'
    body = answer.json()
    assert [entry["order"] for entry in body["entries"]] == [1, 2, 3]
    assert body["on_call"] == {"order": 1, "person": address("ana"), "minutes": 5}
    entries = [{"order": 9, "person": address("ana")}, {"order": 2, "person": None, "minutes": 10}]
    await refused(world.ana.put("/centres/dunav/rota", json={"entries": entries}, headers={"If-Match": '"7"'}), 412)
    changed = await ok(world.ana.put("/centres/dunav/rota", json={"entries": entries}, headers={"If-Match": '"1"'}))
    assert [entry["order"] for entry in changed["entries"]] == [2, 9]
    assert (changed["on_call"]["person"], changed["version"]) == (address("ana"), 2)
    again = await ok(world.ana.put("/centres/dunav/rota", json={"entries": entries}, headers={"If-Match": '"1"'}))
    assert again == changed
    assert (await ok(world.supervisor.get("/centres/dunav/rota"))) == changed
    await refused(world.gergana.get("/centres/dunav/rota"), 404)
    await refused(world.gergana.put("/centres/dunav/rota", json={"entries": []}), 404)
    for role in (Role.SUPERVISOR, Role.ADMIN):
        await refused(world.client(role).put("/centres/dunav/rota", json={"entries": []}), 403)
    await refused(world.client(Role.AUDITOR).get("/centres/dunav/rota"), 403)


async def test_a_changed_rota_counts_for_later_steps(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota("boyana", "gergana")}))
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    await world.passes(301)
    assert (await world.paged(incident))[-1] == ("gergana", "escalated", "sent")


async def test_what_does_not_fit_on_a_rota_is_refused_by_name(world: World) -> None:
    await world.load()
    one = {"order": 1, "person": address("ana"), "minutes": 5}
    for entries, field in (
        ([one, one], "entries"),
        ([{**one, "person": "Ана"}], "entries.0.person"),
        ([{**one, "minutes": 0}], "entries.0.minutes"),
        ([{**one, "order": 100}], "entries.0.order"),
        ([{**one, "phone": "+359"}], "entries.0.phone"),
        ([{"order": 1}], "entries.0.person"),
    ):
        problem = await refused(world.ana.put("/centres/dunav/rota", json={"entries": entries}), 422)
        assert problem["errors"][0]["field"] == field


async def test_an_admin_makes_a_centre_that_loading_leaves_alone(world: World) -> None:
    await world.load()
    centre = {"code": "rila", "name": {"bg": "Рила"}, "serves": ["TST3"], "rota": rota("ana")}
    answer = await world.admin.post("/centres", json=centre)
    assert (answer.status_code, answer.headers["Location"]) == (201, "/notify/api/centres/rila")
    assert answer.json()["somebody_on_call"] is True
    assert (await ok(world.supervisor.get("/centres/rila"))) == answer.json()
    incident = await world.raises(packet=packet(municipality="TST3"))
    assert (await world.handover(incident))["centre"] == "rila"
    assert await world.load() == {"added": 0, "changed": 0, "removed": 0}
    await refused(world.admin.post("/centres", json=centre), 409)
    problem = await refused(world.admin.post("/centres", json={**centre, "code": "pirin", "serves": ["XYZ9"]}), 422)
    assert problem["errors"][0]["field"] == "serves"
    await refused(world.client(Role.ADMIN, "PDV").post("/centres", json={**centre, "code": "pirin"}), 403)
    await refused(world.ana.post("/centres", json=centre), 403)


async def test_lists_come_in_pages_and_end_at_the_organisation(world: World) -> None:
    await world.load()
    for _ in range(3):
        await world.raises()
    first = await ok(world.ana.get("/handovers", params={"limit": 2}))
    second = await ok(world.ana.get("/handovers", params={"limit": 2, "after": first["next"]}))
    ids = [item["id"] for item in first["items"] + second["items"]]
    assert ids == sorted(ids, reverse=True)
    assert len(ids) == 3
    assert second["next"] is None
    assert (await ok(world.ana.get("/handovers", params={"state": "accepted"})))["items"] == []
    assert [item["code"] for item in (await ok(world.ana.get("/centres")))["items"]] == ["dunav"]
    assert [item["code"] for item in (await ok(world.supervisor.get("/centres")))["items"]] == ["balkan", "dunav"]


async def test_an_admin_changes_a_centre_and_who_is_asked_follows(world: World) -> None:
    await world.load()
    changed = await ok(
        world.admin.patch("/centres/balkan", json={"serves": ["TST3", "TST1"]}, headers={"If-Match": '"1"'})
    )
    assert (changed["serves"], changed["version"], changed["phone"]) == (["TST3", "TST1"], 2, "+359888000301")
    listed = await ok(world.supervisor.get("/municipalities"))
    assert {item["code"]: item["centres"] for item in listed["items"]} == {
        "TST1": ["dunav", "balkan"],
        "TST2": ["dunav"],
        "TST3": ["balkan"],
    }
    assert (await world.handover(await world.raises(packet=packet(municipality="TST3"))))["centre"] == "balkan"
    same = await ok(world.admin.patch("/centres/balkan", json={"phone": "+359888000301"}, headers={"If-Match": '"1"'}))
    assert same["version"] == 2
    assert (await ok(world.admin.patch("/centres/balkan", json={"phone": None})))["phone"] is None
    await refused(
        world.admin.patch("/centres/balkan", json={"phone": "+359888000302"}, headers={"If-Match": '"2"'}), 412
    )
    bodies: list[dict[str, object]] = [
        {"serves": ["TST1", "XYZ9"]},
        {"serves": []},
        {"name": {}},
        {"phone": "0888"},
        {"rota": []},
    ]
    for body in bodies:
        await refused(world.admin.patch("/centres/balkan", json=body), 422)
    await refused(world.client(Role.ADMIN, "PDV").patch("/centres/balkan", json={"phone": None}), 404)
    for role in (Role.SUPERVISOR, Role.CENTRE_STAFF, Role.AUDITOR):
        await refused(world.client(role).patch("/centres/balkan", json={"phone": None}), 403)


async def test_loading_brings_a_changed_centre_back_to_its_document(world: World) -> None:
    await world.load()
    await ok(world.admin.patch("/centres/dunav", json={"name": {"bg": "Друго"}}))
    assert await world.load() == {"added": 0, "changed": 1, "removed": 0}
    assert (await ok(world.supervisor.get("/centres/dunav")))["name"] == {"bg": "dunav"}


async def test_names_of_municipalities_come_with_the_jurisdiction(world: World) -> None:
    await world.load()
    listed = await ok(world.ana.get("/municipalities"))
    assert [(item["code"], item["name"]) for item in listed["items"]] == [
        (code, {"bg": code}) for code in ("TST1", "TST2", "TST3")
    ]
    assert (await ok(world.client(Role.SUPERVISOR, "PDV").get("/municipalities")))["items"] == []
