"""A night in a shelter: families on their way, rooms in two taps, and a network that comes and goes."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect

from deploy.jurisdictions.load import named
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Service
from tests.browser.accessible import violations
from tests.browser.people import PHONE, People
from tests.support.cable import Cable
from tests.support.stack import ROOT, Stack, wait_until

LIPA = "shelter_staff.lipa@demo.example"
BREZA = "shelter_staff.breza@demo.example"
OPERATOR = "operator@demo.example"
ROOMS = "/shelter-beds/"
expect.set_options(timeout=15_000)  # a machine that also does other things
_CALL = json.loads((ROOT / "docs/examples/call.json").read_text())


_CLIENTS: dict[tuple[Path, str], httpx.Client] = {}


def client(stack: Stack, email: str) -> httpx.Client:
    """Return somebody's program, beside their browser."""
    if (stack.data, email) not in _CLIENTS:
        _CLIENTS[stack.data, email] = stack.client(email)
    return _CLIENTS[stack.data, email]


@pytest.fixture(autouse=True)
def quiet(stack: Stack) -> Iterator[None]:
    """After each story everybody has left, nobody waits, and every room is free again; Lipa's come first."""
    yield
    for email in (LIPA, BREZA):
        for each in client(stack, email).get("/shelter-beds/api/placements").json()["items"]:
            if each["state"] in {"arrived", "absent"}:
                path = f"/shelter-beds/api/placements/{each['id']}/depart"
                client(stack, email).post(path, json={"reason": "moved_on"}).raise_for_status()
    for each in unended(stack):
        path = f"/intake/api/incidents/{each['incident']}/legs/shelter/waive"
        body = {"who_decided": "victim", "reason": "goes to her sister"}
        client(stack, OPERATOR).post(path, json=body).raise_for_status()
    wait_until(lambda: not unended(stack), "nobody is expected")
    set_rooms(stack, "free")


def unended(stack: Stack) -> list[dict[str, Any]]:
    listed = client(stack, OPERATOR).get("/shelter-beds/api/placements?limit=200").json()["items"]
    return [each for each in listed if each["state"] in {"waitlisted", "held", "confirmed"}]


def raises(stack: Stack) -> str:
    """Raise a call for a mother and her child; return the incident's number."""
    stranger = "".join(secrets.choice("абвгдежз") for _ in range(16))  # nobody who knows a shelter from before
    call = {name: value for name, value in _CALL.items() if name != "external_ref"}
    call["perpetrators"] = [{**call["perpetrators"][0], "name": stranger}]
    incident = client(stack, OPERATOR).post("/intake/api/incidents", json=call)
    incident.raise_for_status()
    return str(incident.json()["number"])


def rooms_of(stack: Stack, email: str) -> list[dict[str, Any]]:
    shelters = client(stack, email).get("/shelter-beds/api/shelters").json()["items"]
    return [{**room, "shelter": each["id"]} for each in shelters for room in each["rooms"]]


def set_rooms(stack: Stack, state: str) -> None:
    """Say of every room that a family from Ruse may have what state it is in; Lipa's are confirmed last."""
    for email in (BREZA, LIPA):
        for each in rooms_of(stack, email):
            if each["state"] != state:
                path = f"/shelter-beds/api/rooms/{each['id']}"
                client(stack, email).patch(path, json={"state": state}).raise_for_status()
    client(stack, LIPA).post("/shelter-beds/api/shelters/lipa/confirm").raise_for_status()


def times(stack: Stack, action: str) -> int:
    """Return how often something was done, as the audit trail knows."""
    return [row[0] for row in stack.read(Service.SHELTER_BEDS, "SELECT action FROM audit")].count(action)


def room(page: Page, name: str) -> Any:
    return page.locator(".rooms li").filter(has=page.get_by_text(f"Room {name}", exact=True))


def state_of(page: Page, name: str) -> Any:
    return room(page, name).locator(".room-state")


def tap(page: Page, name: str, state: str) -> None:
    """Two taps: the room, the state."""
    room(page, name).locator("summary").click()
    room(page, name).get_by_role("button", name=state).click()


def in_both_themes(page: Page) -> list[str]:
    """Return what is not accessible on a page, light or dark."""
    found = []
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found += violations(page)
    return found


def live(page: Page) -> None:
    expect(page.get_by_text("Live", exact=True)).to_be_visible()


