"""Guessing gets slower, with Valkey and without; nobody is locked out for ever."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.identity.domain.throttling import FREE_TRIES, LONGEST_PAUSE
from services.identity.main import make_house
from services.identity.throttle import Throttle
from shared.ids import account_id
from tests.integration.identity.world import MovingClock, World
from tests.support.house import eventually, running
from tests.support.valkey_server import ValkeyServer

pytestmark = pytest.mark.anyio

WRONG = "not the password"


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """A Valkey that is started already."""
    server = ValkeyServer(tmp_path / "valkey").start()
    yield server
    server.resume()
    server.kill()


@pytest.fixture
async def world(tmp_path: Path, valkey: ValkeyServer) -> AsyncIterator[World]:
    """A deployment with one account, whose identity counts in Valkey."""
    clock = MovingClock()
    await answers(valkey)
    async with running(make_house, tmp_path, clock=clock, valkey_url=valkey.url) as service:
        made = World(service, clock)
        await made.load()
        await made.account("maria")
        yield made
        await made.close()


async def answers(valkey: ValkeyServer) -> None:
    async with Redis.from_url(valkey.url) as client:

        async def pong() -> bool:
            try:
                return bool(await client.ping())
            except (RedisError, OSError):
                return False

        await eventually(pong, "Valkey answers")


async def guess(world: World, times: int, **more: str) -> list[int]:
    return [(await world.try_to_sign_in("maria", WRONG, **more)).status_code for _ in range(times)]


async def kept(valkey: ValkeyServer) -> list[bytes]:
    async with Redis.from_url(valkey.url) as client:
        return [key if isinstance(key, bytes) else key.encode() for key in await client.keys("*")]


async def test_after_a_few_wrong_tries_each_must_wait(world: World, valkey: ValkeyServer) -> None:
    assert await guess(world, FREE_TRIES) == [401] * FREE_TRIES
    refused = await world.try_to_sign_in("maria")
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "1")
    assert refused.json()["type"] == "urn:zakrila:problem:too-many"
    assert await kept(valkey)
    assert not any(b"maria" in key or account_id("maria@test.example").encode() in key for key in await kept(valkey))

    async def let_in() -> bool:
        return (await world.try_to_sign_in("maria")).status_code == 201

    await eventually(let_in, "the pause is over, and the right password comes in")
    assert await guess(world, FREE_TRIES) == [401] * FREE_TRIES


async def test_many_tries_at_once_are_many_tries(world: World) -> None:
    answers = await asyncio.gather(*(world.try_to_sign_in("maria", WRONG) for _ in range(30)))
    codes = [answer.status_code for answer in answers]
    assert codes.count(401) <= FREE_TRIES + 1
    assert set(codes) == {401, 429}


async def test_many_windows_at_once_are_let_in(world: World) -> None:
    answers = await asyncio.gather(*(world.try_to_sign_in("maria") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {201}


async def test_a_strangers_guesses_do_not_keep_out_somebody_at_the_usual_place(world: World) -> None:
    await world.sign_in("maria", address="198.51.100.1")
    while (await world.try_to_sign_in("maria", WRONG, address="203.0.113.9")).status_code != 429:
        continue  # guessing, until the address is slowed down
    assert (await world.try_to_sign_in("maria", address="203.0.113.10")).status_code == 429
    await world.sign_in("maria", address="198.51.100.1")


async def test_without_valkey_guessing_is_still_slow_and_nothing_fails(world: World, valkey: ValkeyServer) -> None:
    assert await guess(world, 2) == [401, 401]
    valkey.kill()
    await world.sign_in("maria")
    assert await guess(world, FREE_TRIES) == [401] * FREE_TRIES
    assert (await world.try_to_sign_in("maria")).status_code == 429
    valkey.start()
    await answers(valkey)

    async def let_in() -> bool:
        return (await world.try_to_sign_in("maria")).status_code == 201

    await eventually(let_in, "sign-ins go on when Valkey is back")

    async def counted() -> bool:
        await guess(world, 1)
        return bool(await kept(valkey))

    await eventually(counted, "tries are counted in Valkey again")


async def test_a_valkey_that_hangs_holds_nobody_up(world: World, valkey: ValkeyServer) -> None:
    valkey.pause()
    answer = await world.try_to_sign_in("maria")
    assert answer.status_code == 201
    assert answer.elapsed.total_seconds() < 2


async def test_the_pause_grows_to_a_quarter_of_an_hour_and_no_further(valkey: ValkeyServer) -> None:
    await answers(valkey)
    throttle = Throttle(valkey.url, b"secret")
    async with Redis.from_url(valkey.url) as client:
        pauses = []
        for _ in range(FREE_TRIES + LONGEST_PAUSE.bit_length()):
            await throttle.begin("somebody", "198.51.100.1")
            for gate in await client.keys("*:gate"):
                pauses.append(await client.ttl(gate))
                await client.delete(gate)
    assert pauses[:4] == [1, 2, 4, 8]
    assert max(pauses) == pauses[-1] == LONGEST_PAUSE
    await throttle._client.aclose()
