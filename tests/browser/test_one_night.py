"""One call, from the ring to the closed incident, with everybody it concerns before a page of their own."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.people import PHONE, People

OPERATOR = "operator@demo.example"
DESK, CREW = "dispatcher.ruse-1@demo.example", "crew.ruse-12@demo.example"
SHELTER, CENTRE = "shelter_staff.lipa@demo.example", "centre_staff.dunav@demo.example"
_SECOND = 1000  # milliseconds in which a change by anyone is on every page that shows it


def opened(people: People, who: str, path: str, **options: object) -> Page:
    """Return a page that hears of changes."""
    page = people.page(who, path, **options)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


def test_a_call_becomes_an_arrival_and_everybody_sees_each_step_as_it_is_taken(people: People) -> None:
    people.stack.client(SHELTER).post("/shelter-beds/api/shelters/lipa/confirm").raise_for_status()
    board = opened(people, OPERATOR, "/intake/")
    desk = opened(people, DESK, "/dispatch/")
    crew = opened(people, CREW, "/dispatch/crew", viewport=PHONE)
    rooms = opened(people, SHELTER, "/shelter-beds/", viewport=PHONE)
    inbox = opened(people, CENTRE, "/notify/")

    call = people.page(OPERATOR, "/intake/raise")
    call.keyboard.type("rus")
    expect(call.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text("Ruse")
    call.keyboard.press("Enter")
    standing = call.locator("#standing")
    number = standing.get_by_text(re.compile(r"RSE-\d{4}-\d{6}")).first.inner_text()
    here = board.get_by_role("link", name=number)
    expect(here).to_be_visible()

    def leg(name: str) -> Locator:
        return standing.locator(".leg", has_text=name)

    job = desk.get_by_role("article").filter(has_text=number)
    held = rooms.get_by_role("article")
    packet = inbox.get_by_role("article", name=number, exact=True)
    expect(job).to_contain_text("Ruse-12")
    expect(held).to_contain_text("Answer within")
    expect(packet).to_be_visible()

    crew.get_by_role("button", name="Acknowledge").click()
    expect(leg("Police")).to_contain_text("crew acknowledged", timeout=_SECOND)
    expect(job).to_contain_text("acknowledged", timeout=_SECOND)

    held.get_by_role("button", name="Hospital").click()
    expect(leg("Shelter")).to_contain_text("shelter confirmed", timeout=_SECOND)

    packet.get_by_role("button", name="Acknowledge").click()
    expect(leg("Centre")).to_contain_text("a human has seen it", timeout=_SECOND)
    inbox.get_by_role("button", name="Accept").click()
    expect(leg("Centre")).to_contain_text("taken on", timeout=_SECOND)

    for press, seen in (("On the way", "on the way"), ("On scene", "on scene")):
        crew.get_by_role("button", name=press, exact=True).click()
        expect(leg("Police")).to_contain_text(seen, timeout=_SECOND)
    crew.get_by_role("button", name="We bring the family").click()
    expect(leg("Police")).to_contain_text("carrying the family", timeout=_SECOND)
    crew.get_by_role("link", name=re.compile("Show the meeting point")).click()
    expect(crew.locator("#rendezvous")).not_to_contain_text("Not to be seen now.")
    crew.get_by_role("link", name="My job").click()
    crew.get_by_role("button", name="Family delivered").click()
    held.get_by_role("button", name="They have arrived").click()
    expect(leg("Shelter")).to_contain_text("family arrived", timeout=_SECOND)
    crew.locator("summary", has_text="Clear").click()
    crew.get_by_role("button", name="the family was brought to safety").click()
    expect(job).to_have_count(0, timeout=_SECOND)
    inbox.get_by_role("button", name="Complete").click()
    expect(leg("Centre")).to_contain_text("completed", timeout=_SECOND)

    call.goto(call.url.removesuffix("/call"))
    call.locator("summary", has_text="Close the incident").click()
    call.get_by_label("Outcome").select_option("resolved")
    call.get_by_role("button", name="Close the incident").click()
    expect(standing).to_contain_text("closed: ")
    expect(here).to_have_count(0, timeout=_SECOND)