def test_a_family_is_announced_confirmed_received_and_leaves(people: People) -> None:
    mine = people.page(LIPA, ROOMS, viewport=PHONE)
    other = people.page(BREZA, ROOMS, viewport=PHONE)
    live(mine)
    live(other)
    raises(people.stack)
    held = mine.get_by_role("article")
    expect(held).to_contain_text("Answer within")
    expect(held.locator("time[data-count]")).to_have_text(re.compile(r"^(59|60):\d\d$"))
    alias = held.get_by_role("heading").inner_text().split()[0]
    expect(held).to_contain_text("2 people · woman · girl (4 years)")
    expect(held).not_to_contain_text("Измислен")  # neither her name nor the story
    assert in_both_themes(mine) == []
    held.get_by_role("button", name="Hospital").click()
    expect(held).to_contain_text("confirmed, expected within")
    expect(held).to_contain_text("nobody yet")
    expect(state_of(mine, "1")).to_contain_text("held")
    held.get_by_role("button", name="They have arrived").click()
    expect(state_of(mine, "1")).to_contain_text("occupied")
    expect(mine.get_by_text("No family is on its way.")).to_be_visible()
    staying = mine.get_by_role("article")
    staying.get_by_text("They leave for good").click()
    assert in_both_themes(mine) == []
    staying.get_by_role("button", name="To relatives or friends").click()
    expect(state_of(mine, "1")).to_contain_text("free")
    expect(other.get_by_role("article")).to_have_count(0)
    expect(other.get_by_text(alias)).to_have_count(0)
    assert in_both_themes(mine) == in_both_themes(other) == []


def test_a_point_used_before_is_offered_first_and_own_words_are_kept_on_wish(people: People) -> None:
    raises(people.stack)
    page = people.page(LIPA, ROOMS, viewport=PHONE)
    page.get_by_role("link", name="Another meeting point").click()
    page.get_by_label("Where exactly").fill("Пред читалището")
    page.get_by_label("Offer this place again").check()
    assert in_both_themes(page) == []
    page.get_by_role("button", name="Confirm and meet them there").click()
    expect(page).to_have_url(people.stack.url + ROOMS)
    expect(page.get_by_role("article")).to_contain_text("Public place: Пред читалището")
    page.get_by_text("Give the room up").click()
    page.get_by_role("button", name="Yes, give it up").click()
    expect(page.get_by_text("No family is on its way.")).to_be_visible()
    raises(people.stack)
    first = page.get_by_role("article").get_by_role("group").get_by_role("button").first
    expect(first).to_contain_text("Пред читалището")


def test_a_declined_family_is_held_another_room_at_once(people: People) -> None:
    lipa = people.page(LIPA, ROOMS, viewport=PHONE)
    breza = people.page(BREZA, ROOMS, viewport=PHONE)
    live(lipa)
    live(breza)
    raises(people.stack)
    lipa.get_by_text("Decline").click()
    lipa.get_by_role("button", name="We cannot admit this family").click()
    expect(lipa.get_by_text("No family is on its way.")).to_be_visible()
    expect(lipa.get_by_role("row").filter(has_text="declined")).not_to_have_count(0)
    expect(breza.get_by_role("article")).to_contain_text("Answer within")


@pytest.fixture
def short_holds(stack: Stack) -> Iterator[None]:
    """Rooms are held for a few seconds only."""
    area = section(named("ruse"), "shelter_beds", first=True).model_dump(mode="json")
    admin = client(stack, "admin@demo.example")
    address = "/shelter-beds/api/jurisdictions/RSE"
    admin.put(address, json={**area, "deadlines": {**area["deadlines"], "hold": 6}}).raise_for_status()
    yield
    admin.put(address, json=area).raise_for_status()


@pytest.mark.usefixtures("short_holds")
def test_a_hold_expires_while_everyone_watches(people: People) -> None:
    phone = people.page(LIPA, ROOMS, viewport=PHONE)
    desk = people.page(LIPA, ROOMS)
    watching = people.page("supervisor@demo.example", "/shelter-beds/houses/families")
    for page in (phone, desk, watching):
        live(page)
    number = raises(people.stack)
    for page in (phone, desk):
        expect(page.get_by_role("article")).to_contain_text("Answer within")
        expect(page.get_by_role("row").filter(has_text="expired")).not_to_have_count(0)
    expect(watching.get_by_role("row").filter(has_text=number).filter(has_text="expired")).not_to_have_count(0)


def test_a_room_freed_in_two_taps_goes_to_whoever_waits(people: People) -> None:
    set_rooms(people.stack, "occupied")
    lipa = people.page(LIPA, ROOMS, viewport=PHONE)
    watching = people.page("supervisor@demo.example", "/shelter-beds/houses/families")
    live(lipa)
    live(watching)
    number = raises(people.stack)
    waiting = watching.get_by_role("region", name="Waiting for a room").get_by_role("row").filter(has_text=number)
    expect(waiting).to_contain_text("occupied 10")
    assert in_both_themes(watching) == []
    tap(lipa, "2", "It is free")
    expect(lipa.get_by_role("article")).to_contain_text("Answer within")
    expect(state_of(lipa, "2")).to_contain_text("held")
    expect(waiting).to_have_count(0)


