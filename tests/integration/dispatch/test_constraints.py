"""P3 is said by the database, not only by the code."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy.exc import IntegrityError

from services.dispatch.main import make_house
from services.dispatch.store import jobs
from shared.contracts.vocabulary import JobState
from shared.ids import new_id
from shared.storage.transaction import Transaction
from tests.integration.dispatch.world import World
from tests.support.databases import Postgres
from tests.support.house import running
from tests.support.intake_voice import Incident
from tests.support.world import Clock

pytestmark = pytest.mark.anyio


async def test_two_active_jobs_cannot_hold_one_unit(world: World) -> None:
    await world.load("north/N-1")
    first, second = await world.raises(), await world.raises()

    def steal(tx: Transaction) -> None:
        mine, other = jobs.newest(tx, first.id), jobs.newest(tx, second.id)
        assert mine is not None
        assert other is not None
        jobs.save(tx, replace(other, state=JobState.EN_ROUTE, unit=mine.unit))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(steal)
    assert (await world.job(second))["state"] == "queued"


async def test_one_request_has_one_live_job(world: World) -> None:
    await world.load()
    incident = await world.raises()

    def double(tx: Transaction) -> None:
        known = jobs.newest(tx, incident.id)
        assert known is not None
        jobs.add(tx, replace(known, id=new_id(), attempt=2))

    with pytest.raises(IntegrityError):
        await world.service.chassis.runner.run(double)


@pytest.mark.postgres
async def test_two_replicas_of_one_store_never_give_a_unit_twice_nor_leave_one_idle(
    postgres: Postgres, tmp_path: Path
) -> None:
    with postgres.database() as url:
        async with (
            running(make_house, tmp_path, database_url=url, clock=Clock()) as one,
            running(make_house, tmp_path, database_url=url, clock=Clock()) as two,
        ):
            replicas = [World(one, Clock()), World(two, Clock())]
            await replicas[0].load(*(f"north/N-{number}" for number in range(8)))
            calls = [Incident(priority=1 + number % 3) for number in range(24)]
            said = [replicas[number % 2].says(call) for number, call in enumerate(calls)]
            await asyncio.gather(*said)
            jobs_ = [(await replicas[0].job(call)) for call in calls]
            given = [job["unit"] for job in jobs_ if job["state"] == "assigned"]
            assert len(given) == len(set(given)) == 8
            assert sum(job["state"] == "queued" for job in jobs_) == 16
            moves = [
                replicas[number % 2].desk("north").post(f"/jobs/{job['id']}/decline", json={"reason": "busy_elsewhere"})
                for number, job in enumerate(jobs_)
                if job["state"] == "assigned"
            ]
            assert {answer.status_code for answer in await asyncio.gather(*moves)} == {200}
            jobs_ = [(await replicas[1].job(call)) for call in calls]
            assert len({job["unit"] for job in jobs_ if job["state"] == "assigned"}) == 8
            for world in replicas:
                await world.close()
