"""Signing in on the page: the password, the code, where one comes back to, and what a guesser is told."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

import pyotp
import pytest

from services.identity.domain.halfway import LIVES
from services.identity.domain.throttling import FREE_TRIES
from tests.integration.identity.browser import Browser, goes_to, proof_in
from tests.integration.identity.world import PASSWORD, World, role
from tests.support.house import eventually
from tests.support.world import ok

pytestmark = pytest.mark.anyio

_NOW = re.compile(r'data-now="[^"]+"')


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    """A browser of somebody who has an account."""
    await world.account("maria", language="bg")
    made = Browser(world)
    yield made
    await made.client.aclose()


async def enrolled(world: World) -> pyotp.TOTP:
    """Let the account ask for one-time codes, and let the code that proved it grow old."""
    maria = await world.signed_in("maria")
    totp = pyotp.TOTP((await ok(maria.post("/otp"), 201))["secret"])
    await ok(maria.post("/otp/confirm", json={"otp": totp.at(world.clock())}))
    world.clock.advance(60)
    return totp


async def test_whoever_is_not_signed_in_is_asked_and_comes_back(browser: Browser) -> None:
    first = goes_to(await browser.get("/"))
    assert first == "/identity/renew?next=/identity/"
    assert goes_to(await browser.get("/renew?next=/notify/rota%3Fweek=2")) == (
        "/identity/sign-in?next=%2Fnotify%2Frota%3Fweek%3D2"
    )
    page = await browser.get("/sign-in?next=/notify/rota%3Fweek=2")
    assert 'name="next" value="/notify/rota?week=2"' in page.text
    assert goes_to(await browser.sign_in("maria", next="/notify/rota?week=2")) == "/notify/rota?week=2"
    assert await browser.is_signed_in()


async def test_the_start_page_shows_what_the_roles_may_open(world: World, browser: Browser) -> None:
    await world.account("elena", role("centre_staff", "river"))
    await browser.sign_in("elena")
    page = (await browser.get("/")).text
    assert 'href="/notify/"' in page
    assert 'href="/intake/raise"' not in page
    assert "elena" not in page.partition("</title>")[0]


@pytest.mark.parametrize(
    "address",
    [
        "//evil.example",
        "https://evil.example/",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/identity/renew?next=/identity/renew",
        "evil.example",
        "",
    ],
)
async def test_nobody_is_sent_to_another_site(browser: Browser, address: str) -> None:
    assert goes_to(await browser.sign_in("maria", next=address)) == "/identity/"
    assert goes_to(await browser.get("/renew", params={"next": address})) == "/identity/"
    assert goes_to(await browser.post("/theme", theme="dark", next=address)) == "/identity/"


async def test_a_wrong_password_says_no_more_than_that(world: World, browser: Browser) -> None:
    wrong = await browser.sign_in("maria", "not the password")
    unknown = await browser.sign_in("nobody", "not the password")
    assert (wrong.status_code, unknown.status_code) == (401, 401)
    assert _NOW.sub("", wrong.text.replace("maria", "nobody")) == _NOW.sub("", unknown.text)
    assert 'value="maria@test.example"' in wrong.text
    assert "not the password" not in wrong.text
    assert not browser.cookie("zakrila")


async def test_too_many_tries_are_told_how_long_to_wait(world: World, browser: Browser) -> None:
    for _ in range(FREE_TRIES):
        await browser.sign_in("maria", "not the password")
    refused = await browser.sign_in("maria")
    assert refused.status_code == 429
    assert refused.headers["retry-after"] == "1"
    assert "in 1 second" in refused.text


async def test_without_the_word_of_its_form_nothing_is_done(browser: Browser) -> None:
    await browser.get("/sign-in")
    fields = {"email": "maria@test.example", "password": PASSWORD}
    forged = await browser.client.post(f"{browser._base}/sign-in", data={"csrf": "a guess", **fields})
    assert forged.status_code == 403
    assert PASSWORD not in forged.text
    assert not browser.cookie("zakrila")


async def test_the_code_is_asked_for_after_the_right_password_alone(world: World, browser: Browser) -> None:
    totp = await enrolled(world)
    assert not proof_in(await browser.sign_in("maria", "not the password"))
    page = await browser.sign_in("maria", next="/notify/")
    proof = proof_in(page)
    assert (page.status_code, bool(proof)) == (200, True)
    assert PASSWORD not in page.text
    assert not browser.cookie("zakrila")
    wrong = await browser.post("/sign-in", proof=proof, otp="000000", next="/notify/")
    assert (wrong.status_code, proof_in(wrong)) == (401, proof)
    spaced = totp.at(world.clock())
    assert goes_to(await browser.post("/sign-in", proof=proof, otp=f"{spaced[:3]} {spaced[3:]}", next="/notify/")) == (
        "/notify/"
    )
    assert await browser.is_signed_in()


async def test_a_code_that_comes_too_late_or_with_a_forged_note_is_refused(world: World, browser: Browser) -> None:
    totp = await enrolled(world)
    proof = proof_in(await browser.sign_in("maria"))
    account, until, signature = proof.split(".")
    for forged in ("x", "..", f"{account}.{int(until) + 600}.{signature}", f"{account}.{'9' * 5000}.{signature}"):
        answer = await browser.post("/sign-in", proof=forged, otp=totp.at(world.clock()))
        assert (answer.status_code, proof_in(answer)) == (401, "")
    world.clock.advance(LIVES.total_seconds() + 1)
    answer = await browser.post("/sign-in", proof=proof, otp=totp.at(world.clock()))
    assert answer.status_code == 401
    assert "Begin again" in answer.text


async def test_a_new_password_ends_what_the_old_one_began(world: World, browser: Browser) -> None:
    totp = await enrolled(world)
    proof = proof_in(await browser.sign_in("maria"))
    await world.change("maria", password="another battery staple")
    answer = await browser.post("/sign-in", proof=proof, otp=totp.at(world.clock()))
    assert answer.status_code == 401


async def test_whoever_knows_the_password_cannot_guess_codes_for_ever(world: World, browser: Browser) -> None:
    await enrolled(world)
    answers: list[int] = []
    while 429 not in answers:
        proof = proof_in(await browser.sign_in("maria"))
        answers.append((await browser.post("/sign-in", proof=proof, otp="000000")).status_code)
        assert len(answers) < 2 * FREE_TRIES


async def test_many_sign_ins_with_codes_do_not_slow_down_the_room(world: World, browser: Browser) -> None:
    totp = await enrolled(world)
    tally = world.service.chassis.house.state["tools"].throttle._own
    for _ in range(4):
        proof = proof_in(await browser.sign_in("maria"))
        assert goes_to(await browser.post("/sign-in", proof=proof, otp=totp.at(world.clock())))
        world.clock.advance(60)
    assert sum(tries for tries, _until in tally._tries.values()) == 0


async def test_the_language_of_the_account_is_that_of_its_pages(world: World, browser: Browser) -> None:
    await browser.sign_in("maria")
    assert browser.cookie("zakrila_language") == "bg"
    assert goes_to(await browser.post("/language", language="sq", next="/identity/own")) == "/identity/own"
    assert browser.cookie("zakrila_language") == "sq"
    assert (await ok((await world.signed_in("maria")).get("/me")))["language"] == "sq"
    assert (await browser.post("/language", language="xx")).status_code == 422


async def test_somebody_without_an_account_chooses_a_language_too(browser: Browser) -> None:
    assert goes_to(await browser.post("/language", language="sr")) == "/identity/"
    assert '<html lang="sr-Latn"' in (await browser.get("/sign-in")).text


async def test_signing_out_ends_the_session_and_leaves_nothing_in_the_browser(world: World, browser: Browser) -> None:
    await browser.sign_in("maria")
    token, again = browser.cookie("zakrila"), browser.cookie("zakrila_again")
    assert goes_to(await browser.post("/sign-out")) == "/identity/sign-in"
    assert not any(browser.cookie(name) for name in ("zakrila", "zakrila_again", "zakrila_late"))
    thief = world.with_token(token)

    async def is_refused() -> bool:
        return (await thief.get("/me")).status_code == 401

    await eventually(is_refused, "the token is refused")
    assert (await world.nobody.post("/sessions/current/refresh", json={"refresh": again})).status_code == 401


async def test_somebody_elses_sign_in_ends_the_one_before(world: World, browser: Browser) -> None:
    await world.account("elena")
    await browser.sign_in("maria")
    again = browser.cookie("zakrila_again")
    await browser.sign_in("elena")
    assert (await world.nobody.post("/sessions/current/refresh", json={"refresh": again})).status_code == 401


async def test_cookies_are_kept_from_scripts_and_other_sites(browser: Browser) -> None:
    answer = await browser.sign_in("maria")
    kept = {line.partition("=")[0]: line.lower() for line in answer.headers.get_list("set-cookie")}
    assert {"zakrila", "zakrila_again"} <= kept.keys()
    for line in kept.values():
        assert "httponly" in line
        assert "samesite=lax" in line