def test_one_press_says_that_all_is_as_shown_and_old_states_are_marked(people: People) -> None:
    page = people.page("shelter_staff.topola@demo.example", ROOMS, viewport=PHONE)
    expect(room(page, "1")).to_contain_text("never confirmed")
    page.get_by_role("button", name="All as shown, now").click()
    expect(room(page, "1")).to_contain_text(re.compile(r"confirmed \d+ seconds? ago, Shelter staff"))
    expect(page.get_by_text("never confirmed")).to_have_count(0)


def test_a_change_told_while_the_page_is_being_read_is_shown_too(people: People) -> None:
    page = people.page(LIPA, ROOMS, service_workers="block")
    live(page)
    slow: list[Route] = []
    page.route("**/shelter-beds/", lambda route: slow.append(route), times=1)  # noqa: PLW0108  # not a builtin
    first, second = (next(each for each in rooms_of(people.stack, LIPA) if each["name"] == name) for name in ("1", "2"))
    occupy(people.stack, first)
    wait_until(lambda: page.title() and slow, "the page reads itself")
    answer = slow[0].fetch()
    page.evaluate("() => { window.heard = new Promise((heard) => document.body.addEventListener('live', heard)) }")
    occupy(people.stack, second)
    page.evaluate("window.heard.then(() => true)")
    slow[0].fulfill(response=answer)
    expect(state_of(page, "1")).to_contain_text("occupied")
    expect(state_of(page, "2")).to_contain_text("occupied")


def occupy(stack: Stack, room: dict[str, Any]) -> None:
    path = f"/shelter-beds/api/rooms/{room['id']}"
    client(stack, LIPA).patch(path, json={"state": "occupied"}).raise_for_status()


# --- a network that comes and goes --------------------------------------------------------------------------------


@pytest.fixture
def cable(stack: Stack) -> Iterator[Cable]:
    made = Cable(stack.port)
    yield made
    made.cut()


@pytest.fixture
def far(stack: Stack, browser: Browser, cable: Cable) -> Iterator[People]:
    """People at the far end of a cable; that what is cut cannot be loaded is part of the story."""
    everybody = People(replace(stack, port=cable.port), browser)
    yield everybody
    everybody.leave()
    assert [each for each in everybody.complaints if not re.search("net::ERR_|htmx:", each)] == []


def kept(page: Page) -> Any:
    return json.loads(page.evaluate("localStorage.getItem('zakrila-kept-rooms')") or "null")


def test_a_press_without_network_waits_over_a_reload_and_is_sent_once(far: People, cable: Cable) -> None:
    page = far.page(LIPA, ROOMS, viewport=PHONE, expect_refusals=True)
    live(page)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    before = times(far.stack, "room.out_of_service")
    cable.cut()
    tap(page, "4", "Out of service")
    expect(room(page, "4")).to_contain_text("not saved yet: will retry")
    page.reload()
    expect(page.get_by_text("No connection. This is how it was at")).to_be_visible()
    expect(state_of(page, "4")).to_contain_text("out of service")
    expect(room(page, "4")).to_contain_text("not saved yet: will retry")
    assert in_both_themes(page) == []
    tap(page, "5", "It is occupied")
    expect(state_of(page, "5")).to_contain_text("occupied")
    expect(room(page, "5")).to_contain_text("not saved yet: will retry")
    assert times(far.stack, "room.out_of_service") == before
    cable.mend()
    live(page)
    expect(state_of(page, "4")).to_contain_text("out of service")
    expect(state_of(page, "5")).to_contain_text("occupied")
    expect(page.get_by_text("not saved yet")).to_have_count(0)
    assert times(far.stack, "room.out_of_service") == before + 1
    assert page.evaluate("localStorage.getItem('zakrila-retry-shelter-beds')") is None


def test_a_press_whose_answer_is_lost_is_repeated_and_done_once(far: People, cable: Cable) -> None:
    page = far.page(LIPA, ROOMS, viewport=PHONE, expect_refusals=True)
    live(page)
    before = times(far.stack, "shelter.confirm")
    cable.lose_answers()
    page.get_by_role("button", name="All as shown, now").click()
    wait_until(lambda: times(far.stack, "shelter.confirm") == before + 1, "the press arrives")
    expect(page.get_by_text("not saved yet: will retry").first).to_be_visible()
    cable.mend()
    expect(page.locator("#said-all-lipa")).to_contain_text("saved")
    expect(page.get_by_text("not saved yet")).to_have_count(0)
    assert times(far.stack, "shelter.confirm") == before + 1


