"""The bus may lose everything it acknowledged: it is noticed, and said again, the most dangerous first (P1, P5)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from nats.js.api import RawStreamMsg
from nats.js.errors import NotFoundError
from sqlalchemy import text, update

from shared.clock import utc_now
from shared.messaging import outbox_rows
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.integration.messaging.town import STREAM, Town, kept_topology, supervisor, town
from tests.support.house import eventually
from tests.support.nats_server import NatsServer

pytestmark = pytest.mark.anyio

NOTICED_WITHIN = 20.0
"""Seconds: it is looked for every ten."""


@pytest.fixture
async def people(anyio_backend: str, tmp_path: Path, nats: NatsServer, database_url: str) -> AsyncIterator[Town]:
    """Both houses on the bus; the speaker's store on each kind of database."""
    await nats.ensure_topology()
    async with town(tmp_path, nats, database_url) as made:
        yield made


def ids(messages: Sequence[RawStreamMsg]) -> list[str]:
    return [str((message.headers or {})["Nats-Msg-Id"]) for message in messages]


def entities(messages: Sequence[RawStreamMsg]) -> list[str]:
    return [str((message.headers or {})["ce-subject"]) for message in messages]


async def aged(people: Town, name: str, hours: float) -> None:
    """Make what was said of an incident so old."""
    older = update(kernel.outbox).where(kernel.outbox.c.entity == name).values(at=utc_now() - timedelta(hours=hours))
    await people.speaker.chassis.runner.run(lambda tx: tx.execute(older))


async def held(people: Town, count: int) -> list[RawStreamMsg]:
    """Wait until the stream holds so many messages, and return them."""

    async def enough() -> list[RawStreamMsg]:
        found = await people.messages()
        return found if len(found) >= count else []

    messages: list[RawStreamMsg] = await eventually(enough, f"the stream holds {count} messages", NOTICED_WITHIN)
    return messages


async def losses(people: Town, count: int) -> None:
    """Wait until the speaker noticed so many losses."""
    await eventually(
        lambda: people.figure("zakrila_stream_losses_total") >= count, "the loss is noticed", NOTICED_WITHIN
    )


async def test_a_deleted_stream_is_made_again_and_filled_the_most_dangerous_first(people: Town) -> None:
    old_and_ended = await people.says(priority=1, unfinished=False)
    ended = await people.says(priority=1, unfinished=False)
    mild, grave, old = await people.says(priority=3), await people.says(priority=1), await people.says(priority=2)
    await people.says(name=grave, version=2, priority=1)
    await people.all_published()
    await people.all_noticed([old_and_ended])  # it is not said again
    for name in (old_and_ended, old):
        await aged(people, name, 30)
    before = {row["event_id"]: row["entity"] for row in people.outbox()}
    async with supervisor(people.nats) as client:
        await client.jetstream().delete_stream(STREAM)
    async with kept_topology(people.nats):
        again = await held(people, 5)
    assert entities(again) == [grave, old, mild, ended, grave]
    assert set(ids(again)) <= before.keys()
    await people.all_noticed([mild, grave, old, ended, old_and_ended])
    assert people.noticed()[grave] == (2, 2)


async def test_the_loss_of_the_whole_bus_is_made_good_and_new_things_go_on(people: Town) -> None:
    names = [await people.says() for _ in range(10)]
    await people.all_noticed(names)
    await people.all_published()
    people.nats.kill()
    new = [await people.says() for _ in range(3)]
    people.nats.wipe()
    people.nats.start()
    await people.nats.ensure_topology()
    await people.all_noticed([*names, *new], NOTICED_WITHIN)
    assert sorted(entities(await held(people, 13))) == sorted([*names, *new])
    newest = await people.says()
    await people.all_noticed([newest])
    assert people.noticed() == dict.fromkeys([*names, *new, newest], (1, 1))


async def test_what_the_hearer_never_got_before_the_loss_it_gets_after(people: Town) -> None:
    async with supervisor(people.nats) as client:
        await client.jetstream().delete_consumer(STREAM, "dispatch")
    names = [await people.says(priority=1 + number % 3) for number in range(9)]
    await people.all_published()
    assert not people.noticed()
    people.nats.kill()
    people.nats.wipe()
    people.nats.start()
    await people.nats.ensure_topology()
    await people.all_noticed(names, NOTICED_WITHIN)


async def test_a_bus_put_back_to_an_older_copy_is_noticed(people: Town, tmp_path: Path) -> None:
    early = [await people.says() for _ in range(3)]
    await people.all_published()
    people.nats.kill()
    people.nats.keep_copy(tmp_path / "copy")
    people.nats.start()
    late = [await people.says() for _ in range(3)]
    await people.all_noticed(late)
    await people.all_published()
    people.nats.kill()
    people.nats.put_back(tmp_path / "copy")
    people.nats.start()
    meanwhile = await people.says()
    await losses(people, 1)
    await people.all_noticed([meanwhile])
    await people.all_published()
    assert set(entities(await held(people, 7))) == {*early, *late, meanwhile}
    assert people.noticed() == dict.fromkeys([*early, *late, meanwhile], (1, 1))


