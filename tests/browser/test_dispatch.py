"""The desk, the crew in its car, and whoever looks on."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.accessible import violations
from tests.browser.people import DESKTOP, PHONE, People
from tests.support.stack import Stack

DESK, CREW, SUPERVISOR = "dispatcher.ruse-1@demo.example", "crew.ruse-12@demo.example", "supervisor@demo.example"


def raise_call(stack: Stack) -> str:
    """Raise a call in Ruse; return its number."""
    shown = stack.zakrila("call", "--file=docs/examples/call.json").stdout
    found = re.search(r"RSE-\d{4}-\d{6}", shown)
    assert found, shown
    return found[0]


def live(page: Page) -> Page:
    """Wait until a page hears of changes."""
    expect(page.locator("#connection.on")).to_be_visible()
    return page


@pytest.fixture
def everybody_is_free(stack: Stack) -> None:
    """End what the test before left: its crews clear their jobs by way of the desk."""
    supervisor = stack.client(SUPERVISOR)
    steps = {"assigned": "acknowledge", "acknowledged": "en-route", "en_route": "on-scene", "on_scene": "clear"}
    steps |= {"transporting": "delivered", "delivered": "clear"}
    while jobs := [
        job
        for job in supervisor.get("/dispatch/api/jobs?limit=200").json()["items"]
        if job["state"] in steps and not job["shadow"]
    ]:
        for job in jobs:
            desk = stack.client(f"dispatcher.{job['station']}@demo.example")
            body = {"reason": "helped_on_scene"} if steps[job["state"]] == "clear" else {}
            desk.post(f"/dispatch/api/jobs/{job['id']}/{steps[job['state']]}", json=body)


def test_a_crew_gives_a_job_back_and_the_desk_sees_the_next_unit_go(people: People, everybody_is_free: None) -> None:
    desk = live(people.page(DESK, "/dispatch/"))
    crew = live(people.page(CREW, "/dispatch/crew", viewport=PHONE))
    number = raise_call(people.stack)
    card = desk.get_by_role("article").filter(has_text=number)
    expect(card).to_contain_text("Ruse-12")
    crew.get_by_text("Give back").click()
    crew.get_by_role("button", name="the car does not go").click()
    expect(crew.get_by_text("No job now.")).to_be_visible()
    expect(card.locator(".job-line")).to_contain_text(re.compile(r"Ruse-(?!12)"))
    expect(desk.get_by_text("A unit gave it back.").first).to_be_visible()


def test_a_crew_takes_every_step_with_one_press_and_no_map_shows_where_it_brings_a_family(
    people: People, everybody_is_free: None
) -> None:
    crew = live(people.page(CREW, "/dispatch/crew", viewport=PHONE, expect_refusals=True))
    drawn = live(people.page(SUPERVISOR, "/dispatch/map"))
    row, mark = drawn.get_by_role("row").filter(has_text="Ruse-12").first, drawn.locator(".leaflet-tooltip")
    expect(row).to_contain_text("25.97")
    expect(mark.filter(has_text="Ruse-12")).to_be_visible()
    number = raise_call(people.stack)
    expect(mark.filter(has_text=number)).to_be_visible()
    for step in ("Acknowledge", "On the way", "On scene"):
        crew.get_by_role("button", name=step, exact=True).click()
    crew.get_by_role("group", name="Did you speak with her alone?").get_by_role("button", name="yes").click()
    pressed = crew.get_by_role("group", name="Did you speak with her alone?").get_by_role("button", name="yes")
    expect(pressed).to_have_attribute("aria-pressed", "true")
    crew.get_by_role("button", name="We bring the family").click()
    expect(row).to_contain_text("it brings a family")
    expect(mark.filter(has_text="Ruse-12")).to_have_count(0)
    crew.get_by_role("link", name=re.compile("Show the meeting point")).click()
    expect(crew.locator("#rendezvous")).to_contain_text("Not to be seen now.")  # the shelter has not confirmed
    crew.get_by_role("link", name="My job").click()
    crew.get_by_role("button", name="Family delivered").click()
    crew.locator("summary", has_text="Clear").click()
    crew.get_by_role("button", name="the family was brought to safety").click()
    expect(crew.get_by_text("No job now.")).to_be_visible()


def test_the_desk_acknowledges_for_its_crew_and_a_supervisor_only_reassigns(
    people: People, everybody_is_free: None
) -> None:
    desk = live(people.page(DESK, "/dispatch/"))
    supervisor = live(people.page(SUPERVISOR, "/dispatch/"))
    number = raise_call(people.stack)
    at_desk, above = (page.get_by_role("article").filter(has_text=number) for page in (desk, supervisor))
    expect(above.get_by_text("Another unit")).to_be_visible()
    expect(above.get_by_role("button", name="Acknowledge")).to_have_count(0)
    at_desk.get_by_role("button", name="Acknowledge").click()
    expect(above).to_contain_text("acknowledged")
    above.get_by_text("Another unit").click()
    offered = above.locator("button[name=unit]")
    expect(offered.first).to_contain_text(re.compile(r"Ruse-11\s+ruse-1 · [\d.]+ km"))  # the nearest comes first
    offered.first.click()
    expect(at_desk).to_contain_text("Ruse-11")


def test_an_administrator_makes_a_unit_and_sees_what_was_not_accepted(people: People) -> None:
    admin = people.page("admin@demo.example", "/dispatch/units", expect_refusals=True)
    form = admin.get_by_role("form", name="New unit")
    form.get_by_label("Code").fill("Ruse 99!")
    form.get_by_role("button", name="Make the unit").click()
    expect(form.get_by_label("Code")).to_have_value("Ruse 99!")
    expect(form.locator(".wrong")).to_be_visible()
    form.get_by_label("Code").fill("Ruse-99")
    form.get_by_role("button", name="Make the unit").click()
    expect(admin.get_by_role("listitem").filter(has_text="Ruse-99")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(
    ("who", "path"),
    [
        (DESK, "/dispatch/"),
        (DESK, "/dispatch/map"),
        (CREW, "/dispatch/crew"),
        ("admin@demo.example", "/dispatch/units"),
    ],
)
def test_the_pages_are_accessible(people: People, who: str, path: str, theme: str) -> None:
    page = live(people.page(who, path, color_scheme=theme, viewport=PHONE if who == CREW else DESKTOP))
    assert violations(page) == []
