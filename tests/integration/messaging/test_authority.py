"""Who may say and hear what on the bus is the server's to enforce, from the first day (P6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import nats as nats_client
import pytest
from nats.aio.client import Client

from shared.contracts.events import heard_by
from shared.contracts.vocabulary import Service
from shared.messaging.topology import ensure
from shared.security.keys import OBSERVER, nkey_seed_file
from tests.integration.messaging.town import connected, event, messages, publish, supervisor
from tests.support.house import eventually
from tests.support.nats_server import NatsServer

pytestmark = pytest.mark.anyio

ALL = list(Service)
OTHERS = [(one, other) for one in Service for other in Service if one is not other]
UNHEARD = [(one, other) for one, other in OTHERS if other not in heard_by(one)]


@pytest.fixture
async def nats(anyio_backend: str, nats: NatsServer) -> NatsServer:
    """A bus with every stream on it."""
    await nats.ensure_topology()
    return nats


@pytest.fixture
async def observer(nats: NatsServer) -> AsyncIterator[tuple[Client, list[str]]]:
    """A tool with the observer's key, and what the server refused it."""
    errors: list[str] = []

    async def note(error: Exception) -> None:
        errors.append(str(error).lower())

    seed = str(nkey_seed_file(nats.keys, OBSERVER))
    client = await nats_client.connect(nats.url, nkeys_seed=seed, error_cb=note, allow_reconnect=False)
    yield client, errors
    await client.close()


async def refused(client: Client, errors: list[str], subject: str, body: bytes = b"") -> None:
    """Make sure that the server lets a client publish nothing on a subject."""
    before = len(errors)
    await client.publish(subject, body)
    await client.flush()
    await eventually(partial(_more, errors, before), f"the server refuses {subject}")
    assert "permissions violation" in errors[-1]


def _more(errors: list[str], before: int) -> bool:
    return len(errors) > before


async def test_nobody_comes_in_without_a_key(nats: NatsServer) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", nats.port)
    assert (await reader.readline()).startswith(b"INFO")
    writer.write(b'CONNECT {"verbose":false}\r\nPING\r\n')
    assert await reader.readline() == b"-ERR 'Authorization Violation'\r\n"
    writer.close()
    await writer.wait_closed()


@pytest.mark.parametrize("service", ALL)
async def test_a_service_publishes_into_its_own_stream_and_no_other(nats: NatsServer, service: Service) -> None:
    errors: list[str] = []
    async with connected(nats, service, errors) as client:
        ack = await client.jetstream().publish(f"zakrila.RSE.{service}.x.y", b"", stream=service.stream)
        assert ack.seq == 1
        for other in ALL:
            if other is not service:
                await refused(client, errors, f"zakrila.RSE.{other}.x.y")
                await refused(client, errors, f"zakrila.dead.{other}")
    async with supervisor(nats) as client:
        for other in ALL:
            assert len(await messages(client, other.stream)) == (other is service)


@pytest.mark.parametrize(("service", "other"), UNHEARD, ids=str)
async def test_a_service_reads_nothing_that_the_table_does_not_give_it(
    nats: NatsServer, service: Service, other: Service
) -> None:
    errors: list[str] = []
    stream = other.stream
    async with connected(nats, service, errors) as client:
        for subject in (
            f"$JS.API.STREAM.MSG.GET.{stream}",
            f"$JS.API.DIRECT.GET.{stream}",
            f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{service}",
            f"$JS.API.CONSUMER.CREATE.{stream}",
        ):
            await refused(client, errors, subject)


