"""Who is shown what (P6), and who looked (P8)."""

from __future__ import annotations

from typing import Any

import pytest

from shared.contracts.vocabulary import Role
from tests.integration.notify.world import CHILD, FACTS, PERSONAL, World, packet
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def read(world: World, incident: Any) -> dict[str, Any]:
    handover = (await world.handover(incident))["id"]
    return await ok(world.ana.get(f"/handovers/{handover}"))


async def test_the_centre_is_given_the_packet_safe_contact_first_and_the_look_is_noted(world: World) -> None:
    await world.load()
    incident = await world.raises()
    detail = await read(world, incident)
    given = detail["packet"]
    assert next(iter(given)) == "safe_contact"
    assert given["safe_contact"]["call"] == "do_not_call"
    assert given["safe_contact"]["code_word"] == "пратка"
    assert given["safe_contact"]["channels_banned"] == ["sms"]
    assert (given["number"], given["region"], given["people"], given["languages"]) == (
        detail["incident_number"],
        "one",
        2,
        ["bg"],
    )
    assert given["facts"] == FACTS
    assert {"victim.injured", "protection_order", "perpetrators.0.armed", "risk.answers.4"} <= set(
        given["not_yet_asked"]
    )
    assert not {"narrative", "victim.name", "risk.answers.1"} & set(given["not_yet_asked"])
    looks = [line for line in await world.trail() if line["entity"] == detail["id"]]
    assert [(line["action"], line["roles"], line["incident"]) for line in looks] == [
        ("handover.read", "centre_staff", incident.id)
    ]


async def test_without_consent_it_is_number_region_languages_and_head_count(world: World) -> None:
    await world.load()
    incident = await world.raises(packet=packet(consented=False, packet=FACTS))
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1))
    detail = await read(world, incident)
    assert detail["packet"] == {
        "consented": False,
        "number": detail["incident_number"],
        "region": "one",
        "languages": ["bg"],
        "people": 2,
    }
    assert "legs" not in detail
    assert not any(word in str(detail) for word in (*PERSONAL, "K-71"))


async def test_consent_that_is_withdrawn_or_extended_later_changes_the_packet(world: World) -> None:
    await world.load()
    incident = await world.raises()
    incident = await world.says(incident.later(packet=packet(consented=False)))
    assert "facts" not in (await read(world, incident))["packet"]
    contact = {"callback": {"phone": "+359888000002", "safe_to_call": "yes"}}
    await world.says(incident.later(packet=packet(packet=contact)))
    given = (await read(world, incident))["packet"]
    assert (given["facts"], given["safe_contact"]["call"]) == (contact, "allowed")
    assert given["not_yet_asked"] == ["victim.name", "callback.code_word", "victim.languages"]


async def test_the_centre_sees_how_far_police_and_shelter_are(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await world.hear(world.voice.of_job(incident, state="assigned", version=1))
    await world.hear(world.voice.of_job(incident, state="en_route", version=3))
    await world.hear(world.voice.of_placement(incident, alias="K-70", state="declined", version=4))
    await world.hear(world.voice.of_placement(incident, alias="K-71", state="held", version=1, attempt=2))
    await world.hear(world.voice.of_placement(incident, alias="K-70", state="declined", version=5))
    assert (await read(world, incident))["legs"] == {
        "police": {"state": "en_route"},
        "shelter": {"state": "held", "alias": "K-71"},
    }


async def test_everybody_else_is_shown_the_state_and_nothing_personal(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    handover = (await world.handover(incident))["id"]
    for role in (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR):
        reader = world.client(role)
        for path in (f"/handovers/{handover}", "/handovers", "/notices"):
            text = (await reader.get(path)).text
            assert '"offered"' in text or '"sent"' in text
            assert not any(word in text for word in (*PERSONAL, "packet", "people", "@"))
    for role in (Role.ADMIN, Role.OPS, Role.SHELTER_STAFF, Role.DISPATCHER, Role.CREW):
        await refused(world.client(role).get(f"/handovers/{handover}"), 403)
    await refused(world.client(Role.OPERATOR, "PDV").get(f"/handovers/{handover}"), 404)
    await refused(world.gergana.get(f"/handovers/{handover}"), 404)
    assert (await ok(world.gergana.get("/handovers")))["items"] == []
    for path in ("/handovers", "/deliveries", "/inbox", "/centres"):
        text = (await world.ana.get(path)).text
        assert not any(word in text for word in (*PERSONAL, "packet", "@"))


async def test_what_goes_on_the_bus_holds_nothing_personal(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    await world.load()
    incident = await world.raises(**CHILD)
    handover = (await world.handover(incident))["id"]
    await ok(world.ana.get(f"/handovers/{handover}"))
    await world.passes(301)
    await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    await ok(world.gergana.post(f"/handovers/{(await world.handover(incident))['id']}/accept"))
    written = str(world.said(incident)) + "".join(capsys.readouterr())
    assert not any(word in written for word in (*PERSONAL, "@test.example", "with_victim"))
    assert all(event["data"]["sealed"] == {} for event in world.said(incident))


async def test_a_centre_that_declined_is_not_shown_the_packet_any_more(world: World) -> None:
    await world.load()
    incident = await world.raises()
    handover = (await world.handover(incident))["id"]
    assert "packet" in await ok(world.ana.get(f"/handovers/{handover}"))
    await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    shown = await ok(world.ana.get(f"/handovers/{handover}"))
    assert "packet" not in shown
    taken = (await world.handover(incident))["id"]
    for step in ("accept", "complete"):
        await ok(world.gergana.post(f"/handovers/{taken}/{step}"))
    assert "packet" in await ok(world.gergana.get(f"/handovers/{taken}"))
    await world.says(incident.later(state="cancelled"))
    assert (await world.handover(incident))["state"] == "completed"


async def test_every_move_is_in_the_trail(world: World) -> None:
    await world.load()
    handover = (await world.handover(await world.raises()))["id"]
    await ok(world.ana.post(f"/handovers/{handover}/acknowledge"))
    await ok(world.ana.post(f"/handovers/{handover}/decline", json={"reason": "full"}))
    lines = [(line["action"], line["reason"]) for line in await world.trail() if line["entity"] == handover]
    assert lines == [("handover.acknowledge", None), ("handover.decline", "full")]
