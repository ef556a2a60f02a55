"""One-time codes: enrolled, confirmed, good once, taken away by an administrator."""

from __future__ import annotations

from typing import Any

import pyotp
import pytest

from tests.integration.identity.world import World
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


def code(world: World, secret: str) -> str:
    return pyotp.TOTP(secret).at(world.clock())


async def enrolled(world: World, name: str) -> str:
    """Enrol somebody and return the secret; the present code is spent on the confirmation."""
    client = await world.signed_in(name)
    shown: dict[str, Any] = await ok(client.post("/otp"), 201)
    assert await ok(client.post("/otp"), 201) == shown
    await ok(client.post("/otp/confirm", json={"otp": code(world, shown["secret"])}))
    assert (await ok(client.get("/me")))["otp"] is True
    return str(shown["secret"])


async def test_once_confirmed_a_code_is_asked_for_and_good_once(world: World) -> None:
    await world.account("maria")
    secret = await enrolled(world, "maria")
    assert (await world.try_to_sign_in("maria")).status_code == 401
    spent = code(world, secret)
    assert (await world.try_to_sign_in("maria", otp=spent)).status_code == 401
    world.clock.advance(30)
    fresh = code(world, secret)
    assert (await world.try_to_sign_in("maria", "not the password", otp=fresh)).status_code == 401
    await world.sign_in("maria", otp=fresh)
    assert (await world.try_to_sign_in("maria", otp=fresh)).status_code == 401


async def test_what_was_not_confirmed_is_not_asked_for(world: World) -> None:
    await world.account("maria")
    client = await world.signed_in("maria")
    await refused(client.post("/otp/confirm", json={"otp": "123456"}), 409)
    shown = await ok(client.post("/otp"), 201)
    assert "maria%40test.example" in shown["uri"]
    assert "issuer=Zakrila" in shown["uri"]
    wrong = f"{(int(code(world, shown['secret'])) + 1) % 1_000_000:06d}"
    await refused(client.post("/otp/confirm", json={"otp": wrong}), 422)
    await world.sign_in("maria")


async def test_who_lost_the_telephone_is_let_in_by_an_administrator(world: World) -> None:
    await world.account("maria")
    old = await enrolled(world, "maria")
    changed = await world.change("maria", otp=False)
    assert changed["otp"] is False
    new = await enrolled(world, "maria")
    assert new != old


async def test_codes_in_use_are_not_replaced_by_whoever_holds_a_token(world: World) -> None:
    await world.account("maria")
    client = await world.signed_in("maria")
    await enrolled(world, "maria")
    await refused(client.post("/otp"), 409)
    path = f"/users/{(await ok(client.get('/me')))['id']}"
    await refused(world.everywhere.patch(path, json={"otp": True}), 422)
