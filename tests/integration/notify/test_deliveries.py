"""Who is paged, when it counts as delivered, and when nobody is."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import Mode, Role
from tests.integration.notify.world import CENTRES, CHILD, World, account, packet
from tests.support.intake_voice import Incident
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def test_a_page_is_delivered_when_its_persons_own_console_fetched_it(world: World) -> None:
    await world.load()
    incident = await world.raises()
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    assert (await ok(world.person("boyana").get("/inbox")))["items"] == []
    (item,) = (await ok(world.ana.get("/inbox")))["items"]
    assert (item["state"], item["incident"], item["handover_state"]) == ("delivered", incident.id, "offered")
    assert (await ok(world.ana.get("/inbox")))["items"] == [item]
    assert await world.paged(incident) == [("ana", "offered", "delivered")]
    assert (await world.handover(incident))["state"] == "offered"


async def test_what_ended_before_it_was_sent_pages_nobody(world: World) -> None:
    await world.load()
    incident = Incident(packet=packet())
    heard = [world.voice.says(incident), world.voice.says(incident.later(state="cancelled"))]
    await world.hear_at_once(*heard)
    assert await world.paged(incident) == [("ana", "offered", "failed")]
    (item,) = (await ok(world.supervisor.get("/deliveries")))["items"]
    assert item["reason"] == "no_longer_wanted"
    assert (await ok(world.ana.get("/inbox")))["items"] == []


async def test_a_drill_pages_nobody(world: World) -> None:
    await world.load()
    incident = await world.raises(mode=Mode.EXERCISE, **CHILD)
    assert await world.paged(incident) == []
    assert await world.paged(incident, mode="exercise") == [("ana", "offered", "simulated")]
    assert (await ok(world.ana.get("/inbox")))["items"] == []
    (item,) = (await ok(world.ana.get("/inbox", params={"mode": "exercise"})))["items"]
    assert item["state"] == "simulated"
    handover = await world.handover(incident)
    assert handover["shadow"] is True
    named = await ok(world.supervisor.get("/deliveries", params={"handover": handover["id"]}))
    assert [each["state"] for each in named["items"]] == ["simulated"]


async def test_one_person_is_paged_once_for_one_incident(world: World) -> None:
    await world.load(people=dict.fromkeys(CENTRES, ("ana",)))
    incident = await world.raises(**CHILD)
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    (item,) = (await ok(world.ana.get("/inbox")))["items"]
    assert item["handover"] == (await world.handover(incident))["id"]
    assert item["notice"] == (await world.notices(incident))[0]["id"]


async def test_deliveries_are_read_within_ones_own_organisation(world: World) -> None:
    await world.load()
    incident = await world.raises()
    await world.paged(incident)
    handover = (await world.handover(incident))["id"]
    for reader in (world.ana, world.supervisor, world.client(Role.AUDITOR)):
        (item,) = (await ok(reader.get("/deliveries", params={"handover": handover})))["items"]
        assert (item["person"], item["channel"]) == (account("ana"), "console")
    assert (await ok(world.gergana.get("/deliveries", params={"handover": handover})))["items"] == []
    assert (await ok(world.client(Role.SUPERVISOR, "PDV").get("/deliveries")))["items"] == []
    await refused(world.client(Role.OPERATOR).get("/deliveries"), 403)
    await refused(world.supervisor.get("/inbox"), 403)
