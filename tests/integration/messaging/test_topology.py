"""Streams and durables: made, healed, and never reset behind anybody's back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from nats.js.errors import NotFoundError

from shared.contracts.vocabulary import Service
from shared.messaging import topology
from tests.integration.messaging.town import STREAM, kept_topology, supervisor, town
from tests.support.house import eventually
from tests.support.nats_server import NatsServer

pytestmark = pytest.mark.anyio


async def test_an_empty_bus_gets_every_stream_and_durable_and_a_second_look_changes_nothing(nats: NatsServer) -> None:
    await nats.ensure_topology()
    async with supervisor(nats) as client:
        js = client.jetstream()
        streams = {info.config.name for info in await js.streams_info()}
        assert streams == {name for each in Service for name in (each.stream, topology.dead_letter_stream(each))}
        for durable in topology.durables():
            assert (await js.consumer_info(durable.stream, durable.name)).config.ack_wait == topology.ACK_WAIT_SECONDS
        assert await topology.ensure(js) == []


async def test_settings_that_ops_made_are_left_alone_and_those_that_matter_are_put_right(nats: NatsServer) -> None:
    await nats.ensure_topology()
    async with supervisor(nats) as client:
        js = client.jetstream()
        await js.publish("zakrila.RSE.intake.incident.raised", b"kept", stream=STREAM)
        before = await js.stream_info(STREAM)
        tuned = replace(before.config, max_bytes=10**9, description="tuned by ops", deny_delete=True, max_age=3600)
        await js.update_stream(tuned)
        consumer = (await js.consumer_info(STREAM, "dispatch")).config
        await js.add_consumer(STREAM, replace(consumer, description="ours", ack_wait=60))
        done = await topology.ensure(js)
        assert sorted(done) == ["updated consumer dispatch of INTAKE", "updated stream INTAKE"]
        after = await js.stream_info(STREAM)
        assert after.config == replace(tuned, max_age=topology.STREAM_KEPT.total_seconds())
        assert (after.state.messages, after.created) == (1, before.created)
        healed = (await js.consumer_info(STREAM, "dispatch")).config
        assert (healed.description, healed.ack_wait) == ("ours", topology.ACK_WAIT_SECONDS)
        assert await topology.ensure(js) == []


async def test_what_every_service_hears_is_what_the_table_of_events_says(nats: NatsServer) -> None:
    await nats.ensure_topology()
    async with supervisor(nats) as client:
        consumer = (await client.jetstream().consumer_info("SHELTER_BEDS", "intake")).config
        assert consumer.filter_subjects or [consumer.filter_subject] == ["zakrila.*.shelter_beds.placement.>"]
        with pytest.raises(NotFoundError):
            await client.jetstream().consumer_info("NOTIFY", "dispatch")


async def test_a_durable_deleted_under_a_running_service_is_healed_and_messages_flow(
    tmp_path: Path, nats: NatsServer
) -> None:
    await nats.ensure_topology()
    async with town(tmp_path, nats) as people, kept_topology(nats):
        before = await people.says()
        await people.all_noticed([before])
        async with supervisor(nats) as client:
            for _ in range(2):
                await client.jetstream().delete_consumer(STREAM, "dispatch")
                meanwhile = [await people.says() for _ in range(3)]
                await people.all_noticed(meanwhile, 30)
        assert set(people.noticed().values()) == {(1, 1)}


async def test_the_watchdog_outlives_the_bus(nats: NatsServer) -> None:
    async with kept_topology(nats):
        for _ in range(2):
            nats.kill()
            nats.wipe()
            nats.start()
            async with supervisor(nats) as client:

                async def made() -> bool:
                    try:
                        await client.jetstream().consumer_info("IDENTITY", "notify")
                    except Exception:  # noqa: BLE001  # not there yet, in whatever way
                        return False
                    return True

                await eventually(made, "streams and durables are made", 20)
