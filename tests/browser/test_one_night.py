"""One call, from the ring to the closed incident, with everybody it concerns before a page of their own."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.people import PHONE, People

OPERATOR = "operator@demo.example"
DESK, CREW = "dispatcher.ruse-1@demo.example", "crew.ruse-11@demo.example"
SHELTER, CENTRE = "shelter_staff.lipa@demo.example", "centre_staff.dunav@demo.example"


def opened(people: People, who: str, path: str, **options: Any) -> Page:
    """Return a page that hears of changes."""
    page = people.page(who, path, **options)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


class Night:
    """The operator's two pages, and those of everybody whom a call concerns, all open before it comes."""

    def __init__(self, people: People) -> None:
        people.stack.client(SHELTER).post("/shelter-beds/api/shelters/lipa/confirm").raise_for_status()
        self.board = opened(people, OPERATOR, "/intake/")
        self.call = people.page(OPERATOR, "/intake/raise")
        self.standing = self.call.locator("#standing")
        self.desk = opened(people, DESK, "/dispatch/")
        self.crew = opened(people, CREW, "/dispatch/crew", viewport=PHONE, expect_refusals=True)
        self.rooms = opened(people, SHELTER, "/shelter-beds/", viewport=PHONE)
        self.held = self.rooms.get_by_role("article")
        self.inbox = opened(people, CENTRE, "/notify/")

    def raises(self) -> str:
        """Type three letters and Enter; return the incident's number."""
        self.call.keyboard.type("rus")
        expect(self.call.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text("Ruse")
        self.call.keyboard.press("Enter")
        return self.standing.get_by_text(re.compile(r"RSE-\d{4}-\d{6}")).first.inner_text()

    def told(self, leg: str, answer: str) -> None:
        """Wait until the operator's page says how a leg stands."""
        expect(self.standing.locator(".leg", has_text=leg)).to_contain_text(answer)

    def crew_presses(self, step: str, seen: str) -> None:
        """Take a step in the car, and see it at the operator's."""
        self.crew.get_by_role("button", name=step, exact=True).click()
        self.told("Police", seen)

    def crew_reports(self, question: str, answer: str) -> None:
        """Answer a question of the scene in the car."""
        button = self.crew.get_by_role("group", name=question).get_by_role("button", name=answer)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")

    def meeting_point_is_shown(self) -> None:
        """Look at the meeting point in the car, and come back to the job."""
        self.crew.get_by_role("link", name=re.compile("Show the meeting point")).click()
        expect(self.crew.get_by_text("Word, said by both")).to_be_visible()
        self.crew.get_by_role("link", name="My job").click()

    def closes(self) -> None:
        """Close the incident on its page."""
        self.call.goto(self.call.url.removesuffix("/call"))
        self.call.locator("summary", has_text="Close the incident").click()
        self.call.get_by_label("Outcome").select_option("resolved")
        self.call.get_by_role("button", name="Close the incident").click()
        expect(self.standing).to_contain_text("closed: resolved")


def test_a_call_becomes_an_arrival_and_everybody_sees_each_step_as_it_is_taken(people: People) -> None:
    night = Night(people)
    number = night.raises()
    on_board = night.board.get_by_role("link", name=number)
    job = night.desk.get_by_role("article").filter(has_text=number)
    packet = night.inbox.get_by_role("article", name=number, exact=True)
    expect(on_board).to_be_visible()
    expect(job.locator(".job-line")).to_contain_text("Ruse-11")
    expect(night.held).to_contain_text("Answer within")
    expect(packet).to_be_visible()

    night.crew_presses("Acknowledge", "crew acknowledged")
    expect(job).to_contain_text("acknowledged")
    night.held.get_by_role("button", name="Hospital").click()
    night.told("Shelter", "shelter confirmed")
    packet.get_by_role("button", name="Acknowledge").click()
    night.told("Centre", "a human has seen it")
    night.inbox.get_by_role("button", name="Accept").click()
    night.told("Centre", "taken on")

    night.crew_presses("On the way", "on the way")
    night.crew_presses("On scene", "on scene")
    night.crew_reports("Did you speak with her alone?", "yes")  # without it nobody may close
    night.crew_reports("Does she want the shelter?", "accepts")  # without it the meeting point stays hidden
    night.crew_presses("We bring the family", "carrying the family")
    night.meeting_point_is_shown()
    night.crew_presses("Family delivered", "family delivered")
    night.held.get_by_role("button", name="They have arrived").click()
    night.told("Shelter", "family arrived")
    night.crew.locator("summary", has_text="Clear").click()
    night.crew_presses("the family was brought to safety", "cleared")
    expect(job).to_have_count(0)
    night.inbox.get_by_role("button", name="Complete").click()
    night.told("Centre", "completed")

    night.closes()
    expect(on_board).to_have_count(0)