@pytest.mark.parametrize("service", ALL)
async def test_a_service_changes_no_stream_no_durable_and_takes_nobodys_messages(
    nats: NatsServer, service: Service
) -> None:
    errors: list[str] = []
    other = next(each for each in ALL if each is not service)
    async with connected(nats, service, errors) as client:
        for subject in (
            f"$JS.API.STREAM.DELETE.{service.stream}",
            f"$JS.API.STREAM.PURGE.{service.stream}",
            f"$JS.API.STREAM.UPDATE.{service.stream}",
            f"$JS.API.STREAM.MSG.DELETE.{service.stream}",
            f"$JS.API.CONSUMER.CREATE.{service.stream}.spy",
            f"$JS.API.CONSUMER.DURABLE.CREATE.{service.stream}.spy",
            f"$JS.API.CONSUMER.DELETE.{service.stream}.{other}",
            f"$JS.API.CONSUMER.MSG.NEXT.INTAKE.{other}",
            f"$JS.ACK.INTAKE.{other}.1.1.1.1.1",
            "$SYS.REQ.SERVER.PING",
        ):
            await refused(client, errors, subject)
        for subject in ("zakrila.>", "_INBOX.>", f"_INBOX_{other}.>", ">"):
            before = len(errors)
            await client.subscribe(subject)
            await client.flush()
            await eventually(partial(_more, errors, before), f"the server refuses to let it hear {subject}")


async def test_the_observer_reads_everything(nats: NatsServer, observer: tuple[Client, list[str]]) -> None:
    client, errors = observer
    live = await client.subscribe("zakrila.>")
    await client.flush()
    async with connected(nats, Service.INTAKE) as intake:
        await publish(intake, *event("seen"))
    assert (await live.next_msg(timeout=5)).subject == "zakrila.RSE.intake.incident.updated"
    js = client.jetstream()
    assert (await js.stream_info("INTAKE")).state.messages == 1
    assert (await js.get_msg("INTAKE", 1)).subject == "zakrila.RSE.intake.incident.updated"
    assert (await js.consumer_info("INTAKE", "dispatch")).num_pending == 1
    assert errors == []


async def test_the_observer_publishes_nothing_and_changes_nothing(
    nats: NatsServer, observer: tuple[Client, list[str]]
) -> None:
    client, errors = observer
    for subject in (
        "zakrila.RSE.intake.incident.raised",
        "zakrila.dead.intake",
        "$JS.API.STREAM.DELETE.INTAKE",
        "$JS.API.STREAM.PURGE.INTAKE",
        "$JS.API.STREAM.UPDATE.INTAKE",
        "$JS.API.CONSUMER.DELETE.INTAKE.dispatch",
        "$JS.API.CONSUMER.CREATE.INTAKE.dispatch",
        "$JS.API.CONSUMER.DURABLE.CREATE.INTAKE.dispatch",
        "$JS.API.CONSUMER.MSG.NEXT.INTAKE.dispatch",
        "$JS.ACK.INTAKE.dispatch.1.1.1.1.1",
    ):
        await refused(client, errors, subject)


async def create(client: Client, **config: Any) -> dict[str, Any]:
    """Ask for a consumer of intake's stream in the one way that the observer has."""
    body = json.dumps({"stream_name": "INTAKE", "config": config}).encode()
    reply: dict[str, Any] = json.loads((await client.request("$JS.API.CONSUMER.CREATE.INTAKE", body)).data)
    return reply


async def test_an_edit_of_a_durable_through_its_name_is_undone_by_the_watchdog(
    nats: NatsServer, observer: tuple[Client, list[str]]
) -> None:
    """The server lets whoever may make unnamed consumers edit a named one; nobody can forbid it by subject."""
    client, _ = observer
    async with supervisor(nats) as owner:
        js = owner.jetstream()
        before = (await js.consumer_info("INTAKE", "dispatch")).config
        edit = {"headers_only": True, "inactive_threshold": 3600 * 10**9, "max_ack_pending": 1}
        kept = ("opt_start_time", "filter_subjects", "deliver_policy", "ack_policy", "ack_wait", "max_deliver")
        config = {name: before.as_dict()[name] for name in kept}
        assert "error" not in await create(client, name="dispatch", **config, **edit)
        assert (await js.consumer_info("INTAKE", "dispatch")).config != before
        assert await ensure(js) == ["made consumer dispatch of INTAKE anew"]
        after = (await js.consumer_info("INTAKE", "dispatch")).config
        assert (after.durable_name, after.max_ack_pending) == ("dispatch", before.max_ack_pending)
        assert not after.headers_only
        assert not after.inactive_threshold
        assert await ensure(js) == []
