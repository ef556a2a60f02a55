"""Who publishes a row: whoever holds its lease; and only that one's word that it is published counts."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import RowMapping, select, update

from shared.clock import utc_now
from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.messaging import outbox_rows
from shared.messaging.outbox_rows import StreamMark
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.runner import Runner
from tests.integration.storage.bench import Bench
from tests.support.tiny.board import say
from tests.support.world import Clock

pytestmark = pytest.mark.anyio

STREAM = StreamMark("INTAKE", "then", 9, "id")


@pytest.fixture
def clock() -> Clock:
    """The publishers' clock."""
    made = Clock()
    made.now = utc_now()
    return made


@pytest.fixture
async def bench(anyio_backend: str, store: Store, seals: Seals, clock: Clock) -> AsyncIterator[Bench]:
    """A runner whose rows are born leased to ``writer``."""
    runner = Runner(Service.INTAKE, store, seals, clock=clock, lease="writer")
    runner.start()
    yield Bench(store, runner, CollectorRegistry())
    await runner.stop()


def rows(bench: Bench) -> Sequence[RowMapping]:
    with bench.store.reading() as connection:
        return connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings().all()


async def said(bench: Bench, *, priority: int = 2, unfinished: bool = True) -> str:
    name = new_id()
    await bench.runner.run(lambda tx: say(tx, name, priority=priority, unfinished=unfinished))
    return name


async def claimed(bench: Bench, lease: str, most: int = 10) -> list[str]:
    return [row["entity"] for row in await bench.runner.run(lambda tx: outbox_rows.claim(tx, lease, most, most))]


async def marked(bench: Bench, lease: str, row: RowMapping, seq: int, stream: StreamMark = STREAM) -> None:
    marks = [{"marked": row["event_id"], "at_seq": seq}]
    await bench.runner.run(lambda tx: outbox_rows.mark(tx, lease, marks, stream))


async def test_a_row_belongs_to_its_writer_until_the_lease_ends(bench: Bench, clock: Clock) -> None:
    name = await said(bench)
    assert await claimed(bench, "other") == []
    clock.advance(16)
    assert await claimed(bench, "other") == [name]
    assert await claimed(bench, "third") == []
    clock.advance(16)
    assert await claimed(bench, "third") == [name]


async def test_a_lease_given_while_the_clock_stood_wrong_does_not_hold_its_row_until_then(
    bench: Bench, clock: Clock
) -> None:
    clock.advance(3600)
    name = await said(bench)
    clock.advance(-3600)
    assert await claimed(bench, "other") == [name]


async def test_a_writer_that_gives_up_lets_others_at_its_rows_at_once(bench: Bench) -> None:
    names = [await said(bench), await said(bench)]
    await bench.runner.run(lambda tx: outbox_rows.release(tx, "writer"))
    assert await claimed(bench, "other", most=1) == names[:1]
    assert await claimed(bench, "third") == names[1:]


async def test_the_most_dangerous_are_claimed_first_and_what_is_said_again_last(bench: Bench) -> None:
    mild, grave, old = await said(bench, priority=3), await said(bench, priority=1), await said(bench, priority=1)
    await bench.runner.run(lambda tx: outbox_rows.release(tx, "writer"))
    said_before = update(kernel.outbox).where(kernel.outbox.c.entity == old).values(seq=1)
    await bench.runner.run(lambda tx: tx.execute(said_before))
    await bench.runner.run(lambda tx: outbox_rows.say_again(tx, [1, 2, 3]))
    assert await claimed(bench, "other") == [grave, mild, old]


async def test_the_late_mark_of_a_paused_publisher_is_refused(bench: Bench, clock: Clock) -> None:
    await said(bench)
    clock.advance(16)
    await claimed(bench, "other")
    (row,) = rows(bench)
    await marked(bench, "writer", row, seq=4)
    assert (rows(bench)[0]["seq"], rows(bench)[0]["lease"]) == (None, "other")
    await marked(bench, "other", row, seq=5)
    assert (rows(bench)[0]["seq"], rows(bench)[0]["lease"]) == (5, None)


@pytest.mark.parametrize("unfinished", [True, False])
async def test_a_mark_from_before_a_loss_does_not_stop_the_replay(bench: Bench, *, unfinished: bool) -> None:
    """Published into a stream that is gone, noted only after its loss was noticed."""
    await said(bench, unfinished=unfinished)
    (row,) = rows(bench)
    await bench.runner.run(outbox_rows.say_last_hour_again)
    await bench.runner.run(lambda tx: outbox_rows.say_again(tx, outbox_rows.newest_unfinished(bench.store)))
    await marked(bench, "writer", row, seq=4)
    assert rows(bench)[0]["seq"] is None
    assert outbox_rows.is_any_claimable(bench.store)


async def test_a_replay_says_the_unfinished_first_the_last_hour_after_and_the_old_not_at_all(bench: Bench) -> None:
    async def published(hours_ago: float, **facts: Any) -> str:
        name = await said(bench, **facts)
        at = utc_now() - timedelta(hours=hours_ago)
        aged = update(kernel.outbox).where(kernel.outbox.c.entity == name).values(seq=1, lease=None, at=at)
        await bench.runner.run(lambda tx: tx.execute(aged))
        return name

    await published(2, priority=1, unfinished=False)
    recent = await published(0.5, priority=1, unfinished=False)
    mild = await published(2, priority=3)
    grave = await published(40, priority=1)
    fresh = await said(bench, priority=3)
    unfinished = outbox_rows.newest_unfinished(bench.store)
    await bench.runner.run(outbox_rows.say_last_hour_again)
    await bench.runner.run(lambda tx: outbox_rows.say_again(tx, unfinished))
    assert await claimed(bench, "other") == [fresh, grave, mild], "what is over never stands before what is not"
    assert await claimed(bench, "other") == [recent]


async def test_what_is_over_is_said_again_a_few_at_a_time(bench: Bench) -> None:
    names = {await said(bench, unfinished=False) for _ in range(7)}
    await bench.runner.run(lambda tx: tx.execute(update(kernel.outbox).values(seq=1, lease=None)))
    await bench.runner.run(outbox_rows.say_last_hour_again)

    async def some() -> set[str]:
        rows = await bench.runner.run(lambda tx: outbox_rows.claim(tx, "other", 128, 3))
        return {row["entity"] for row in rows}

    claims = [await some() for _ in range(4)]
    assert [len(each) for each in claims] == [3, 3, 1, 0]
    assert set().union(*claims) == names


async def test_only_the_newest_row_of_an_unfinished_entity_is_said_first(bench: Bench) -> None:
    name = await said(bench)
    await bench.runner.run(lambda tx: say(tx, name, 2))
    ended = await said(bench)
    await bench.runner.run(lambda tx: say(tx, ended, 2, unfinished=False))
    assert outbox_rows.newest_unfinished(bench.store) == [2]


async def test_the_mark_of_a_stream_only_rises_and_only_within_its_history(bench: Bench) -> None:
    await said(bench)
    (row,) = rows(bench)
    for seq, created, expected in ((5, "then", 5), (3, "then", 5), (8, "another", 5), (7, "then", 7)):
        if expected == 5 and seq == 5:
            await bench.runner.run(lambda tx: outbox_rows.set_mark(tx, StreamMark("INTAKE", "then", 0, "")))
        new = StreamMark("INTAKE", created, seq, f"id {seq}")
        await marked(bench, "writer", row, seq, new)
        known = outbox_rows.read_mark(bench.store, "INTAKE")
        assert known is not None
        assert (known.seq, known.message_id) == (expected, f"id {expected}")
