"""Signing in, staying signed in, signing out."""

from __future__ import annotations

from functools import partial

import httpx
import pytest

from services.identity.domain.sessions import IDLE, LONGEST
from shared.contracts.vocabulary import Role
from shared.security.keys import verifying_keys
from shared.security.tokens import Grant, Verifier
from tests.integration.identity.world import PASSWORD, World, role
from tests.support.house import eventually
from tests.support.trust import NOBODY
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio


async def refusal_of(client: httpx.AsyncClient) -> int:
    return (await client.get("/me")).status_code


async def test_a_sign_in_gives_a_token_that_any_service_can_verify(world: World) -> None:
    made = await world.account("maria", role("crew", "north", "N-1"), role("operator", "TST"))
    signed_in = await world.sign_in("maria")
    who = Verifier(verifying_keys(world.service.keys)).account(signed_in["token"])
    assert who.id == made["id"]
    assert set(who.grants) == {Grant(Role.CREW, "north", "N-1"), Grant(Role.OPERATOR, "TST")}
    assert who.expires_at - who.issued_at == pytest.approx(15 * 60)
    assert "maria" not in signed_in["token"]
    me = await ok(world.with_token(signed_in["token"]).get("/me"))
    assert me == made


async def test_the_address_may_be_written_in_any_case(world: World) -> None:
    await world.account("maria")
    body = {"email": " MARIA@Test.Example ", "password": PASSWORD}
    await ok(world.nobody.post("/sessions", json=body), 201)


async def test_letters_typed_on_another_keyboard_are_the_same_letters(world: World) -> None:
    await world.account("maria", password="й" + "x" * 12)
    await world.sign_in("maria", "\u0438\u0306" + "x" * 12)


async def test_every_refusal_is_the_same(world: World) -> None:
    await world.account("maria")
    await world.account("gone")
    await world.change("gone", disabled=True)
    answers = [
        await world.try_to_sign_in("maria", "not the password"),
        await world.try_to_sign_in("nobody"),
        await world.try_to_sign_in("gone"),
        await world.try_to_sign_in("gone", "not the password"),
        await world.nobody.post("/sessions", json={"email": "no address at all", "password": "x"}),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.text for answer in answers}) == 1


async def test_an_account_that_does_not_exist_is_looked_at_as_long(world: World) -> None:
    """Argon2 takes far longer than anything else; whoever skips it shows by the time."""
    await world.account("maria")

    async def fastest(name: str) -> float:
        answers = [await world.try_to_sign_in(name, "not the password") for _ in range(3)]
        assert {answer.status_code for answer in answers} == {401}
        return min(answer.elapsed.total_seconds() for answer in answers)

    known, unknown = await fastest("maria"), await fastest("nobody")
    assert unknown > known / 3
    assert unknown > 0.008


async def test_a_signed_out_session_is_over(world: World) -> None:
    await world.account("maria")
    signed_in = await world.sign_in("maria")
    client = world.with_token(signed_in["token"])
    other = await world.signed_in("maria")
    assert (await client.delete("/sessions/current")).status_code == 204
    await eventually(lambda: _is_refused(client), "the token is refused")
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": signed_in["refresh"]}), 401)
    assert await refusal_of(other) == 200
    assert [event["type"] for event in world.announced()].count("identity.session.revoked") >= 1


async def _is_refused(client: httpx.AsyncClient) -> bool:
    return await refusal_of(client) == 401


async def test_signing_out_everywhere_ends_every_token(world: World) -> None:
    await world.account("maria")
    clients = [await world.signed_in("maria") for _ in range(3)]
    assert (await clients[0].delete("/sessions")).status_code == 204
    for client in clients:
        await eventually(partial(_is_refused, client), "each token is refused")
    again = await world.signed_in("maria")
    assert await refusal_of(again) == 200
    assert len((await ok(again.get("/sessions")))["items"]) == 1


async def test_a_session_goes_on_as_long_as_it_is_used_and_at_most_a_day(world: World) -> None:
    await world.account("maria")
    refresh = (await world.sign_in("maria"))["refresh"]
    hours = 0
    while (hours := hours + 8) * 3600 < LONGEST.total_seconds():
        world.clock.advance(8 * 3600)
        token = (await ok(world.nobody.post("/sessions/current/refresh", json={"refresh": refresh})))["token"]
        assert await refusal_of(world.with_token(token)) == 200
    world.clock.advance(8 * 3600)
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": refresh}), 401)


async def test_a_session_that_is_not_used_ends(world: World) -> None:
    await world.account("maria")
    refresh = (await world.sign_in("maria"))["refresh"]
    world.clock.advance(IDLE.total_seconds() + 1)
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": refresh}), 401)
    later = await world.signed_in("maria")
    assert [session["current"] for session in (await ok(later.get("/sessions")))["items"]] == [True]


async def test_a_refresh_secret_is_a_secret(world: World) -> None:
    await world.account("maria")
    refresh = (await world.sign_in("maria"))["refresh"]
    session = refresh.partition(".")[0]
    for guess in (session, f"{session}.", f"{session}.x", "", "x.y", refresh + "x"):
        await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": guess}), 401)


async def test_old_sessions_are_forgotten(world: World) -> None:
    await world.account("maria")
    await world.sign_in("maria")
    sweep = world.service.chassis.house.sweeps[0]
    with world.service.chassis.store.reading() as connection:
        assert not sweep.is_due(connection, world.clock())
    world.clock.advance(26 * 3600)
    with world.service.chassis.store.reading() as connection:
        assert sweep.is_due(connection, world.clock())
    await world.passes(0)
    with world.service.chassis.store.reading() as connection:
        assert not sweep.is_due(connection, world.clock())


async def test_the_public_keys_are_public_and_hold_nothing_private(world: World) -> None:
    async with httpx.AsyncClient(verify=NOBODY) as client:
        answer = await client.get(f"{world.service.base}/.well-known/jwks.json")
    assert answer.status_code == 200
    (key,) = answer.json()["keys"]
    assert (key["kty"], key["crv"], key["use"]) == ("OKP", "Ed25519", "sig")
    assert "d" not in key
