"""Writes over HTTP: the same request twice is one (P4), in the order of checks that CONTRACT gives."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
from sqlalchemy import func, select

from shared.contracts.vocabulary import Role
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.web.writing import forget
from tests.support.house import Running, eventually, running
from tests.support.tiny.board import make_house
from tests.support.tiny.tables import slip
from tests.support.world import Clock, ok, refused

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Clock:
    """The board's clock."""
    return Clock()


@pytest.fixture
async def board(anyio_backend: str, database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Running]:
    """A running board."""
    async with running(make_house(), tmp_path, database_url=database_url, clock=clock) as made:
        yield made


@pytest.fixture
async def operator(board: Running) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who may pin."""
    async with board.client(Role.OPERATOR) as client:
        yield client


def key(value: str) -> dict[str, str]:
    return {"Idempotency-Key": value}


def count(board: Running) -> int:
    with board.chassis.store.reading() as connection:
        return int(connection.execute(select(func.count()).select_from(slip)).scalar_one())


@contextlib.asynccontextmanager
async def held_up(board: Running) -> AsyncIterator[None]:
    """Hold the board's worker, so that a first try still runs when the second comes."""
    inside, go_on = threading.Event(), threading.Event()

    def hold(_tx: Transaction) -> None:
        inside.set()
        assert go_on.wait(60)

    holding = asyncio.create_task(board.chassis.runner.run(hold))
    await eventually(inside.is_set, "the worker is held up")
    try:
        yield
    finally:
        go_on.set()
        await holding


async def test_the_same_key_and_body_returns_the_first_answer(board: Running, operator: httpx.AsyncClient) -> None:
    first = await operator.post("/slips", json={"text": "bread"}, headers=key("k"))
    again = await operator.post("/slips", content=b'{ "text" : "bread" }', headers={**key("k"), **JSON})
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert {n: again.headers[n] for n in ("etag", "location")} == {n: first.headers[n] for n in ("etag", "location")}
    assert count(board) == 1


JSON = {"Content-Type": "application/json"}


async def test_the_same_key_with_another_body_is_refused(board: Running, operator: httpx.AsyncClient) -> None:
    await ok(operator.post("/slips", json={"text": "bread"}, headers=key("k")), 201)
    problem = await refused(operator.post("/slips", json={"text": "milk"}, headers=key("k")), 422)
    assert problem["type"].endswith("key-reused")
    assert count(board) == 1


async def test_a_key_belongs_to_one_account_and_one_route(board: Running, operator: httpx.AsyncClient) -> None:
    made = await ok(operator.post("/slips", json={"text": "bread"}, headers=key("k")), 201)
    await ok(operator.post(f"/slips/{made['id']}/tear", headers=key("k")))
    async with board.client(Role.OPERATOR, email="another") as another:
        await ok(another.post("/slips", json={"text": "milk"}, headers=key("k")), 201)
    assert count(board) == 2


async def test_a_refusal_is_not_remembered(operator: httpx.AsyncClient) -> None:
    kept = await ok(operator.post("/slips", json={"text": "kept for good"}), 201)
    stale = {**key("k"), "If-Match": '"7"'}
    await refused(operator.post(f"/slips/{kept['id']}/tear", headers=stale), 412)
    await refused(operator.post(f"/slips/{kept['id']}/tear", headers=key("k")), 409)


async def test_a_second_try_waits_for_the_first_and_gets_its_answer(
    board: Running, operator: httpx.AsyncClient
) -> None:
    async with held_up(board):
        tries = [
            asyncio.ensure_future(operator.post("/slips", json={"text": "bread"}, headers=key("k"))) for _ in range(3)
        ]
        await eventually(lambda: board.chassis.runner.waiting >= 1, "one try waits for the worker")
    answers = await asyncio.gather(*tries)
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert count(board) == 1


async def test_a_second_try_is_told_after_five_seconds_that_the_first_still_runs(
    board: Running, operator: httpx.AsyncClient
) -> None:
    async with held_up(board):
        first = asyncio.ensure_future(operator.post("/slips", json={"text": "bread"}, headers=key("k"), timeout=30))
        # Not only something: housekeeping may wait for the worker as well.
        await eventually(lambda: board.chassis.app.state.in_flight._running, "the first try waits for the worker")
        problem = await refused(operator.post("/slips", json={"text": "bread"}, headers=key("k"), timeout=30), 409)
        assert problem["type"].endswith("request-in-progress")
    assert (await first).status_code == 201


