"""The runner when the database fails: nothing is kept piece by piece, and whoever was not stored is told (P1, P10)."""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event, func, select

from shared.errors import Unavailable
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.transaction import AuditNote, Transaction
from tests.integration.storage.bench import Bench
from tests.integration.storage.conftest import make_bench
from tests.support.databases import Postgres
from tests.support.house import eventually
from tests.support.postgres_proxy import LossyProxy
from tests.support.tiny.tables import metadata, slip

pytestmark = pytest.mark.anyio


def executing(statement: str) -> Any:
    def then(tx: Transaction) -> None:
        tx.connection.exec_driver_sql(statement)

    return then


async def test_any_other_database_error_abandons_the_batch_and_each_is_run_alone(bench: Bench) -> None:
    results = await bench.in_one_batch(
        [
            bench.pinning("first"),
            bench.pinning("bad", then=executing("SELECT nothing FROM nowhere")),
            bench.pinning("3"),
        ]
    )
    assert isinstance(results[1], Unavailable)
    assert results[0::2] == ["first", "3"]
    assert bench.slips() == ["3", "first"]
    assert bench.runs == ["first", "bad", "first", "bad", "3"]


@pytest.mark.parametrize("word", ["ROLLBACK", "COMMIT"])
async def test_a_connection_found_outside_its_transaction_abandons_the_batch(bench: Bench, word: str) -> None:
    results = await bench.in_one_batch(
        [bench.pinning("first"), bench.pinning("bad", then=executing("ROLLBACK")), bench.pinning("last")]
    )
    assert isinstance(results[1], Unavailable)
    assert results[0::2] == ["first", "last"]
    assert bench.slips() == ["first", "last"]
    alone = await asyncio.gather(
        bench.runner.run(bench.pinning(f"{word} alone", then=executing(word))), return_exceptions=True
    )
    assert isinstance(alone[0], Unavailable)
    assert await bench.runner.run(bench.pinning("later")) == "later"


async def test_what_cannot_be_noted_costs_its_own_input_and_never_the_worker(bench: Bench) -> None:
    def noting_half_a_character(tx: Transaction) -> None:
        tx.audited.append(AuditNote("account", "operator", "slip.pin", "\ud800", None, None))

    results = await bench.in_one_batch([bench.pinning("first"), bench.pinning("bad", then=noting_half_a_character)])
    assert results[0] == "first"
    assert isinstance(results[1], Exception)
    assert await asyncio.wait_for(bench.runner.run(bench.pinning("later")), 5) == "later"
    assert bench.slips() == ["first", "later"]


