"""The runner: what waits shares a transaction, what fails alone costs nobody else."""

from __future__ import annotations

import asyncio
import threading
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from shared.errors import Conflict, Poison, Unavailable
from shared.security.sealing import Seals
from shared.storage.engine import Store
from shared.storage.runner import PASSENGER, URGENT, USUAL
from shared.storage.transaction import Transaction
from tests.integration.storage.bench import Bench
from tests.integration.storage.conftest import make_bench
from tests.support.house import eventually
from tests.support.tiny.board import pin

pytestmark = pytest.mark.anyio


def raising(error: Exception) -> Any:
    def then(_tx: Transaction) -> None:
        raise error

    return then


async def test_alone_an_input_waits_for_nobody(bench: Bench) -> None:
    for number in range(5):
        assert await bench.runner.run(bench.pinning(f"slip {number}")) == f"slip {number}"
        assert len(bench.slips()) == number + 1
        assert bench.commits == bench.inputs == number + 1


async def test_what_came_during_a_commit_shares_the_next_transaction(bench: Bench) -> None:
    names = [f"slip {number:02}" for number in range(40)]
    assert await bench.in_one_batch([bench.pinning(name) for name in names]) == names
    assert bench.slips() == bench.runs == names
    assert (bench.commits, bench.inputs) == (2, 41)


async def test_nobody_is_answered_and_nobody_reads_before_the_commit(bench: Bench) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def slow(_tx: Transaction) -> None:
        inside.set()
        assert go_on.wait(60)

    async with bench.held_up():
        first = asyncio.ensure_future(bench.runner.run(bench.pinning("first")))
        last = asyncio.ensure_future(bench.runner.run(slow))
        await eventually(lambda: bench.runner.waiting == 2, "both wait")
    await eventually(inside.is_set, "the second of the batch runs")
    assert bench.runs == ["first"]
    assert not first.done()
    assert bench.slips() == []
    go_on.set()
    assert await first == "first"
    assert bench.slips() == ["first"]
    await last


@pytest.mark.parametrize("error", [Conflict("no"), Poison("no"), RuntimeError("a bug")], ids=lambda e: type(e).__name__)
async def test_a_refusal_costs_only_its_own_input(bench: Bench, error: Exception) -> None:
    results = await bench.in_one_batch(
        [bench.pinning("first"), bench.pinning("refused", then=raising(error)), bench.pinning("last")]
    )
    assert results == ["first", error, "last"]
    assert bench.slips() == ["first", "last"]
    assert bench.runs == ["first", "refused", "last"]
    assert bench.commits == 2


async def test_a_broken_constraint_costs_only_its_own_input(bench: Bench) -> None:
    results = await bench.in_one_batch([bench.pinning("one"), bench.pinning("two", "one"), bench.pinning("three")])
    assert results[0::2] == ["one", "three"]
    assert isinstance(results[1], IntegrityError)
    assert bench.slips() == ["one", "three"]
    assert bench.runs == ["one", "two", "three"]


async def test_what_a_refused_input_said_and_wanted_done_is_dropped(bench: Bench) -> None:
    done: list[str] = []

    def use_case(name: str, error: Exception | None) -> Any:
        def run(tx: Transaction) -> None:
            tx.afterwards_do(lambda: done.append(name))
            pin(tx, name)
            if error:
                raise error

        return run

    await bench.in_one_batch([use_case("kept", None), use_case("refused", Conflict("no"))])
    assert done == ["kept"]


async def test_what_may_be_lost_may_fail_without_harm(bench: Bench) -> None:
    cache: list[str] = []

    def use_case(tx: Transaction) -> str:
        tx.afterwards_do(lambda: cache.remove("not there"))
        pin(tx, "slip")
        return "kept"

    assert await bench.runner.run(use_case) == "kept"
    assert await bench.runner.run(bench.pinning("another")) == "another"
    assert bench.slips() == ["another", "slip"]


