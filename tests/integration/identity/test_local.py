"""Tokens made where the keys lie, without asking the running service."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from services.identity.local import NoToken, issue
from shared.contracts.vocabulary import Role
from shared.security.keys import verifying_keys
from shared.security.tokens import Account, Grant, Verifier
from tests.integration.identity.world import World, role
from tests.support.house import eventually
from tests.support.world import ok

pytestmark = pytest.mark.anyio

HOUR = timedelta(hours=1)


async def issued(world: World, store_url: str, name: str, ttl: timedelta = HOUR) -> str:
    return await asyncio.to_thread(issue, world.service.keys, store_url, f"{name}@test.example", ttl)


def read(world: World, token: str) -> Account:
    return Verifier(verifying_keys(world.service.keys)).account(token)


async def test_a_token_is_that_of_the_account(world: World, store_url: str) -> None:
    made = await world.account("maria", role("crew", "north", "N-1"))
    token = await issued(world, store_url, "MARIA")
    who = read(world, token)
    assert (who.id, who.grants) == (made["id"], (Grant(Role.CREW, "north", "N-1"),))
    assert who.expires_at - who.issued_at == pytest.approx(3600)
    assert await ok(world.with_token(token).get("/me")) == made


async def test_who_administers_everything_does_so_in_every_mechanism(world: World, store_url: str) -> None:
    await world.account("root", role("admin", "*"))
    who = read(world, await issued(world, store_url, "root"))
    assert who.organisations(Role.ADMIN) == {"*", "TST"}


async def test_none_is_made_for_who_must_not_be_in(world: World, store_url: str) -> None:
    await world.account("maria")
    await world.change("maria", disabled=True)
    for name, ttl in (("maria", HOUR), ("nobody", HOUR)):
        with pytest.raises(NoToken):
            await issued(world, store_url, name, ttl)
    await world.account("elena")
    for ttl in (timedelta(hours=24, seconds=1), timedelta(0), timedelta(seconds=-1)):
        with pytest.raises(NoToken):
            await issued(world, store_url, "elena", ttl)
    await issued(world, store_url, "elena", timedelta(hours=24))


async def test_one_that_was_made_can_be_signed_out(world: World, store_url: str) -> None:
    await world.account("maria")
    signed_out, other = [world.with_token(await issued(world, store_url, "maria")) for _ in range(2)]
    assert (await signed_out.delete("/sessions/current")).status_code == 204

    async def is_refused() -> bool:
        return (await signed_out.get("/me")).status_code == 401

    await eventually(is_refused, "the token is refused")
    await ok(other.get("/me"))


@pytest.mark.parametrize("url", ["sqlite:////nowhere/store.sqlite3", "postgresql+psycopg://x@127.0.0.1:1/none"])
async def test_without_a_store_the_reason_is_said(world: World, url: str) -> None:
    with pytest.raises(NoToken, match="store of accounts"):
        await issued(world, url, "maria")