async def test_a_value_that_no_column_holds_is_the_fault_of_its_input_not_of_the_store(bench: Bench) -> None:
    """Else a message with such a value would be asked for again for ever and never be a dead letter."""

    def holding_too_much(tx: Transaction) -> None:
        tx.execute(kernel.heard.insert(), {"entity": "x", "version": 2**70, "incident": None, "at": tx.now})

    results = await bench.in_one_batch([bench.pinning("first"), bench.pinning("bad", then=holding_too_much)])
    assert results[0] == "first"
    assert isinstance(results[1], Exception)
    assert not isinstance(results[1], Unavailable)
    assert bench.slips() == ["first"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
async def test_a_full_disk_stores_nothing_by_halves_and_says_so(store: Store, bench: Bench) -> None:
    most_pages = [60]

    def limit(connection: Any, _record: Any) -> None:
        connection.execute(f"PRAGMA max_page_count={most_pages[0]}")

    event.listen(store.engine, "connect", limit)
    store.engine.dispose()
    names = [f"slip {number:02}" for number in range(60)]
    results = await bench.in_one_batch([bench.pinning(name + " a" * 800, name + " b" * 800) for name in names])
    kept = [name for name, result in zip(names, results, strict=True) if not isinstance(result, Exception)]
    refused = [result for result in results if isinstance(result, Exception)]
    assert kept
    assert refused
    assert {type(result) for result in refused} == {Unavailable}
    assert bench.slips() == sorted(name + half * 800 for name in kept for half in (" a", " b"))
    event.remove(store.engine, "connect", limit)
    most_pages[0] = 100_000
    event.listen(store.engine, "connect", limit)
    assert await bench.runner.run(bench.pinning("there is room again"))


@pytest.fixture
def small_disk(tmp_disk: Path) -> Iterator[Path]:
    """A real file system of 400 KiB."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a small disk")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=400k", "tmpfs", str(tmp_disk)], check=False)  # noqa: S607  # of the system, wherever it is
    if mounted.returncode != 0:
        pytest.skip("no disk can be mounted here")
    yield tmp_disk
    subprocess.run(["umount", str(tmp_disk)], check=True)  # noqa: S607  # of the system, wherever it is


async def test_a_really_full_disk_stores_nothing_by_halves(small_disk: Path, seals: Seals) -> None:
    store = Store(f"sqlite:///{small_disk}/store.sqlite3")
    kernel.metadata.create_all(store.engine)
    metadata.create_all(store.engine)
    bench = make_bench(store, seals)
    names = [f"slip {number:02}" for number in range(60)]
    results = await bench.in_one_batch([bench.pinning(name + " a" * 2000, name + " b" * 2000) for name in names])
    kept = [name for name, result in zip(names, results, strict=True) if not isinstance(result, Exception)]
    refused = [result for result in results if isinstance(result, Exception)]
    assert {type(result) for result in refused} == {Unavailable}
    assert bench.slips() == sorted(name + half * 2000 for name in kept for half in (" a", " b"))
    await bench.end()
    store.close()


async def test_a_commit_that_nobody_knows_of_is_not_run_twice(postgres: Postgres, seals: Seals) -> None:
    with postgres.database() as url, tempfile.TemporaryDirectory(prefix="zakrila-proxy-") as folder:
        real = Path(url.partition("host=")[2])
        proxy = LossyProxy(Path(folder), real)
        store = Store(url.replace(str(real), folder))
        kernel.metadata.create_all(store.engine)
        metadata.create_all(store.engine)
        bench = make_bench(store, seals)
        await bench.runner.run(bench.pinning("before"))
        proxy.armed.set()
        with pytest.raises(Unavailable, match="Idempotency-Key"):
            await bench.runner.run(bench.pinning("once"))
        assert bench.runs == ["before", "once"]
        assert await bench.runner.run(bench.pinning("after")) == "after"
        assert bench.slips() == ["after", "before", "once"]
        await bench.end()
        store.close()
        proxy.stop()


async def test_a_store_that_goes_away_and_comes_back_is_used_again(postgres: Postgres, seals: Seals) -> None:
    with postgres.database() as url:
        store = Store(url)
        kernel.metadata.create_all(store.engine)
        metadata.create_all(store.engine)
        bench = make_bench(store, seals)
        await bench.runner.run(bench.pinning("before"))
        with store.engine.connect() as connection:
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        assert await bench.runner.run(bench.pinning("after")) == "after"
        assert bench.slips() == ["after", "before"]
        await bench.end()
        store.close()


async def test_a_writer_held_up_by_another_is_told_in_time(postgres: Postgres, seals: Seals) -> None:
    """A stopped replica may keep a lock: P10 wants a refusal, not silence."""
    with postgres.database() as url:
        store = Store(url)
        kernel.metadata.create_all(store.engine)
        metadata.create_all(store.engine)
        bench = make_bench(store, seals)
        with store.engine.connect() as other:
            other.exec_driver_sql("BEGIN")
            other.exec_driver_sql("LOCK TABLE slip IN ACCESS EXCLUSIVE MODE")
            with pytest.raises(Unavailable):
                await bench.runner.run(bench.pinning("held up"))
            other.exec_driver_sql("ROLLBACK")
        assert await bench.runner.run(bench.pinning("after")) == "after"
        await bench.end()
        store.close()


async def test_a_batch_of_many_writers_keeps_each_exactly_once(bench: Bench) -> None:
    names = [f"slip {n:03}" for n in range(300)]
    answers = await asyncio.gather(*(bench.runner.run(bench.pinning(name)) for name in names))
    assert answers == names
    with bench.store.reading() as connection:
        assert connection.execute(select(func.count()).select_from(slip)).scalar_one() == len(names)
    await eventually(lambda: bench.inputs == len(names), "every input is counted")
