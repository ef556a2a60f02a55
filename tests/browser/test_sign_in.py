"""Signing in, staying, locking and leaving, and one's own account; administrators and everybody's accounts."""

from __future__ import annotations

import re
import time

import httpx
import pyotp
import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import violations
from tests.browser.people import PHONE, People
from tests.support.stack import Stack, wait_until

THEMES = pytest.mark.parametrize("theme", ["light", "dark"])
CENTRE = "centre_staff.dunav@demo.example"
PASSWORD = "правилен кон батерия"


def somebody(stack: Stack, name: str, *roles: dict[str, str], **more: str) -> str:
    """Make an account for one story, and return its address."""
    email = f"{name}@story.example"
    held = list(roles) or [{"role": "operator", "organisation": "RSE"}]
    body = {"email": email, "name": name.title(), "password": PASSWORD, "roles": held, **more}
    made = stack.client("admin@demo.example").post("/identity/api/users", json=body)
    assert made.status_code == 201, made.text
    return email


def fill_in(page: Page, email: str, password: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()


@THEMES
def test_a_link_to_a_page_brings_one_back_to_it_after_signing_in(people: People, theme: str) -> None:
    page = people.listened_to(people.context(color_scheme=theme, viewport=PHONE).new_page(), expect_refusals=True)
    page.goto(f"{people.stack.url}/notify/?from=a-message")
    expect(page).to_have_title("Sign in · Zakrila")
    assert violations(page) == []
    fill_in(page, CENTRE, "not the password")
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    assert violations(page) == []
    fill_in(page, CENTRE, people.stack.password(CENTRE))
    expect(page).to_have_url(f"{people.stack.url}/notify/?from=a-message")
    expect(page.get_by_role("heading", name="Handovers")).to_be_visible()


@THEMES
def test_the_start_page_shows_what_the_roles_open(people: People, theme: str) -> None:
    page = people.signed_in(CENTRE, people.stack.password(CENTRE), color_scheme=theme)
    expect(page.get_by_role("main").get_by_role("link")).to_have_count(2)
    expect(page.get_by_role("link", name="Handovers Families handed to your centre")).to_be_visible()
    assert violations(page) == []


def test_wrong_passwords_are_slowed_down_and_a_one_time_code_is_asked_for(people: People) -> None:
    email = somebody(people.stack, "guessed")
    page = people.listened_to(people.context().new_page(), expect_refusals=True)
    page.goto(f"{people.stack.url}/identity/sign-in")
    for _ in range(5):
        fill_in(page, email, "not the password")
        expect(page.get_by_role("alert")).to_contain_text("is not right")
    fill_in(page, email, PASSWORD)
    expect(page.get_by_role("alert")).to_contain_text("Too many tries")
    expect(page.get_by_role("alert")).to_contain_text("the next is possible in 1 second")

    def let_in() -> bool:
        fill_in(page, email, PASSWORD)
        page.wait_for_load_state()
        return page.url.endswith("/identity/")

    wait_until(let_in, "the pause is over")
    totp = set_up_codes(page, people.stack)
    page.locator("summary").click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out")
    fill_in(page, email, PASSWORD)
    expect(page.get_by_label("One-time code")).to_be_focused()
    assert violations(page) == []
    assert PASSWORD not in page.content()
    page.get_by_label("One-time code").fill("000 000")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("is not right")
    # A code is good once: the one that proved the app is spent, the next one's time is near enough.
    page.get_by_label("One-time code").fill(totp.at(time.time() + 30))
    page.keyboard.press("Enter")
    expect(page).to_have_url(f"{people.stack.url}/identity/")


def set_up_codes(page: Page, stack: Stack) -> pyotp.TOTP:
    page.goto(f"{stack.url}/identity/own")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("img", name="Picture for the authenticator app")).to_be_visible()
    assert violations(page) == []
    totp = pyotp.TOTP(page.locator("code.secret").inner_text())
    page.get_by_label("Type the six digits").fill("000000")
    page.keyboard.press("Enter")
    expect(page.get_by_text("These are not the digits of now.")).to_be_visible()
    page.get_by_label("Type the six digits").fill(totp.now())
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("signing in asks for a code")
    return totp


def test_the_language_one_chose_is_that_of_ones_account_everywhere(people: People) -> None:
    email = somebody(people.stack, "speaker")
    page = people.signed_in(email, PASSWORD)
    page.locator("summary").click()
    page.get_by_role("button", name="Srpski").click()
    expect(page.locator("html")).to_have_attribute("lang", "sr-Latn")
    expect(page.get_by_role("main").get_by_role("link", name="Novi poziv")).to_be_visible()
    elsewhere = people.signed_in(email, PASSWORD, locale="bg-BG")
    expect(elsewhere.get_by_role("main").get_by_role("link", name="Novi poziv")).to_be_visible()


def test_somebody_not_signed_in_is_spoken_to_in_the_browsers_language(people: People) -> None:
    for locale, title in {"bg-BG": "Вход · Закрила", "sq-AL": "Hyrja · Zakrila", "de-DE": "Sign in · Zakrila"}.items():
        page = people.context(locale=locale).new_page()
        page.goto(f"{people.stack.url}/identity/sign-in")
        expect(page).to_have_title(title)