async def test_a_message_that_is_missing_in_the_middle_is_said_again(people: Town) -> None:
    async with supervisor(people.nats) as client:
        await client.jetstream().delete_consumer(STREAM, "dispatch")
        names = [await people.says() for _ in range(3)]
        await people.all_published()
        await client.jetstream().delete_msg(STREAM, 2)
    people.nats.kill()  # a new connection looks at once
    people.nats.start()
    await people.nats.ensure_topology()
    await people.all_noticed(names, NOTICED_WITHIN)
    assert people.figure("zakrila_stream_losses_total") == 1


async def test_after_a_purge_what_is_said_again_gets_an_id_that_the_server_takes(people: Town) -> None:
    name = await people.says()
    await people.all_published()
    (row,) = people.outbox()
    async with supervisor(people.nats) as client:
        await client.jetstream().purge_stream(STREAM)
    await people.speaker.chassis.runner.run(lambda tx: outbox_rows.say_again(tx, [row["id"]]))
    (message,) = await held(people, 1)
    assert ids([message]) == [f"{row['event_id']}.r1"]
    assert entities([message]) == [name]
    assert (message.headers or {})["ce-id"] == row["event_id"]


async def test_a_duplicate_that_the_stream_really_holds_counts_as_published(people: Town) -> None:
    await people.says()
    await people.all_published()
    (row,) = people.outbox()
    await people.speaker.chassis.runner.run(lambda tx: outbox_rows.say_again(tx, [row["id"]]))
    await people.all_published()
    assert people.outbox()[0]["seq"] == row["seq"]
    assert ids(await people.messages()) == [row["event_id"]]


async def test_a_replay_that_is_cut_off_begins_again(people: Town) -> None:
    """As if the process died after noticing the loss and before everything was to be said again."""
    names = [await people.says(unfinished=number % 2 == 0) for number in range(4)]
    await people.all_published()

    def obstruct(tx: Transaction) -> None:
        for statement in OBSTRUCTION[tx.connection.dialect.name]:
            tx.execute(text(statement))

    await people.speaker.chassis.runner.run(obstruct)
    people.nats.kill()
    people.nats.wipe()
    people.nats.start()
    await people.nats.ensure_topology()
    await losses(people, 2)
    drop = {"sqlite": "DROP TRIGGER obstruct", "postgresql": "DROP TRIGGER obstruct ON outbox"}
    await people.speaker.chassis.runner.run(lambda tx: tx.execute(text(drop[tx.connection.dialect.name])))
    assert sorted(entities(await held(people, 4))) == sorted(names)


OBSTRUCTION = {
    "sqlite": (
        "CREATE TRIGGER obstruct BEFORE UPDATE ON outbox WHEN NEW.rank = 1 BEGIN SELECT RAISE(ABORT, 'cut off'); END",
    ),
    "postgresql": (
        """CREATE FUNCTION obstruct() RETURNS trigger LANGUAGE plpgsql AS
           $$ BEGIN RAISE EXCEPTION 'cut off' USING ERRCODE = 'check_violation'; END $$""",
        "CREATE TRIGGER obstruct BEFORE UPDATE ON outbox FOR EACH ROW WHEN (NEW.rank = 1) EXECUTE FUNCTION obstruct()",
    ),
}


async def test_a_restart_that_loses_nothing_is_no_loss(people: Town) -> None:
    names = [await people.says() for _ in range(5)]
    await people.all_noticed(names)
    await people.all_published()
    for _ in range(2):
        people.nats.kill()
        people.nats.start()
        names.append(await people.says())
        await people.all_noticed(names)
    await people.all_published()
    assert people.figure("zakrila_stream_losses_total") == 0
    assert people.figure("zakrila_published_total") == len(names)


async def test_a_stream_that_let_go_of_old_messages_has_lost_nothing(people: Town) -> None:
    quiet = await people.says()
    await people.all_published()
    await aged(people, quiet, hours=24 * 3 + 1)
    async with supervisor(people.nats) as client:
        await client.jetstream().purge_stream(STREAM)
    people.nats.kill()  # a new connection looks at once
    people.nats.start()
    spoken = await people.says()
    assert entities(await held(people, 1)) == [spoken]
    await people.all_published()
    assert people.figure("zakrila_stream_losses_total") == 0


async def test_without_a_stream_the_service_waits_and_says_everything_once_there_is_one(people: Town) -> None:
    async with supervisor(people.nats) as client:
        await client.jetstream().delete_stream(STREAM)
        names = await asyncio.gather(*(people.says() for _ in range(20)))
        with pytest.raises(NotFoundError):
            await client.jetstream().stream_info(STREAM)
    async with kept_topology(people.nats):
        await people.all_published(NOTICED_WITHIN)
        await people.all_noticed(names, NOTICED_WITHIN)
