"""Figures of the domain are counted in the store, drills apart, and measured only if the transaction is kept."""

from __future__ import annotations

from typing import Any

import pytest

from services.dispatch.figures import UNACKNOWLEDGED
from shared.contracts.vocabulary import Mode, Role
from shared.errors import Conflict
from shared.storage.transaction import Transaction
from tests.support.figures import becomes, exposition, figure
from tests.support.intake_voice import Incident
from tests.support.world import ServiceWorld, ok

pytestmark = pytest.mark.anyio

CALL: dict[str, Any] = {
    "channel": "emergency_112",
    "call": "live",
    "location": {"municipality": "TST1", "address": "ул. Тайна 7"},
    "victim": {"name": "Мария Тестова"},
    "needs": {"police": True, "shelter": False, "centre": False},
}


async def test_promises_are_counted_by_kind_priority_and_state(intake: ServiceWorld) -> None:
    operator = intake.client(Role.OPERATOR)
    await ok(operator.post("/incidents", json=CALL), 201)
    police = {"kind": "police", "mode": "actual"}
    await becomes(intake, 1, "zakrila_legs", **police, priority="2", state="waiting", overdue="no")
    await becomes(intake, None, "zakrila_legs", kind="shelter")
    await becomes(intake, 1, "zakrila_incidents", mode="actual")
    await becomes(intake, 1, "zakrila_incidents_raised_total", channel="emergency_112", mode="actual")
    await becomes(intake, 0, "zakrila_legs_overdue_total", **police)
    await intake.passes(6)
    await becomes(intake, 1, "zakrila_legs", **police, overdue="yes")
    await becomes(intake, 1, "zakrila_legs_overdue_total", **police)


async def test_drills_are_counted_apart(intake: ServiceWorld) -> None:
    await ok(intake.supervisor.post("/incidents", json={**CALL, "mode": "exercise"}), 201)
    await becomes(intake, 1, "zakrila_legs", kind="police", mode="exercise")
    assert await figure(intake.service, "zakrila_legs", mode="actual") is None


async def test_the_time_to_each_step_of_an_answer_is_measured_once(intake: ServiceWorld) -> None:
    incident = (await ok(intake.client(Role.OPERATOR).post("/incidents", json=CALL), 201))["id"]
    said = Incident(id=incident)
    intake.clock.advance(3)
    job = intake.voice.of_job(said, state="assigned", version=1)
    await intake.hear(job)
    await intake.hear(job)
    answered = {"kind": "police", "step": "answered", "mode": "actual"}
    await becomes(intake, 1, "zakrila_answer_seconds_count", **answered)
    assert await figure(intake.service, "zakrila_answer_seconds_sum", **answered) == 3
    assert await figure(intake.service, "zakrila_answer_seconds_count", step="accepted") is None


async def test_a_unit_with_a_job_is_busy_and_its_twin_is_not(dispatch: ServiceWorld) -> None:
    await becomes(dispatch, 1, "zakrila_units", state="available", mode="actual")
    await dispatch.raises()
    await becomes(dispatch, 0, "zakrila_units", state="available", mode="actual")
    await becomes(dispatch, 1, "zakrila_units", state="busy", mode="actual")
    await becomes(dispatch, 1, "zakrila_units", state="available", mode="exercise")
    await becomes(dispatch, 1, "zakrila_jobs", state="assigned", priority="2", mode="actual")
    await dispatch.raises(mode=Mode.EXERCISE)
    await becomes(dispatch, 1, "zakrila_jobs", state="assigned", mode="exercise")


async def test_a_unit_that_does_not_acknowledge_is_counted(dispatch: ServiceWorld) -> None:
    await dispatch.raises()
    await dispatch.passes(61)
    await becomes(dispatch, 1, "zakrila_jobs_unacknowledged_total", mode="actual")


async def test_what_waits_for_the_bus_is_counted_with_its_age(dispatch: ServiceWorld) -> None:
    await dispatch.raises()
    dispatch.clock.advance(30)  # before the unit must have acknowledged
    await becomes(dispatch, 30, "zakrila_outbox_oldest_seconds")
    assert await figure(dispatch.service, "zakrila_outbox_waiting") == 2
    assert await figure(dispatch.service, "zakrila_bus_connected") == 0


async def test_the_stores_size_is_told(dispatch: ServiceWorld) -> None:
    assert (await figure(dispatch.service, "zakrila_store_bytes") or 0) > 10_000


async def test_a_store_that_cannot_be_read_says_so_and_gives_no_old_figures(dispatch: ServiceWorld) -> None:
    await becomes(dispatch, 1, "zakrila_store_readable")

    def lose(tx: Transaction) -> None:
        for table in ("tried", "job"):
            tx.connection.exec_driver_sql(f"DROP TABLE {table}")

    await dispatch.service.chassis.runner.run(lose)
    await becomes(dispatch, 0, "zakrila_store_readable")
    await becomes(dispatch, None, "zakrila_units")


async def test_what_was_refused_is_not_measured(dispatch: ServiceWorld) -> None:
    def refused(tx: Transaction) -> None:
        tx.measure(UNACKNOWLEDGED, 1, "actual")
        raise Conflict("Not now.")

    with pytest.raises(Conflict):
        await dispatch.service.chassis.runner.run(refused)
    assert await figure(dispatch.service, "zakrila_jobs_unacknowledged_total", mode="actual") == 0


async def test_nothing_personal_is_in_the_figures(intake: ServiceWorld) -> None:
    incident = (await ok(intake.client(Role.OPERATOR).post("/incidents", json=CALL), 201))["id"]
    await ok(intake.client(Role.OPERATOR).get(f"/incidents/{incident}/facts"))
    text = await exposition(intake.service)
    assert not [word for word in ("Тайна", "Мария", incident) if word in text]
