"""What must never be is refused by the database, not only by the code."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from services.notify.main import make_house
from services.notify.store import handovers, notices
from shared.ids import new_id
from shared.storage.transaction import Transaction
from tests.integration.notify.world import CHILD, World, district, packet
from tests.support.databases import Postgres
from tests.support.house import running
from tests.support.intake_voice import Incident
from tests.support.world import Clock, ok

pytestmark = pytest.mark.anyio


async def test_an_incident_has_one_live_handover(world: World) -> None:
    await world.load()
    incident = await world.raises()

    def double(tx: Transaction) -> None:
        known = handovers.newest(tx, incident.id)
        assert known is not None
        handovers.add(tx, replace(known, id=new_id(), attempt=2))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(double)
    assert len(await world.handovers(incident)) == 1


async def test_an_incident_has_one_notice(world: World) -> None:
    await world.load()
    incident = await world.raises(**CHILD)

    def double(tx: Transaction) -> None:
        (known,) = notices.of_incident(tx, incident.id)
        notices.add(tx, replace(known, id=new_id()))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(double)


async def test_a_page_that_waits_is_brought_up_to_date_not_doubled(world: World) -> None:
    await world.load(people={"dunav": ("ana",), "balkan": ("ana",)})
    incident = Incident(packet=packet())
    moved = incident.later(leg={"wanted": True, "request": 2}, packet=packet(municipality="TST2"))
    await world.hear_at_once(world.voice.says(incident), world.voice.says(moved))
    assert await world.paged(incident) == [("ana", "offered", "sent")]
    (item,) = (await ok(world.ana.get("/inbox")))["items"]
    assert (item["handover"], item["centre"]) == ((await world.handover(incident))["id"], "balkan")


@pytest.mark.postgres
async def test_two_replicas_of_one_store_answer_escalate_and_page_once(postgres: Postgres, tmp_path: Path) -> None:
    with postgres.database() as url:
        clock = Clock()
        async with (
            running(make_house, tmp_path, database_url=url, clock=clock) as one,
            running(make_house, tmp_path, database_url=url, clock=clock) as two,
        ):
            replicas = [World(one, clock), World(two, clock)]
            await ok(replicas[0].admin.put("/jurisdictions/TST", json=district()))
            calls = [Incident(packet=packet()) for _ in range(24)]
            await asyncio.gather(*(world.says(call) for call in calls for world in replicas))
            clock.advance(301)
            await asyncio.gather(*(world.passes(0) for world in replicas))
            for number, call in enumerate(calls):
                (handover,) = await replicas[0].handovers(call)
                assert (handover["rota_step"], handover["version"]) == (2, 2)
                presses = [
                    replicas[(number + press) % 2].person(name).post(f"/handovers/{handover['id']}/acknowledge")
                    for press, name in enumerate(("ana", "boyana", "vera"))
                ]
                assert {answer.status_code for answer in await asyncio.gather(*presses)} == {200}
                assert (await replicas[0].handover(call))["version"] == 3
            for call in calls:
                assert [who for who, _cause, _state in await replicas[1].paged(call)] == ["ana", "boyana"]
            for world in replicas:
                await world.close()
