"""A browser that is left alone locks; the password, and nothing else, goes on with its session."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from services.identity.domain.sessions import IDLE, LOCKS_AFTER, TOKEN_LIVES
from services.identity.domain.throttling import FREE_TRIES
from shared.contracts.vocabulary import Role
from tests.integration.identity.browser import Browser, goes_to
from tests.integration.identity.world import PASSWORD, World
from tests.support.world import ok

pytestmark = pytest.mark.anyio


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    """A browser of somebody who is signed in."""
    await world.account("maria")
    made = Browser(world)
    await made.sign_in("maria")
    yield made
    await made.client.aclose()


async def sessions_of(world: World, browser: Browser) -> list[dict[str, object]]:
    items: list[dict[str, object]] = (await ok(world.with_token(browser.cookie("zakrila")).get("/sessions")))["items"]
    return items


async def test_a_page_in_use_is_given_the_next_token(world: World, browser: Browser) -> None:
    first = browser.cookie("zakrila")
    world.clock.advance(TOKEN_LIVES.total_seconds() - 60)
    answer = await browser.script("/renew")
    assert answer.status_code == 200
    assert answer.json()["ends_at"] == pytest.approx((world.clock() + TOKEN_LIVES).timestamp(), abs=30)  # it goes on
    assert browser.cookie("zakrila") != first
    world.clock.advance(TOKEN_LIVES.total_seconds() - 60)
    assert (await browser.script("/renew")).status_code == 200


async def test_a_browser_that_comes_back_in_time_goes_on_by_itself(world: World, browser: Browser) -> None:
    world.clock.advance((LOCKS_AFTER - timedelta(minutes=1)).total_seconds())
    assert goes_to(await browser.get("/renew?next=/notify/")) == "/notify/"
    assert await browser.is_signed_in()


async def test_a_browser_left_alone_is_locked_until_the_password_is_given(world: World, browser: Browser) -> None:
    (session,) = await sessions_of(world, browser)
    world.clock.advance(LOCKS_AFTER.total_seconds())
    assert (await browser.script("/renew")).status_code == 401
    assert goes_to(await browser.get("/renew?next=/notify/")) == "/identity/unlock?next=%2Fnotify%2F"
    page = await browser.get("/unlock?next=/notify/")
    assert "maria" not in page.text
    wrong = await browser.post("/unlock", password="not the password", next="/notify/")
    assert (wrong.status_code, "That is not the password" in wrong.text) == (401, True)
    assert goes_to(await browser.post("/unlock", password=PASSWORD, next="/notify/")) == "/notify/"
    assert await browser.is_signed_in()
    assert [each["id"] for each in await sessions_of(world, browser)] == [session["id"]]


async def test_a_session_of_a_program_does_not_lock(world: World, browser: Browser) -> None:
    refresh = (await world.sign_in("maria"))["refresh"]
    world.clock.advance(LOCKS_AFTER.total_seconds() + 60)
    await ok(world.nobody.post("/sessions/current/refresh", json={"refresh": refresh}))


async def test_a_lock_takes_the_token_and_holds_for_whoever_has_the_secret(world: World, browser: Browser) -> None:
    again = browser.cookie("zakrila_again")
    assert (await browser.script("/lock")).status_code == 204
    assert not browser.cookie("zakrila")
    assert not await browser.is_signed_in()
    assert (await browser.script("/renew")).status_code == 401
    refused = await world.nobody.post("/sessions/current/refresh", json={"refresh": again})
    assert refused.status_code == 401
    answer = await browser.script("/unlock", password="not the password")
    assert (answer.status_code, answer.json()["detail"]) == (401, "That is not the password.")
    answer = await browser.script("/unlock", password=PASSWORD)
    assert answer.json()["ends_at"] == pytest.approx((world.clock() + TOKEN_LIVES).timestamp(), abs=30)  # it goes on
    assert await browser.is_signed_in()
    assert not browser.cookie("zakrila_late")


async def test_without_a_script_a_lock_shows_the_page_that_asks_for_the_password(browser: Browser) -> None:
    assert goes_to(await browser.post("/lock", next="/notify/")) == "/identity/unlock?next=%2Fnotify%2F"


async def test_guessing_at_a_lock_gets_slower_too(browser: Browser) -> None:
    await browser.script("/lock")
    for _ in range(FREE_TRIES):
        assert (await browser.script("/unlock", password="not the password")).status_code == 401
    answer = await browser.script("/unlock", password=PASSWORD)
    assert answer.status_code == 429
    assert "Too many tries" in answer.json()["detail"]


async def test_a_locked_session_ends_when_its_time_is_over(world: World, browser: Browser) -> None:
    await browser.script("/lock")
    world.clock.advance(IDLE.total_seconds() + 1)
    assert (await browser.script("/unlock", password=PASSWORD)).status_code == 401
    assert goes_to(await browser.post("/unlock", password=PASSWORD)) == "/identity/sign-in?next=%2Fidentity%2F"
    assert goes_to(await browser.get("/renew")) == "/identity/sign-in?next=%2Fidentity%2F"
    assert not browser.cookie("zakrila_again")


async def test_a_disabled_account_does_not_go_on(world: World, browser: Browser) -> None:
    await browser.script("/lock")
    await world.change("maria", disabled=True)
    assert (await browser.script("/unlock", password=PASSWORD)).status_code == 401


async def test_signing_out_of_a_lock_ends_the_session(world: World, browser: Browser) -> None:
    again = browser.cookie("zakrila_again")
    await browser.script("/lock")
    await browser.post("/sign-out")
    assert not browser.cookie("zakrila_late")
    assert (await world.nobody.post("/sessions/current/refresh", json={"refresh": again})).status_code == 401
    assert [event["type"] for event in world.announced()][-1] == "identity.session.revoked"


async def test_whoever_may_raise_calls_is_shown_the_way_past_the_lock(world: World, browser: Browser) -> None:
    await browser.script("/lock")
    assert 'href="/intake/raise"' in (await browser.get("/unlock")).text
    await world.account("elena", {"role": Role.CENTRE_STAFF, "organisation": "river"})
    await browser.sign_in("elena")
    await browser.script("/lock")
    assert 'href="/intake/raise"' not in (await browser.get("/unlock")).text


async def test_locks_are_in_the_trail(world: World, browser: Browser) -> None:
    await browser.script("/lock")
    await browser.script("/lock")
    await browser.script("/unlock", password=PASSWORD)
    assert [len(world.audited(f"session.{step}")) for step in ("begin", "lock", "unlock")] == [1, 1, 1]