async def test_a_client_that_hangs_up_finds_its_first_try_done(board: Running, operator: httpx.AsyncClient) -> None:
    async with held_up(board):
        with pytest.raises(httpx.ReadTimeout):
            await operator.post("/slips", json={"text": "bread"}, headers=key("k"), timeout=0.2)
        assert board.chassis.runner.waiting >= 1
    await eventually(lambda: count(board) == 1, "the first try was carried out")
    await ok(operator.post("/slips", json={"text": "bread"}, headers=key("k")), 201)
    assert count(board) == 1


async def test_a_key_is_forgotten_after_a_day(board: Running, operator: httpx.AsyncClient, clock: Clock) -> None:
    clock.now = clock.now + timedelta(days=-2)
    await ok(operator.post("/slips", json={"text": "bread"}, headers=key("k")), 201)
    clock.advance(23 * 3600)
    await board.chassis.runner.run(forget)
    await refused(operator.post("/slips", json={"text": "milk"}, headers=key("k")), 422)
    clock.advance(2 * 3600)
    await ok(operator.post("/slips", json={"text": "milk"}, headers=key("k")), 201)
    clock.advance(25 * 3600)
    await board.chassis.runner.run(forget)
    with board.chassis.store.reading() as connection:
        assert connection.execute(select(kernel.remembered_answer)).all() == []


@pytest.mark.parametrize("bad", ["", "x" * 201, "ключ"])
async def test_a_key_that_cannot_be_one_is_refused(operator: httpx.AsyncClient, bad: str) -> None:
    problem = await refused(
        operator.post("/slips", json={"text": "b"}, headers={b"Idempotency-Key": bad.encode()}), 422
    )
    assert problem["errors"][0]["field"] == "Idempotency-Key"


async def test_checks_come_in_the_order_key_same_step_version_rule(operator: httpx.AsyncClient) -> None:
    slip_ = await ok(operator.post("/slips", json={"text": "bread"}), 201)
    tear = f"/slips/{slip_['id']}/tear"
    await refused(operator.post(tear, headers={"If-Match": '"2"'}), 412)
    torn = await ok(operator.post(tear, headers={**key("k"), "If-Match": '"1"'}))
    assert torn["version"] == 2
    assert await ok(operator.post(tear, headers={**key("k"), "If-Match": '"1"'})) == torn
    assert await ok(operator.post(tear, headers={"If-Match": '"1"'})) == torn
    kept = await ok(operator.post("/slips", json={"text": "kept"}), 201)
    await refused(operator.post(f"/slips/{kept['id']}/tear", headers={"If-Match": '"9"'}), 412)
    problem = await refused(operator.post(f"/slips/{kept['id']}/tear", headers={"If-Match": '"1"'}), 409)
    assert (problem["from"], problem["to"]) == ("kept", "torn")


async def test_an_if_match_that_cannot_be_read_is_refused_and_a_star_means_any(operator: httpx.AsyncClient) -> None:
    slip_ = await ok(operator.post("/slips", json={"text": "bread"}), 201)
    problem = await refused(operator.post(f"/slips/{slip_['id']}/tear", headers={"If-Match": "one"}), 422)
    assert problem["errors"][0]["field"] == "If-Match"
    await ok(operator.post(f"/slips/{slip_['id']}/tear", headers={"If-Match": "*"}))


async def test_of_two_that_break_a_constraint_one_is_told_that_somebody_was_faster(operator: httpx.AsyncClient) -> None:
    answers = await asyncio.gather(*(operator.post("/slips", json={"text": "the last one"}) for _ in range(2)))
    assert sorted(answer.status_code for answer in answers) == [201, 409]


async def test_a_board_that_cannot_write_refuses_with_503_and_when_to_come_again(
    board: Running, operator: httpx.AsyncClient
) -> None:
    with board.chassis.store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
    answer = await operator.post("/slips", json={"text": "bread"}, headers=key("k"))
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.headers["content-type"] == "application/problem+json"
    assert count(board) == 0
    with board.chassis.store.engine.connect() as connection:
        kernel.audit.create(connection)
    await ok(operator.post("/slips", json={"text": "bread"}, headers=key("k")), 201)