async def test_the_most_urgent_go_first(bench: Bench) -> None:
    async with bench.held_up():
        asked = [
            asyncio.ensure_future(bench.runner.run(bench.pinning(f"{urgency} {n}"), urgency=urgency))
            for n in range(2)
            for urgency in (PASSENGER, USUAL, URGENT)
        ]
        await eventually(lambda: bench.runner.waiting == len(asked), "all wait")
    await asyncio.gather(*asked)
    assert bench.runs == ["0 0", "0 1", "1 0", "1 1", "2 0", "2 1"]


async def test_a_passenger_rides_along_and_is_not_forgotten_alone(bench: Bench) -> None:
    riding = asyncio.ensure_future(bench.runner.run(bench.pinning("passenger"), urgency=PASSENGER))
    assert await bench.runner.run(bench.pinning("driver")) == "driver"
    assert await riding == "passenger"
    assert await bench.runner.run(bench.pinning("alone"), urgency=PASSENGER) == "alone"


async def test_a_client_that_goes_away_cancels_nothing(bench: Bench) -> None:
    async with bench.held_up():
        impatient = asyncio.ensure_future(bench.runner.run(bench.pinning("accepted")))
        await eventually(lambda: bench.runner.waiting == 1, "it waits")
        impatient.cancel()
        await asyncio.gather(impatient, return_exceptions=True)
    assert await bench.runner.run(bench.pinning("next")) == "next"
    assert bench.slips() == ["accepted", "next"]


async def test_overload_refuses_before_accepting_and_lets_the_urgent_through(store: Store, seals: Seals) -> None:
    bench = make_bench(store, seals, most_waiting=5)
    async with bench.held_up():
        asked = [asyncio.ensure_future(bench.runner.run(bench.pinning(f"slip {n}"))) for n in range(5)]
        await eventually(lambda: bench.runner.waiting == 5, "the queue is full")
        with pytest.raises(Unavailable) as refused:
            await bench.runner.run(bench.pinning("too many"))
        assert refused.value.retry_after > 0
        urgent = [asyncio.ensure_future(bench.runner.run(bench.pinning(f"urgent {n}"), urgency=URGENT)) for n in (0, 1)]
        await eventually(lambda: bench.runner.waiting == 7, "the urgent wait too")
    await asyncio.gather(*asked, *urgent)
    assert bench.runs[:2] == ["urgent 0", "urgent 1"]
    assert bench.slips() == [*(f"slip {n}" for n in range(5)), "urgent 0", "urgent 1"]
    await bench.end()


async def test_even_the_urgent_are_refused_before_memory_fills(store: Store, seals: Seals) -> None:
    bench = make_bench(store, seals, most_waiting=2)
    async with bench.held_up():
        asked = [asyncio.ensure_future(bench.runner.run(bench.pinning(f"{n}"), urgency=URGENT)) for n in range(4)]
        await eventually(lambda: bench.runner.waiting == 4, "all wait")
        with pytest.raises(Unavailable):
            await bench.runner.run(bench.pinning("too many"), urgency=URGENT)
    assert await asyncio.gather(*asked) == ["0", "1", "2", "3"]
    await bench.end()


async def test_stopping_finishes_what_was_accepted_and_takes_no_more(store: Store, seals: Seals) -> None:
    bench = make_bench(store, seals)
    names = [f"slip {n:03}" for n in range(200)]
    async with bench.held_up():
        asked = [asyncio.ensure_future(bench.runner.run(bench.pinning(name))) for name in names]
        await eventually(lambda: bench.runner.waiting == len(names), "all wait")
        stopping = asyncio.ensure_future(bench.runner.stop())
        refused = asyncio.ensure_future(_refused_while_stopping(bench))
        await refused
    await stopping
    assert await asyncio.gather(*asked) == names
    assert bench.slips() == names


async def _refused_while_stopping(bench: Bench) -> None:
    async def refused() -> bool:
        try:
            await asyncio.wait_for(bench.runner.run(lambda _tx: None), 0.01)
        except Unavailable:
            return True
        except TimeoutError:
            return False
        return False

    await eventually(refused, "what comes while it stops is refused")
