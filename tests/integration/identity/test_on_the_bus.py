"""With a real bus: what identity says is known in another service within five seconds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import nats as nats_client
import orjson
import pytest
from nats.js.errors import NotFoundError

from services.dispatch.main import make_house as make_dispatch
from services.identity.main import make_house as make_identity
from shared.contracts.vocabulary import Service
from shared.messaging.bus import BusAddress
from shared.security.keys import verifying_keys
from tests.integration.dispatch.world import district
from tests.integration.identity.world import MovingClock, World, role
from tests.support.house import Running, eventually, running
from tests.support.nats_server import NatsServer
from tests.support.trust import NOBODY
from tests.support.world import ok

pytestmark = pytest.mark.anyio


@pytest.fixture
async def dispatch(tmp_path: Path, nats: NatsServer) -> AsyncIterator[Running]:
    """Another service of the same deployment."""
    await nats.ensure_topology()
    async with running(make_dispatch, tmp_path, nats_url=nats.url) as service:
        await eventually(lambda: service.chassis.listener.listening, "dispatch listens")
        yield service


@pytest.fixture
async def world(tmp_path: Path, nats: NatsServer, dispatch: Running) -> AsyncIterator[World]:
    """Identity on the same bus."""
    clock = MovingClock()
    async with running(make_identity, tmp_path, nats_url=nats.url, clock=clock) as service:
        made = World(service, clock)
        await made.load()
        await made.account("maria", role("supervisor", "TST"))
        yield made
        await made.close()


async def status(dispatch: Running, token: str) -> int:
    async with httpx.AsyncClient(verify=NOBODY) as client:
        headers = {"Authorization": f"Bearer {token}"}
        return (await client.get(f"{dispatch.base}/api/jobs", headers=headers)).status_code


async def refused_within_five_seconds(dispatch: Running, token: str) -> None:
    async def is_refused() -> bool:
        return await status(dispatch, token) == 401

    await eventually(is_refused, "dispatch refuses the token", 5.0)


async def said(nats: NatsServer, number: int) -> Any:
    """Return one message of identity's stream, read with identity's key."""
    client = await nats_client.connect(nats.url, **BusAddress(nats.url, nats.keys, Service.IDENTITY).options())
    try:

        async def read() -> Any:
            try:
                return await client.jetstream().get_msg(Service.IDENTITY.stream, number)
            except NotFoundError:
                return None

        return await eventually(read, "the message is published")
    finally:
        await client.close()


async def test_a_sign_out_is_known_elsewhere_within_five_seconds(world: World, dispatch: Running) -> None:
    here, there = (await world.sign_in("maria"))["token"], (await world.sign_in("maria"))["token"]
    assert [await status(dispatch, here), await status(dispatch, there)] == [200, 200]
    assert (await world.with_token(here).delete("/sessions/current")).status_code == 204
    await refused_within_five_seconds(dispatch, here)
    assert await status(dispatch, there) == 200


@pytest.mark.parametrize("what", [{"disabled": True}, {"roles": [role("operator", "TST")]}])
async def test_a_changed_account_is_known_elsewhere_within_five_seconds(
    world: World, dispatch: Running, what: dict[str, Any]
) -> None:
    token = (await world.sign_in("maria"))["token"]
    assert await status(dispatch, token) == 200
    await world.change("maria", **what)
    await refused_within_five_seconds(dispatch, token)


async def test_signing_out_everywhere_twice_is_heard_twice(world: World, dispatch: Running) -> None:
    for _ in range(2):
        token = (await world.sign_in("maria"))["token"]
        assert await status(dispatch, token) == 200
        assert (await world.with_token(token).delete("/sessions")).status_code == 204
        await refused_within_five_seconds(dispatch, token)


async def test_a_sign_out_while_the_bus_is_away_is_known_when_it_is_back(
    world: World, dispatch: Running, nats: NatsServer
) -> None:
    token = (await world.sign_in("maria"))["token"]
    nats.kill()
    assert (await world.with_token(token).delete("/sessions/current")).status_code == 204
    assert await status(dispatch, token) == 200
    nats.start()

    async def is_refused() -> bool:
        return await status(dispatch, token) == 401

    await eventually(is_refused, "dispatch refuses the token", 20.0)


async def test_who_administers_everything_does_so_in_dispatch(world: World, dispatch: Running) -> None:
    await world.account("root", role("admin", "*"))
    headers = {"Authorization": f"Bearer {(await world.sign_in('root'))['token']}"}
    async with httpx.AsyncClient(verify=NOBODY, base_url=f"{dispatch.base}/api", headers=headers) as root:
        await ok(root.put("/jurisdictions/TST", json=district("north/N-1")))
        await ok(root.post("/units", json={"code": "N-2", "station": "north"}), 201)
        assert len((await ok(root.get("/stations")))["items"]) == 4


async def test_the_keys_are_announced_at_the_first_start(world: World, nats: NatsServer) -> None:
    message = await said(nats, 1)
    assert message.subject == "zakrila.ALL.identity.keys.changed"
    assert orjson.loads(message.data)["state"]["kids"] == list(verifying_keys(nats.keys))


async def test_nothing_personal_is_said(world: World) -> None:
    signed_in = await world.sign_in("maria")
    await world.with_token(signed_in["token"]).delete("/sessions")
    await world.change("maria", name="Елена", password="a brand new password")
    everything = str(world.announced())
    assert "identity.account.changed" in everything
    for personal in ("maria", "Мария", "Елена", "test.example", "brand new", signed_in["token"], signed_in["refresh"]):
        assert personal not in everything
