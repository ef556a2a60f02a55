"""One's own account on its page: the password, one-time codes, where one is signed in."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import httpx
import pyotp
import pytest

from services.identity.domain.throttling import FREE_TRIES
from tests.integration.identity.browser import Browser, goes_to
from tests.integration.identity.world import PASSWORD, World
from tests.support.house import eventually
from tests.support.world import ok, refused

pytestmark = pytest.mark.anyio

NEW = "another battery staple"
_SECRET = re.compile(r'<code class="secret">([A-Z2-7]+)</code>')


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    """A browser of somebody who is signed in."""
    await world.account("maria")
    made = Browser(world)
    await made.sign_in("maria")
    yield made
    await made.client.aclose()


async def is_refused(client: httpx.AsyncClient) -> bool:
    return (await client.get("/me")).status_code == 401


async def test_a_new_password_keeps_this_browser_and_ends_every_other(world: World, browser: Browser) -> None:
    other = await world.signed_in("maria")
    answer = await browser.post("/own/password", present_password=PASSWORD, new_password=NEW)
    assert goes_to(answer) == "/identity/own"

    async def other_is_refused() -> bool:
        return await is_refused(other)

    await eventually(other_is_refused, "the other sign-in has ended")
    page = await browser.get("/own")
    assert "Your password is changed" in page.text
    await world.sign_in("maria", NEW)


async def test_what_is_wrong_about_a_new_password_stands_beside_it(browser: Browser) -> None:
    wrong = await browser.post("/own/password", present_password="not the password", new_password=NEW)
    assert (wrong.status_code, "This is not your present password." in wrong.text) == (422, True)
    short = await browser.post("/own/password", present_password=PASSWORD, new_password="short")
    assert (short.status_code, "At least 12 characters, and not" in short.text) == (422, True)
    assert NEW not in wrong.text
    assert await browser.is_signed_in()


async def test_the_present_password_cannot_be_guessed_here_either(browser: Browser) -> None:
    for _ in range(FREE_TRIES):
        await browser.post("/own/password", present_password="not the password", new_password=NEW)
    refusal = await browser.post("/own/password", present_password=PASSWORD, new_password=NEW)
    assert (refusal.status_code, "Too many tries" in refusal.text) == (429, True)


async def test_codes_are_set_up_with_a_picture_or_a_text_and_proven_by_the_first(
    world: World, browser: Browser
) -> None:
    assert goes_to(await browser.post("/own/codes")) == "/identity/own#codes"
    page = (await browser.get("/own")).text
    assert "<svg" in page
    assert "style=" not in page
    found = _SECRET.search(page)
    assert found
    totp = pyotp.TOTP(found[1])
    wrong = await browser.post("/own/codes/confirm", otp="000000")
    assert (wrong.status_code, found[1] in wrong.text) == (422, True)
    assert goes_to(await browser.post("/own/codes/confirm", otp=totp.at(world.clock()))) == "/identity/own"
    after = (await browser.get("/own")).text
    assert found[1] not in after
    assert "<svg" not in after
    assert (await ok(world.with_token(browser.cookie("zakrila")).get("/me")))["otp"] is True


async def test_another_session_is_ended_and_this_one_goes_on(world: World, browser: Browser) -> None:
    other = await world.sign_in("maria")
    session = other["refresh"].partition(".")[0]
    assert goes_to(await browser.post(f"/own/sessions/{session}/end")) == "/identity/own"
    client = world.with_token(other["token"])

    async def other_is_refused() -> bool:
        return await is_refused(client)

    await eventually(other_is_refused, "the other sign-in has ended")
    assert await browser.is_signed_in()
    assert len((await ok(world.with_token(browser.cookie("zakrila")).get("/sessions")))["items"]) == 1


async def test_ending_this_session_is_signing_out(browser: Browser) -> None:
    session = browser.cookie("zakrila_again").partition(".")[0]
    assert goes_to(await browser.post(f"/own/sessions/{session}/end")) == "/identity/sign-in"
    assert not browser.cookie("zakrila")


async def test_nobody_ends_somebody_elses_session(world: World, browser: Browser) -> None:
    await world.account("elena")
    elena = await world.sign_in("elena")
    session = elena["refresh"].partition(".")[0]
    maria = world.with_token(browser.cookie("zakrila"))
    assert (await browser.post(f"/own/sessions/{session}/end")).status_code == 404
    await refused(maria.delete(f"/sessions/{session}"), 404)
    await refused(maria.delete("/sessions/no-such"), 404)
    assert not await is_refused(world.with_token(elena["token"]))


async def test_a_session_is_ended_over_the_api_once(world: World, browser: Browser) -> None:
    other = await world.sign_in("maria")
    session = other["refresh"].partition(".")[0]
    maria = world.with_token(browser.cookie("zakrila"))
    assert (await maria.delete(f"/sessions/{session}")).status_code == 204
    await refused(maria.delete(f"/sessions/{session}"), 404)
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": other["refresh"]}), 401)


async def test_signing_out_everywhere_ends_every_session(world: World, browser: Browser) -> None:
    other = await world.sign_in("maria")
    assert goes_to(await browser.post("/own/sign-out-everywhere")) == "/identity/sign-in"
    assert not browser.cookie("zakrila_again")
    await refused(world.nobody.post("/sessions/current/refresh", json={"refresh": other["refresh"]}), 401)


async def test_the_language_is_chosen_over_the_api_too(world: World, browser: Browser) -> None:
    maria = world.with_token(browser.cookie("zakrila"))
    assert (await ok(maria.patch("/me", json={"language": "sr"})))["language"] == "sr"
    await refused(maria.patch("/me", json={"name": "Елена"}), 422)
    assert len(world.audited("account.change")) == 1
