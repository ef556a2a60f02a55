"""What cannot be handled is set aside with its reason, counted, and blocks nobody behind it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import orjson
import pytest
from sqlalchemy import text

from shared.contracts.events import INCIDENT
from shared.contracts.vocabulary import Service
from shared.messaging.inbox import Heard
from shared.messaging.topology import dead_letter_stream
from shared.security.sealing import Seals
from shared.storage.transaction import Transaction
from tests.integration.messaging.town import Town, connected, event, publish, town
from tests.support.databases import Postgres
from tests.support.house import eventually, running
from tests.support.nats_server import NatsServer
from tests.support.tiny.board import make_house, notice
from tests.support.trust import NOBODY

pytestmark = pytest.mark.anyio

DEAD = dead_letter_stream(Service.DISPATCH)


def stumbling(tx: Transaction, heard: Heard) -> None:
    """Notice what is heard, but always fail at what is called so, once after having written."""
    notice(tx, heard)
    if heard.entity.startswith("stumble"):
        raise ValueError(heard.entity)


@pytest.fixture
async def people(anyio_backend: str, tmp_path: Path, nats: NatsServer) -> AsyncIterator[Town]:
    """Both houses on the bus."""
    await nats.ensure_topology()
    async with town(tmp_path, nats, handlers={INCIDENT: stumbling}) as made:
        yield made


async def set_aside(people: Town, count: int) -> list[str]:
    """Wait until so many messages are set aside, in the store and in the stream; return the reasons."""
    await eventually(lambda: len(people.dead_letters()) == count, f"{count} are kept in the store", 40)

    async def published() -> bool:
        return len(await people.messages(DEAD)) == count

    await eventually(published, f"{count} are in the stream of dead letters")
    return [letter["reason"] for letter in people.dead_letters()]


async def test_what_cannot_be_read_is_set_aside_with_its_reason(people: Town) -> None:
    headers, body = event("unread")
    spoilt = [
        ({}, body),
        ({"ce-id": "1"}, body),
        (headers, b"\xff\xfe not JSON"),
        (headers, b'{"entity": "half'),
        (headers, b"[" * 5000),
        (headers, orjson.dumps({"entity": "unread"})),
        (headers, orjson.dumps({**orjson.loads(body), "priority": 9})),
        (headers, orjson.dumps({**orjson.loads(body), "state": {"state": "no such state"}})),
    ]
    async with connected(people.nats, Service.INTAKE) as intake:
        for each, content in spoilt:
            await publish(intake, dict(each), content)
        await publish(intake, *event("behind"))
    await people.all_noticed(["behind"])
    reasons = await set_aside(people, len(spoilt))
    assert set(people.noticed()) == {"behind"}
    assert reasons[0] == reasons[1] == "not a CloudEvent: ce-type or ce-id is missing"
    assert all(reason.startswith("the body is not that of intake.incident") for reason in reasons[2:])
    assert "priority" in reasons[6]
    assert "no such state" not in "".join(reasons)


async def test_a_dead_letter_keeps_what_came_and_says_where_and_why(people: Town) -> None:
    async with connected(people.nats, Service.INTAKE) as intake:
        seq = await publish(intake, {"ce-id": "1", "ce-type": "intake.incident.updated"}, b"not JSON")
    await set_aside(people, 1)
    (letter,) = people.dead_letters()
    (message,) = await people.messages(DEAD)
    headers = dict(message.headers or {})
    assert (letter["stream"], letter["seq"], letter["body"]) == ("INTAKE", seq, b"not JSON")
    assert (message.subject, message.data) == ("zakrila.dead.dispatch", b"not JSON")
    assert (headers["zakrila-stream"], headers["zakrila-seq"], headers["ce-id"]) == ("INTAKE", str(seq), "1")
    assert headers["zakrila-reason"] == letter["reason"]


async def test_it_is_metered_and_shown_as_waiting_for_a_human(people: Town) -> None:
    async with connected(people.nats, Service.INTAKE) as intake:
        await publish(intake, {"ce-id": "1", "ce-type": "intake.incident.updated"}, b"not JSON")
    await set_aside(people, 1)

    def counted() -> bool:
        labels = {"type": "intake.incident.updated", "result": "dead"}
        return people.figure("zakrila_consumed_total", people.hearer, **labels) == 1

    await eventually(counted, "it is counted")
    async with httpx.AsyncClient(verify=NOBODY) as anybody:
        ready = await anybody.get(f"{people.hearer.base}/health/ready")
    assert (ready.status_code, ready.json()["dead_letters"]) == (200, 1)


async def test_what_is_sealed_for_another_event_or_by_nobody_is_poison(people: Town) -> None:
    seals = Seals.from_folder(people.nats.keys, Service.INTAKE)
    foreign = seals.seal(Service.DISPATCH, "another", "another", 1, {"facts": {}})
    older = seals.seal(Service.DISPATCH, "mine", "mine", 1, {"facts": {}})
    misdirected = seals.seal(Service.NOTIFY, "mine", "mine", 2, {"facts": {}})
    async with connected(people.nats, Service.INTAKE) as intake:
        for token in (foreign, older, misdirected, "no.jwe"):
            await publish(intake, *event("mine", 2, sealed={"dispatch": token}))
        right = seals.seal(Service.DISPATCH, "mine", "mine", 3, {"facts": {}})
        await publish(intake, *event("mine", 3, sealed={"dispatch": right}))
    await people.all_noticed(["mine"])
    assert all("sealed part" in reason for reason in await set_aside(people, 4))
    assert people.noticed() == {"mine": (3, 1)}


async def test_what_always_fails_is_set_aside_after_some_tries_and_leaves_nothing_behind(people: Town) -> None:
    async with connected(people.nats, Service.INTAKE) as intake:
        await publish(intake, *event("stumble"))
        for number in range(20):
            await publish(intake, *event(f"behind {number}"))
    await people.all_noticed([f"behind {number}" for number in range(20)])
    assert people.dead_letters() == []
    assert await set_aside(people, 1) == ["keeps failing: ValueError"]
    assert "stumble" not in people.noticed()


async def test_while_the_store_cannot_write_messages_wait_and_none_is_set_aside(people: Town) -> None:
    store = people.hearer.chassis.store
    with store.engine.connect() as connection:
        connection.exec_driver_sql("ALTER TABLE heard RENAME TO away")
    async with connected(people.nats, Service.INTAKE) as intake:
        await publish(intake, *event("patient"))

    def tried() -> bool:
        labels = {"type": "intake.incident.updated", "result": "later"}
        return people.figure("zakrila_consumed_total", people.hearer, **labels) >= 2

    await eventually(tried, "it was tried in vain more than once")
    with store.engine.connect() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO heard"))
    await people.all_noticed(["patient"])
    assert people.dead_letters() == []


async def test_a_value_that_no_column_holds_is_set_aside_on_postgres(
    anyio_backend: str, tmp_path: Path, nats: NatsServer, postgres: Postgres
) -> None:
    await nats.ensure_topology()
    with postgres.database() as url:
        hearing = running(make_house(Service.DISPATCH), tmp_path, nats_url=nats.url, database_url=url)
        async with hearing as hearer, connected(nats, Service.INTAKE) as intake:
            people = Town(nats, hearer, hearer)
            await publish(intake, *event("huge", 2**40))
            await publish(intake, *event("n" * 100))
            await publish(intake, *event("behind"))
            await people.all_noticed(["behind"])
            assert await set_aside(people, 2) == ["keeps failing: Unstorable"] * 2
            assert set(people.noticed()) == {"behind"}