def test_what_somebody_else_changed_meanwhile_is_not_overwritten(far: People, cable: Cable, stack: Stack) -> None:
    page = far.page(LIPA, ROOMS, viewport=PHONE, expect_refusals=True)
    live(page)
    cable.cut()
    tap(page, "3", "Out of service")
    expect(room(page, "3")).to_contain_text("not saved yet")
    (third,) = (each for each in rooms_of(stack, LIPA) if each["name"] == "3")
    body = {"state": "occupied"}
    client(stack, LIPA).patch(f"/shelter-beds/api/rooms/{third['id']}", json=body).raise_for_status()
    cable.mend()
    expect(room(page, "3").locator("output")).to_contain_text("changed")
    expect(state_of(page, "3")).to_contain_text("occupied")


def test_the_device_keeps_rooms_and_states_only_and_nothing_after_signing_out(
    far: People, cable: Cable, stack: Stack
) -> None:
    raises(stack)
    page = far.page(LIPA, ROOMS, viewport=PHONE, expect_refusals=True)
    live(page)
    expect(page.get_by_role("article")).to_be_visible()
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    assert {key for each in kept(page)["rooms"] for key in each} == {"id", "group", "name", "state", "version", "taken"}
    alias = page.get_by_role("article").get_by_role("heading").inner_text().split()[0]
    assert alias not in page.evaluate("JSON.stringify({...localStorage})")
    cable.cut()
    page.goto(far.stack.url + ROOMS)
    expect(page.get_by_text("Families are not shown without a connection.")).to_be_visible()
    expect(state_of(page, "1")).to_contain_text("held")
    cable.mend()
    live(page)
    page.get_by_text("· Account").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url(re.compile("/identity/"))
    assert kept(page) is None
    cable.cut()
    page.goto(far.stack.url + ROOMS)
    expect(page.get_by_text("Nothing of your rooms is kept on this device.")).to_be_visible()
    assert in_both_themes(page) == []


# --- whoever administers or oversees shelters ------------------------------------------------------------------------


def test_an_administrator_makes_a_shelter_and_its_rooms_and_never_its_address(people: People) -> None:
    page = people.page("admin@demo.example", "/shelter-beds/houses", expect_refusals=True)
    page.get_by_role("link", name="New shelter").click()
    page.get_by_label("Code", exact=True).fill("new-house")
    page.get_by_label("Code name").fill("Нова")
    page.get_by_label("woman").check()
    page.get_by_label("walks unaided").check()
    page.get_by_label("Languages").fill("Български")
    page.get_by_role("button", name="Make the shelter").click()
    expect(page.get_by_role("alert").filter(has_text="not accepted")).to_be_visible()
    expect(page.get_by_label("Code name")).to_have_value("Нова")
    assert in_both_themes(page) == []
    page.get_by_label("Languages").fill("bg, tr")
    page.get_by_role("button", name="Make the shelter").click()
    expect(page.get_by_text("This shelter has no rooms yet.")).to_be_visible()
    page.get_by_label("Name", exact=True).fill("7")
    page.get_by_label("Beds").fill("3")
    page.get_by_label("State").select_option("out_of_service")
    page.get_by_role("button", name="Make the room").click()
    expect(state_of(page, "7")).to_contain_text("out of service")
    assert in_both_themes(page) == []


def test_a_supervisor_sees_what_is_free_whom_to_ring_and_who_found_no_room(people: People) -> None:
    page = people.page("supervisor@demo.example", "/shelter-beds/houses")
    for name in ("Shelters", "Families", "Requests without a room"):
        page.get_by_role("navigation", name="Shelters").get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1, name=name)).to_be_visible()
        assert in_both_themes(page) == []


def test_only_its_own_staff_type_and_read_the_address(people: People) -> None:
    page = people.page(LIPA, ROOMS, viewport=PHONE)
    page.get_by_role("link", name="Address").click()
    assert in_both_themes(page) == []
    page.get_by_label("ddress").fill("ул. Тиха 5")
    page.get_by_role("button", name="Save the address").click()
    expect(page).to_have_url(people.stack.url + ROOMS)
    page.get_by_role("link", name="Address: set").click()
    expect(page.get_by_text("ул. Тиха 5")).to_be_visible()
    stranger = people.page(BREZA, "/shelter-beds/shelters/lipa", expect_refusals=True)
    expect(stranger.get_by_role("alert").filter(has_text="not yours")).to_be_visible()
