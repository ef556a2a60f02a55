"""A lock or an ended token never stops a call from being raised; it stops everything else."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from prometheus_client import CollectorRegistry

from shared.contracts.vocabulary import Role, Service
from shared.security.keys import ensure_keys, signing_key, verifying_keys
from shared.security.revocations import Revocations
from shared.security.tokens import Account, Grant, Verifier, sign
from shared.storage.engine import Store
from shared.web.access import Gatekeeper, allow, allow_late
from shared.web.app import make_app
from shared.web.pages.cookies import FORM_HEADER, Cookies
from shared.web.strict import StrictRoute

pytestmark = pytest.mark.anyio

WORD = "the word of this browser's forms"


def app_of_a_console(gatekeeper: Gatekeeper) -> FastAPI:
    router = APIRouter(route_class=StrictRoute)

    @router.post("/raise")
    async def raise_call(who: Annotated[Account, allow_late(Role.OPERATOR)]) -> str:
        return who.id

    @router.post("/other")
    async def other(who: Annotated[Account, allow(Role.OPERATOR)]) -> str:
        return who.id

    app = make_app(
        Service.INTAKE,
        description="",
        routers=(router,),
        lifespan=None,  # type: ignore[arg-type]  # never started
        registry=CollectorRegistry(),
        asyncapi=dict,
        tags_of=None,
    )
    app.state.gatekeeper = gatekeeper
    return app


class Console:
    """An operator's browser before a route that a lock stops, and one that it does not."""

    def __init__(self, keys: Path, store: Store) -> None:
        self._keys = keys
        self.revocations = Revocations(store)
        cookies = Cookies(secure=False)
        gatekeeper = Gatekeeper(Verifier(verifying_keys(keys)), self.revocations, cookies, per_second=1, burst=1)
        transport = httpx.ASGITransport(app=app_of_a_console(gatekeeper))
        self.client = httpx.AsyncClient(transport=transport, base_url="http://console/intake/api")
        self.client.cookies.set("zakrila_form", WORD)

    def token(self, hours_ago: float, role: Role = Role.OPERATOR) -> str:
        """Return a token of a quarter of an hour that was given some hours ago."""
        issued = time.time() - hours_ago * 3600
        return sign(Account("maria", "a-session", (Grant(role, "TST"),), issued, issued + 900), signing_key(self._keys))

    def holds(self, cookie: str, hours_ago: float, role: Role = Role.OPERATOR) -> None:
        self.client.cookies.set(cookie, self.token(hours_ago, role))

    async def tries(self, path: str, word: str = WORD, **headers: str) -> int:
        return (await self.client.post(path, headers={FORM_HEADER: word, **headers})).status_code


@pytest.fixture
async def console(anyio_backend: str, tmp_path: Path) -> AsyncIterator[Console]:
    """An operator's browser, nobody signed in."""
    ensure_keys(tmp_path)
    store = Store(f"sqlite:///{tmp_path}/store.sqlite3")
    made = Console(tmp_path, store)
    yield made
    await made.client.aclose()
    store.close()


@pytest.mark.parametrize(("cookie", "hours_ago"), [("zakrila", 0.3), ("zakrila", 11.9), ("zakrila_late", 0)])
async def test_a_call_is_raised_when_nothing_else_is_possible(console: Console, cookie: str, hours_ago: float) -> None:
    console.holds(cookie, hours_ago)
    assert await console.tries("/raise") == 200
    assert await console.tries("/other") == 401


async def test_whoever_is_signed_in_may_do_both(console: Console) -> None:
    console.holds("zakrila", 0)
    assert await console.tries("/raise") == 200
    assert await console.tries("/other") == 200


async def test_raising_is_never_rate_limited(console: Console) -> None:
    console.holds("zakrila", 0)
    assert {await console.tries("/raise") for _ in range(5)} == {200}
    assert {await console.tries("/other") for _ in range(5)} == {200, 429}


@pytest.mark.parametrize("cookie", ["zakrila", "zakrila_late"])
async def test_after_half_a_day_somebody_must_sign_in(console: Console, cookie: str) -> None:
    console.holds(cookie, 12.1)
    assert await console.tries("/raise") == 401


@pytest.mark.parametrize("subject", ["session:a-session", "account:maria"])
async def test_what_was_ended_on_purpose_raises_nothing(console: Console, subject: str) -> None:
    console.revocations._since = {subject: time.time()}
    for cookie in ("zakrila", "zakrila_late"):
        console.holds(cookie, 0.5)
        assert await console.tries("/raise") == 401


async def test_another_role_raises_nothing(console: Console) -> None:
    console.holds("zakrila_late", 0.5, Role.CENTRE_STAFF)
    assert await console.tries("/raise") == 403


async def test_another_site_raises_nothing_with_somebodys_late_sign_in(console: Console) -> None:
    console.holds("zakrila_late", 0.5)
    assert await console.tries("/raise", word="a guess") == 403
    assert await console.tries("/raise", **{"Sec-Fetch-Site": "cross-site"}) == 403


async def test_a_forged_late_token_raises_nothing(console: Console, tmp_path: Path) -> None:
    console.client.cookies.set("zakrila_late", console.token(0.5)[:-4] + "AAAA")
    assert await console.tries("/raise") == 401


async def test_a_program_must_be_in_time(console: Console) -> None:
    assert await console.tries("/raise", Authorization=f"Bearer {console.token(0.5)}") == 401
    console.holds("zakrila_late", 0)
    assert await console.tries("/raise", Authorization=f"Bearer {console.token(0.5)}") == 401
