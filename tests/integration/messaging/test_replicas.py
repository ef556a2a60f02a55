"""Several replicas of each service share a store, a stream and a durable, and nothing is done twice."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Service
from tests.integration.messaging.town import Town
from tests.support.databases import Postgres
from tests.support.house import eventually, running
from tests.support.nats_server import NatsServer
from tests.support.tiny.board import make_house

pytestmark = pytest.mark.anyio

EACH = 100


async def test_two_replicas_say_each_row_once_and_two_hear_each_once(
    anyio_backend: str, tmp_path: Path, nats: NatsServer, postgres: Postgres
) -> None:
    await nats.ensure_topology()
    with postgres.database() as speaking, postgres.database() as hearing:
        speak, hear = make_house(Service.INTAKE), make_house(Service.DISPATCH)
        async with (
            running(speak, tmp_path, nats_url=nats.url, database_url=speaking) as first,
            running(speak, tmp_path, nats_url=nats.url, database_url=speaking) as second,
            running(hear, tmp_path, nats_url=nats.url, database_url=hearing) as ear,
            running(hear, tmp_path, nats_url=nats.url, database_url=hearing) as other_ear,
        ):
            towns = [Town(nats, first, ear), Town(nats, second, other_ear)]
            await eventually(lambda: all(t.hearer.chassis.listener.listening for t in towns), "both hear")
            names = await asyncio.gather(*(t.says() for t in towns for _ in range(EACH)))
            await towns[0].all_noticed(names)
            await towns[0].all_published()
            said = [row["id"] for row in towns[0].outbox()]
            assert said == list(range(1, 2 * EACH + 1))
            assert sum(t.figure("zakrila_published_total") for t in towns) == 2 * EACH
            assert set(towns[0].noticed().values()) == {(1, 1)}
            assert len(await towns[0].messages()) == 2 * EACH


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
async def test_what_a_stopped_process_left_behind_the_next_says(
    anyio_backend: str, tmp_path: Path, nats: NatsServer, request: pytest.FixtureRequest, kind: str
) -> None:
    """With PostgreSQL another replica may be saying it, so its lease must end; a SQLite store has one owner."""
    with contextlib.ExitStack() as stack:
        postgres: Postgres | None = request.getfixturevalue("postgres") if kind == "postgres" else None
        url = stack.enter_context(postgres.database()) if postgres else None
        speak = make_house(Service.INTAKE)
        nats.kill()
        async with running(speak, tmp_path, nats_url=nats.url, database_url=url) as first:
            names = [await Town(nats, first, first).says() for _ in range(5)]
        nats.start()
        await nats.ensure_topology()
        async with running(speak, tmp_path, nats_url=nats.url, database_url=url) as second:
            people = Town(nats, second, second)
            await people.all_published(40 if postgres else 8)
            held = [(message.headers or {})["ce-subject"] for message in await people.messages()]
            assert sorted(held) == sorted(names)
            await eventually(lambda: second.chassis.listener.listening, "it hears, and may be stopped")
