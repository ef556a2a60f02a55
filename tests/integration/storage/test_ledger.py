"""The ledger: outbox and audit trail are logs whose numbers commit in order (P1, P8)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy import RowMapping, delete, select, update

from shared.contracts.vocabulary import Role
from shared.ids import new_id
from shared.security.sealing import Seals
from shared.security.tokens import Account, Grant
from shared.storage import kernel
from shared.storage.audit import first_broken, lines, note
from shared.storage.engine import Store
from shared.storage.transaction import Transaction
from tests.integration.storage.bench import Bench
from tests.integration.storage.conftest import make_bench
from tests.support.databases import Postgres
from tests.support.tiny.board import say
from tests.support.tiny.tables import metadata

pytestmark = pytest.mark.anyio

ANA = Account("ana", "session", (Grant(Role.OPERATOR, "RSE"), Grant(Role.SUPERVISOR, "RSE")), 0, 1)


def saying(incident: str) -> Callable[[Transaction], None]:
    return lambda tx: say(tx, incident)


def looking(what: str, reason: str | None = None) -> Callable[[Transaction], None]:
    return lambda tx: note(tx, ANA, "incident.read", what, "incident", reason)


def outbox_of(store: Store) -> Sequence[RowMapping]:
    with store.reading() as connection:
        return connection.execute(select(kernel.outbox).order_by(kernel.outbox.c.id)).mappings().all()


def trail(store: Store) -> Sequence[RowMapping]:
    with store.reading() as connection:
        return lines(connection, 0, 1000)


async def test_outbox_rows_are_numbered_in_the_order_in_which_they_were_said(bench: Bench) -> None:
    first, second, third = (new_id() for _ in range(3))
    committed: list[int] = []
    bench.runner.on_commit(lambda rows: committed.extend(row.id for row in rows))
    await bench.in_one_batch([saying(first), saying(second)])
    await bench.runner.run(saying(third))
    rows = outbox_of(bench.store)
    assert [(row["id"], row["entity"]) for row in rows] == [(1, first), (2, second), (3, third)]
    assert committed == [1, 2, 3]
    assert len({row["event_id"] for row in rows}) == 3
    assert all(row["headers"]["ce-id"] == row["event_id"] for row in rows)


async def test_two_writers_commit_their_numbers_in_order_so_a_reader_misses_none(
    postgres: Postgres, seals: Seals
) -> None:
    with postgres.database() as url:
        stores = [Store(url), Store(url)]
        kernel.metadata.create_all(stores[0].engine)
        metadata.create_all(stores[0].engine)
        benches = [make_bench(store, seals) for store in stores]
        seen: list[int] = []
        writing = asyncio.gather(*(_many(bench, 150) for bench in benches))
        while not writing.done() or len(seen) < 300:
            seen += await asyncio.to_thread(_after, stores[0], seen[-1] if seen else 0)
            await asyncio.sleep(0)
        await writing
        assert seen == list(range(1, 301))
        for bench in benches:
            await bench.end()
            bench.store.close()


async def _many(bench: Bench, count: int) -> None:
    for start in range(0, count, 5):
        await asyncio.gather(*(bench.runner.run(saying(new_id())) for _ in range(start, start + 5)))


def _after(store: Store, position: int) -> list[int]:
    with store.reading() as connection:
        query = select(kernel.outbox.c.id).where(kernel.outbox.c.id > position).order_by(kernel.outbox.c.id)
        return list(connection.execute(query).scalars())


async def test_every_audit_line_carries_the_hash_of_the_one_before(bench: Bench) -> None:
    await bench.in_one_batch([looking("a"), looking("b", "duty")])
    await bench.runner.run(looking("c"))
    found = trail(bench.store)
    assert [(line["seq"], line["entity"], line["roles"]) for line in found] == [
        (1, "a", "operator,supervisor"),
        (2, "b", "operator,supervisor"),
        (3, "c", "operator,supervisor"),
    ]
    assert found[0]["previous"] == "0" * 64
    assert [line["previous"] for line in found[1:]] == [line["hash"] for line in found[:-1]]
    assert first_broken(found) is None
    assert first_broken(found[1:], found[0]["hash"]) is None


@pytest.mark.parametrize("change", [{"account": "nobody"}, {"reason": "duty"}, {"entity": "b"}, {"hash": "f" * 64}])
async def test_a_changed_line_is_found(bench: Bench, change: dict[str, Any]) -> None:
    for what in "abcd":
        await bench.runner.run(looking(what))
    forged = update(kernel.audit).where(kernel.audit.c.seq == 3).values(**change)
    await bench.runner.run(lambda tx: tx.execute(forged))
    assert first_broken(trail(bench.store)) == 3


async def test_a_line_that_is_gone_is_found(bench: Bench) -> None:
    for what in "abcd":
        await bench.runner.run(looking(what))
    await bench.runner.run(lambda tx: tx.execute(delete(kernel.audit).where(kernel.audit.c.seq == 2)))
    assert first_broken(trail(bench.store)) == 3


async def test_what_a_refused_input_noted_is_in_no_trail(bench: Bench) -> None:
    def refused(tx: Transaction) -> None:
        note(tx, ANA, "incident.read", "refused")
        say(tx, "refused")
        raise RuntimeError

    await bench.in_one_batch([refused, lambda tx: note(tx, ANA, "incident.read", "kept")])
    assert [line["entity"] for line in trail(bench.store)] == ["kept"]
    assert outbox_of(bench.store) == []