@THEMES
def test_a_page_left_alone_locks_and_goes_on_where_it_was(people: People, theme: str) -> None:
    email = somebody(people.stack, f"idle-{theme}")
    page = people.signed_in(email, PASSWORD, "/identity/own", color_scheme=theme)
    page.clock.install()
    page.goto(f"{people.stack.url}/identity/own")
    page.get_by_label("New password").fill("half a thought")
    page.clock.fast_forward("16:00")
    dialog = page.get_by_role("dialog", name="Locked")
    expect(dialog).to_be_visible()
    assert violations(page) == []
    other = people.listened_to(page.context.new_page(), expect_refusals=True)
    other.goto(f"{people.stack.url}/identity/")
    expect(other).to_have_title("Locked · Zakrila")
    expect(other.get_by_role("link", name="A call comes in")).to_be_visible()
    assert violations(other) == []
    dialog.get_by_label("Password").fill("not the password")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_contain_text("That is not the password.")
    dialog.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.get_by_label("New password")).to_have_value("half a thought")
    other.goto(f"{people.stack.url}/identity/")
    expect(other).to_have_title("Start · Zakrila")


def test_a_lock_by_hand_needs_no_script(people: People) -> None:
    page = people.signed_in(somebody(people.stack, "careful"), PASSWORD, java_script_enabled=False)
    page.locator("summary").click()
    page.get_by_role("button", name="Lock").click()
    expect(page).to_have_title("Locked · Zakrila")
    page.go_back()
    expect(page).to_have_title("Locked · Zakrila")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Go on").click()
    expect(page).to_have_title("Start · Zakrila")


def test_signing_out_everywhere_is_known_at_once_in_every_part(people: People) -> None:
    email = somebody(people.stack, "everywhere", {"role": "centre_staff", "organisation": "dunav"})
    page = people.signed_in(email, PASSWORD, "/identity/own")
    inbox = people.signed_in(email, PASSWORD, "/notify/")
    expect(inbox.get_by_text("Live", exact=True)).to_be_visible()
    token = next(each["value"] for each in inbox.context.cookies() if each["name"] == "zakrila")
    page.reload()
    expect(page.get_by_role("button", name=re.compile("End the sign-in"))).to_have_count(2)
    page.get_by_role("button", name="Sign out everywhere").click()
    expect(page.get_by_role("status")).to_contain_text("You are signed out everywhere")

    def is_refused() -> bool:
        headers = {"Authorization": f"Bearer {token}"}
        return httpx.get(f"{people.stack.url}/notify/api/handovers", headers=headers).status_code == 401

    wait_until(is_refused, "another service refuses the token", seconds=5)
    # Its stream ends within two seconds more; the browser asks for it again after three, and is told.
    expect(inbox.get_by_role("dialog", name="Locked")).to_be_visible(timeout=12_000)
    inbox.reload()
    expect(inbox).to_have_title("Sign in · Zakrila")


def test_a_lost_telephones_session_is_ended_from_elsewhere(people: People) -> None:
    email = somebody(people.stack, "lost")
    telephone = people.signed_in(email, PASSWORD, viewport=PHONE)
    page = people.signed_in(email, PASSWORD, "/identity/own")
    there = page.get_by_role("listitem").filter(has_text="A browser").filter(has_not_text="this one")
    there.get_by_role("button").click()
    expect(page.get_by_role("status")).to_contain_text("That sign-in has ended.")

    def is_out() -> bool:
        telephone.reload()
        return telephone.title() == "Sign in · Zakrila"

    wait_until(is_out, "the telephone is out, as every part knows within seconds")


def test_an_account_is_made_by_keyboard_without_a_script_and_disabled_again(people: People) -> None:
    page = people.page("admin@demo.example", "/identity/users/new", expect_refusals=True, java_script_enabled=False)
    page.get_by_label("Name").focus()
    for typed in ("Елена Нова", "elena@story.example", PASSWORD):
        page.keyboard.type(typed)
        page.keyboard.press("Tab")
    page.keyboard.press("Tab")  # past the language
    page.keyboard.type("Crew")
    page.keyboard.press("Tab")
    page.keyboard.type("Station: First")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Make the account").press("Enter")
    expect(page.get_by_text("A crew, and nobody else, names its unit.")).to_be_visible()
    page.get_by_label("Unit (of a crew)").first.fill("Ruse-11")
    page.get_by_label("First password").fill(PASSWORD)
    page.get_by_role("button", name="Make the account").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The account is made.")
    elena = people.signed_in("elena@story.example", PASSWORD)
    expect(elena.get_by_role("main").get_by_role("link", name="My job")).to_be_visible()
    page.get_by_label("Disabled: nobody signs in").check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved.")

    def is_out() -> bool:
        elena.reload()
        return elena.title() == "Sign in · Zakrila"

    wait_until(is_out, "a disabled account is out", seconds=5)


def test_two_administrators_edit_one_account_and_the_second_sees_what_the_first_did(people: People) -> None:
    somebody(people.stack, "shared")
    first = people.page("admin@demo.example", "/identity/users", expect_refusals=True)
    first.get_by_label("Name or e-mail address").fill("shared@story")
    first.get_by_role("button", name="Search").click()
    first.get_by_role("link", name="Shared").click()
    second = people.page("admin@demo.example", first.url.removeprefix(people.stack.url), expect_refusals=True)
    first.get_by_label("Name").fill("Мария Първа")
    first.get_by_role("button", name="Save").click()
    expect(first.get_by_role("status")).to_contain_text("Saved.")
    second.get_by_label("Name").fill("Мария Втора")
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("alert")).to_contain_text("Мария Първа")
    expect(second.get_by_label("Name")).to_have_value("Мария Втора")
    assert violations(second) == []
    second.get_by_role("button", name="Save").click()
    expect(second.get_by_role("heading", name="Мария Втора")).to_be_visible()


@THEMES
@pytest.mark.parametrize(
    "path", ["/identity/own", "/identity/users", "/identity/users/new", "/identity/users?role=crew"]
)
def test_the_pages_of_accounts_are_for_everybody(people: People, path: str, theme: str) -> None:
    page = people.page("admin@demo.example", path, color_scheme=theme, viewport=PHONE)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
