"""How far a service is behind is asked of its own consumers, with its own key; what nobody can know has no value."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from shared.contracts.vocabulary import Service
from shared.messaging.bus import Bus, BusAddress
from shared.messaging.lag import watch_lag
from shared.telemetry.metrics import BusMetrics, known_type
from tests.integration.dispatch.test_on_the_bus import connect, publish
from tests.support.house import eventually
from tests.support.intake_voice import Incident, IntakeVoice
from tests.support.nats_server import NatsServer

pytestmark = pytest.mark.anyio


@pytest.fixture
async def bus(nats: NatsServer) -> AsyncIterator[Bus]:
    """Connect as dispatch, while dispatch itself handles nothing."""
    await nats.ensure_topology()
    made = Bus(BusAddress(nats.url, nats.keys, Service.DISPATCH))
    await made.connect()
    yield made
    await made.close()


async def test_what_waits_in_a_stream_is_told_and_forgotten_when_the_bus_is_away(
    bus: Bus, nats: NatsServer, tmp_path: Path
) -> None:
    intake = await connect(nats, Service.INTAKE)
    for _ in range(3):
        await publish(intake, Service.INTAKE, IntakeVoice(nats.keys).says(Incident()))
    await intake.close()
    registry = CollectorRegistry()
    watching = asyncio.create_task(watch_lag(bus, Service.DISPATCH, BusMetrics(registry).consumer_lag, every=0.05))

    def lag() -> float | None:
        return registry.get_sample_value("zakrila_consumer_lag", {"stream": "INTAKE"})

    try:
        await eventually(lambda: lag() == 3, "three incidents wait for dispatch")
        nats.kill()
        await eventually(lambda: lag() is None, "nobody can know any more")
    finally:
        watching.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await watching


def test_a_type_that_no_release_knows_is_no_label_of_its_own() -> None:
    assert known_type("dispatch.job.assigned") == "dispatch.job.assigned"
    assert known_type("dispatch.job.Мария") == "unknown"
