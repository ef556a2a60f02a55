"""Where a child is involved, child protection is told at once, and somebody says that it knows."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.notify.world import CHILD, World, packet, rota
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused, types

pytestmark = pytest.mark.anyio

NOT_ASKED = {"wanted": False, "request": 0}
KIDS = [{"age": 4, "where": "with_victim"}]


def said_of_notice(world: World, incident: Incident) -> list[str]:
    return types([event for event in world.said(incident) if event["type"].startswith("notify.notice")])


async def test_the_office_of_the_place_is_told_once_however_often_it_is_heard(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    incident = await world.says(incident.later(priority=1))
    await world.says(incident)
    (notice,) = await world.notices(incident)
    assert (notice["state"], notice["office"]["code"], notice["centre"]) == ("sent", "children-one", "dunav")
    assert notice["office"]["phone"] == "+359888000401"
    assert said_of_notice(world, incident) == ["sent"]
    await world.says(incident, ask=1)
    assert said_of_notice(world, incident) == ["sent", "sent"]
    assert (await world.handover(incident))["notice"] == {"id": notice["id"], "state": "sent"}


async def test_it_is_told_without_consent_and_without_a_centre(world: World) -> None:
    await world.load()
    kids = packet(consented=False, children=KIDS)
    waived = {"wanted": False, "request": 1, "waived": True}
    for leg, steps in ((NOT_ASKED, ["sent"]), (waived, ["cancelled", "sent"])):
        incident = await world.raises(leg=leg, packet=kids)
        assert [each["state"] for each in await world.notices(incident)] == ["sent"]
        assert types(world.said(incident)) == steps
        assert world.said(incident)[-1]["data"]["incident_version"] == 1
        assert await world.paged(incident) == [("ana", "child", "sent")]


async def test_every_version_is_answered_where_there_is_only_a_notice(world: World) -> None:
    await world.load()
    incident = await world.raises(leg=NOT_ASKED, **CHILD)
    await world.says(incident.later(priority=1))
    assert [event["data"]["incident_version"] for event in world.said(incident)] == [1, 2]


async def test_staff_or_a_supervisor_record_that_the_office_has_confirmed(world: World) -> None:
    await world.load()
    for person, role in ((world.ana, "centre_staff"), (world.supervisor, "supervisor")):
        incident = await world.raises(**CHILD)
        notice = (await world.notices(incident))[0]["id"]
        confirmed = await ok(person.post(f"/notices/{notice}/acknowledge", headers={"If-Match": '"1"'}))
        assert (confirmed["state"], confirmed["due_at"]) == ("acknowledged", None)
        assert await ok(person.post(f"/notices/{notice}/acknowledge", headers={"If-Match": '"1"'})) == confirmed
        assert world.said(incident)[-1]["data"]["steps"][-1]["by"] == role
        await world.says(incident.later(state="cancelled"))
        assert (await world.notices(incident))[0]["state"] == "acknowledged"
    await refused(world.gergana.post(f"/notices/{notice}/acknowledge"), 404)
    await refused(world.client(Role.OPERATOR).post(f"/notices/{notice}/acknowledge"), 403)
    await refused(world.client(Role.SUPERVISOR, "PDV").post(f"/notices/{notice}/acknowledge"), 404)


async def test_a_notice_nobody_confirms_calls_the_next_person(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    await ok(world.ana.post(f"/handovers/{(await world.handover(incident))['id']}/accept"))
    await world.passes(301)
    (notice,) = await world.notices(incident)
    assert (notice["state"], notice["attention"], notice["version"]) == ("sent", "not_acknowledged", 2)
    assert (await world.paged(incident))[-1] == ("boyana", "child", "sent")
    await ok(world.person("boyana").post(f"/notices/{notice['id']}/acknowledge"))
    await world.passes(3_000)
    assert said_of_notice(world, incident) == ["sent", "sent", "acknowledged"]


async def test_whoever_comes_on_the_rota_is_called_at_once(world: World) -> None:
    await world.load(people={})
    incident = await world.raises(leg=NOT_ASKED, **CHILD)
    assert (await world.notices(incident))[0]["attention"] == "nobody_on_call"
    await ok(world.ana.put("/centres/dunav/rota", json={"entries": rota("vera")}))
    assert await world.paged(incident) == [("vera", "child", "sent")]


async def test_a_keying_error_takes_the_notice_back(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    await world.says(incident.later(state="cancelled"))
    (notice,) = await world.notices(incident)
    assert notice["state"] == "cancelled"
    assert said_of_notice(world, incident) == ["sent", "cancelled"]
    problem = await refused(world.ana.post(f"/notices/{notice['id']}/acknowledge"), 409)
    assert problem["from"] == "cancelled"
    unheard = await world.raises(state="cancelled", version=2, leg=NOT_ASKED, **CHILD)
    assert types(world.said(unheard)) == ["cancelled"]


async def test_whoever_gets_the_handover_sees_to_the_notice(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    handover = (await world.handover(incident))["id"]
    await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    (notice,) = await world.notices(incident)
    assert (notice["centre"], notice["office"]["code"]) == ("balkan", "children-one")
    assert [(who, cause) for who, cause, _ in await world.paged(incident)] == [
        ("ana", "offered"),
        ("gergana", "offered"),
    ]
    await refused(world.ana.get(f"/notices/{notice['id']}"), 404)


async def test_a_corrected_place_tells_the_office_there(world: World) -> None:
    await world.load()
    incident = await world.raises(leg=NOT_ASKED, **CHILD)
    moved = packet(municipality="TST2", children=KIDS)
    await world.says(incident.later(packet=moved))
    (notice,) = await world.notices(incident)
    assert (notice["office"]["code"], notice["version"]) == ("children-two", 2)
    nowhere = packet(municipality="TST3", children=KIDS)
    lost = await world.raises(leg=NOT_ASKED, children_involved=True, packet=nowhere)
    (notice,) = await world.notices(lost)
    assert (notice["office"], notice["attention"], notice["centre"]) == (None, "no_office", None)
    await world.passes(301)
    assert (await world.notices(lost))[0]["attention"] == "no_office"


async def test_a_drill_tells_no_office_and_the_real_thing_is_told_anew(world: World) -> None:
    await world.load()
    drill = await world.raises(mode=Mode.EXERCISE, **CHILD)
    (notice,) = await world.notices(drill)
    assert notice["shadow"] is True
    assert await world.paged(drill) == []
    await world.says(drill.later(mode=Mode.ACTUAL, leg={"wanted": True, "request": 2}))
    states = [(each["shadow"], each["state"]) for each in await world.notices(drill)]
    assert states == [(True, "cancelled"), (False, "sent")]


async def test_what_the_office_must_hear_is_shown_to_those_who_tell_it_and_the_look_is_noted(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    notice = (await world.notices(incident))[0]["id"]
    detail = await ok(world.ana.get(f"/notices/{notice}"))
    assert (detail["municipality"], detail["children"]) == ("TST1", KIDS)
    looks = [line for line in await world.trail() if line["action"] == "notice.read" and line["entity"] == notice]
    assert [(line["roles"], line["incident"]) for line in looks] == [("centre_staff", incident.id)]
    for role in (Role.SUPERVISOR, Role.OPERATOR, Role.AUDITOR):
        assert "children" not in await ok(world.client(role).get(f"/notices/{notice}"))
    for item in (await ok(world.ana.get("/notices")))["items"]:
        assert "children" not in item
    await ok(world.ana.post(f"/notices/{notice}/acknowledge"))
    assert "children" not in await ok(world.ana.get(f"/notices/{notice}"))
