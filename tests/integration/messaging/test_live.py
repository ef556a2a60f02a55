"""Live pages: told of what they may know, and after a cut of everything they missed."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

import httpx
import pytest
from sqlalchemy import delete

from shared.contracts.vocabulary import Role
from shared.ids import new_id
from shared.messaging import outbox
from shared.security import revocations
from shared.storage import kernel
from shared.storage.transaction import Transaction
from tests.support.house import Running, eventually, running
from tests.support.tiny.board import make_house, say
from tests.support.trust import NOBODY

pytestmark = pytest.mark.anyio


@pytest.fixture
async def board(anyio_backend: str, database_url: str, tmp_path: Path) -> AsyncIterator[Running]:
    """A running board on each kind of database."""
    async with running(make_house(), tmp_path, database_url=database_url) as made:
        yield made


@dataclass(frozen=True)
class Told:
    id: int
    type: str
    entity: str
    version: int


class Page:
    """An open page: what it was told so far."""

    def __init__(self) -> None:
        self.told: list[Told] = []
        self.connected = asyncio.Event()

    @property
    def entities(self) -> list[str]:
        return [each.entity for each in self.told]

    async def follow(self, client: httpx.AsyncClient, last_seen: str | None) -> None:
        headers = {} if last_seen is None else {"Last-Event-ID": last_seen}
        fields: dict[str, str] = {}
        async with client.stream("GET", "/stream", headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            async for line in answer.aiter_lines():
                self.connected.set()
                name, _, value = line.partition(": ")
                if name in {"id", "event", "data"}:
                    fields[name] = value
                elif not line and fields:
                    data = json.loads(fields["data"])
                    told = Told(int(fields["id"]), fields["event"], data.get("id", ""), data.get("version", 0))
                    self.told.append(told)
                    fields = {}


@contextlib.asynccontextmanager
async def page(board: Running, organisation: str = "RSE", last_seen: int | str | None = None) -> AsyncIterator[Page]:
    """Open a page until the block ends."""
    opened = Page()
    async with board.client(Role.OPERATOR, organisation) as client:
        following = asyncio.create_task(opened.follow(client, None if last_seen is None else str(last_seen)))
        await asyncio.wait_for(opened.connected.wait(), 10)
        try:
            yield opened
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


async def said(board: Running, audience: str = "mechanism:RSE") -> str:
    name = new_id()
    await board.chassis.runner.run(lambda tx: say(tx, name, audience=audience))
    return name


async def test_a_page_is_told_of_each_change_with_type_id_and_version(board: Running) -> None:
    async with page(board) as opened:
        name = await said(board)
        await eventually(lambda: opened.told, "it is told")
    assert opened.told == [Told(1, "intake.incident.raised", name, 1)]


async def test_a_page_is_told_only_of_what_its_account_may_read(board: Running) -> None:
    async with page(board) as ours, page(board, "PDV") as theirs:
        mine, foreign, shared = await said(board), await said(board, "mechanism:PDV"), await said(board)
        last = await said(board, "mechanism:PDV")
        await eventually(lambda: ours.entities == [mine, shared], "the one is told of its own")
        await eventually(lambda: theirs.entities == [foreign, last], "the other too")


async def test_a_page_that_was_cut_off_misses_nothing_and_is_told_nothing_twice(board: Running) -> None:
    names: list[str] = []
    seen: list[str] = []
    last: int | None = None
    for _ in range(4):
        async with page(board, last_seen=last) as opened:
            names += [await said(board) for _ in range(3)]
            await eventually(partial(bool, opened.told), "something is told")
            told = tuple(opened.told)  # here the line is cut
            last, seen = told[-1].id, [*seen, *(each.entity for each in told)]
        names += [await said(board) for _ in range(2)]
    async with page(board, last_seen=last) as opened:
        await eventually(lambda: len(seen) + len(opened.told) >= len(names), "the rest is told")
        assert [*seen, *opened.entities] == names


async def test_a_page_may_resume_from_the_very_beginning(board: Running) -> None:
    names = [await said(board) for _ in range(5)]
    async with page(board, last_seen=0) as opened:
        await eventually(lambda: opened.entities == names, "all is told")


async def test_more_than_one_reading_of_the_store_is_told_in_order(board: Running) -> None:
    names = [new_id() for _ in range(1200)]

    def all_at_once(tx: Transaction) -> None:
        for name in names:
            say(tx, name)

    await board.chassis.runner.run(all_at_once)
    async with page(board, last_seen=0) as opened:
        await eventually(lambda: len(opened.told) == len(names), "all is told", 20)
        assert opened.entities == names


@pytest.mark.parametrize("gone", ["too old", "from the future"])
async def test_an_id_that_is_no_longer_kept_means_reset(board: Running, gone: str) -> None:
    for _ in range(5):
        await said(board)
    old = delete(kernel.outbox).where(kernel.outbox.c.id <= 3)
    await board.chassis.runner.run(lambda tx: tx.execute(old))
    async with page(board, last_seen=1 if gone == "too old" else 999) as opened:
        await eventually(lambda: opened.told, "it is told to begin anew")
        name = await said(board)
        await eventually(lambda: len(opened.told) == 2, "and what comes after")
    assert opened.told == [Told(5, "reset", "", 0), Told(6, "intake.incident.raised", name, 1)]


async def test_an_id_that_is_none_is_as_if_there_were_none(board: Running) -> None:
    await said(board)
    async with page(board, last_seen="yesterday") as opened:
        name = await said(board)
        await eventually(lambda: opened.told, "what is new is told")
        assert opened.entities == [name]


async def test_the_same_state_said_again_is_told_to_nobody(board: Running) -> None:
    name, other = new_id(), new_id()

    def say_twice(tx: Transaction) -> None:
        say(tx, name)
        tx.outgoing.append({**tx.outgoing[-1], "event_id": new_id(), "told": False})

    async with page(board) as opened:
        await board.chassis.runner.run(say_twice)
        await board.chassis.runner.run(lambda tx: say(tx, other))
        await eventually(lambda: other in opened.entities, "what is new is told")
        assert opened.entities == [name, other]


async def test_what_concerns_only_live_pages_is_told_and_never_published(board: Running) -> None:
    def tell(tx: Transaction) -> None:
        outbox.tell_live(
            tx, "intake.leg.changed", entity="leg", version=7, jurisdiction="RSE", audience=["mechanism:RSE"]
        )

    async with page(board) as opened:
        await board.chassis.runner.run(tell)
        await eventually(lambda: opened.told, "it is told")
    assert opened.told == [Told(1, "intake.leg.changed", "leg", 7)]
    with board.chassis.store.reading() as connection:
        assert connection.execute(kernel.outbox.select()).one().body is None


async def test_a_stream_on_which_nothing_happens_ends_soon_after_its_sign_in(board: Running) -> None:
    opened = Page()
    async with board.client(Role.OPERATOR, "OFF") as client:
        following = asyncio.create_task(opened.follow(client, None))
        await asyncio.wait_for(opened.connected.wait(), 10)
        await board.chassis.runner.run(
            lambda tx: revocations.note(tx, "session:session-operator.OFF", tx.now + timedelta(hours=1))
        )
        await asyncio.wait_for(following, 5)
    assert opened.told == []


async def test_a_page_without_a_token_is_refused(board: Running) -> None:
    async with httpx.AsyncClient(verify=NOBODY) as nobody:
        assert (await nobody.get(f"{board.base}/api/stream")).status_code == 401
