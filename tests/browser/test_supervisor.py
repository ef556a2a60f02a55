"""Whoever leads the shift: what is not kept, what only a supervisor decides, drills, figures."""

from __future__ import annotations

import re
import signal
from typing import Any

import httpx
import pytest
from playwright.sync_api import Page, Route, expect

from shared.contracts.vocabulary import Service
from tests.browser.accessible import violations
from tests.browser.people import PHONE, People
from tests.support.stack import Stack, wait_until

SUPERVISOR = "supervisor@demo.example"
DESK, FIGURES = "/intake/supervision", "/intake/figures"
CALL: dict[str, Any] = {
    "channel": "emergency_112",
    "call": "live",
    "location": {"municipality": "RSE27"},
    "needs": {"police": True, "shelter": True, "centre": True},
    "perpetrators": [{"present": "no", "linked_to": "none"}],
}


@pytest.fixture(scope="module")
def operator(stack: Stack) -> httpx.Client:
    """An operator's programs; a call that no page shows."""
    return stack.client("operator@demo.example")


def raised(operator: httpx.Client, **more: Any) -> dict[str, Any]:
    answer = operator.post("/intake/api/incidents", json={**CALL, **more})
    assert answer.status_code == 201, answer.text
    incident: dict[str, Any] = answer.json()
    return incident


def shown(operator: httpx.Client, incident: str) -> dict[str, Any]:
    found: dict[str, Any] = operator.get(f"/intake/api/incidents/{incident}").json()
    return found


def without_a_room(operator: httpx.Client) -> dict[str, Any]:
    """Raise a call of a family that no room fits: its shelter leg is not met at once."""
    family = {"adults": [{"sex": "f"}], "children": [{"age": 5, "where": "with_victim"}] * 12}
    incident = raised(operator, victim=family)
    wait_until(lambda: shown(operator, incident["id"])["legs"]["shelter"]["state"] == "unmet", "no room fits")
    return incident


def card(page: Page, number: str) -> Any:
    return page.get_by_role("article").filter(has_text=number)


def deciding(page: Page, number: str, what: str) -> Any:
    """Press Decide on an incident, unfold what may be decided, and return that part of the page."""
    card(page, number).first.get_by_role("link", name=re.compile("^Decide")).click()
    expect(page.get_by_role("heading", name=f"Decide about {number}")).to_be_focused()
    part = page.locator("#decide details").filter(has=page.locator("summary").get_by_text(what, exact=True))
    part.locator("summary").click()
    return part


def test_a_promise_that_is_not_kept_appears_by_itself_and_is_waived_with_a_reason(
    people: People, operator: httpx.Client
) -> None:
    desk = people.page(SUPERVISOR, DESK, expect_refusals=True)
    expect(desk.get_by_text("Live", exact=True)).to_be_visible()
    incident = without_a_room(operator)
    unkept = card(desk, incident["number"])
    expect(unkept.get_by_text("no room fits")).to_be_visible()
    assert violations(desk) == []
    part = deciding(desk, incident["number"], "Take a promise back")
    part.get_by_label("Promise").select_option("shelter")
    part.get_by_label("Reason").fill("   ")
    part.get_by_role("button", name="Take it back").click()
    expect(part.get_by_text("Say why, in at most 500 letters.")).to_be_visible()
    expect(desk.locator("#decide").get_by_role("alert")).to_have_text("Not done yet: see what is marked.")
    expect(part.get_by_label("Promise")).to_have_value("shelter")
    assert shown(operator, incident["id"])["legs"]["shelter"]["state"] == "unmet"
    desk.evaluate("scrollTo(0, 0)")  # what the bar at the top covers is hard to press
    assert violations(desk) == []
    part.get_by_label("Reason").fill("She stays with her sister.")
    part.get_by_role("button", name="Take it back").click()
    expect(desk.get_by_role("status").filter(has_text="The promise is taken back.")).to_be_visible()
    expect(card(desk, incident["number"])).to_have_count(0)
    leg = shown(operator, incident["id"])["legs"]["shelter"]
    assert (leg["state"], leg["who_decided"]) == ("waived", "supervisor")
    expect(desk.get_by_role("row").filter(has_text=incident["number"])).to_contain_text("shelter waived")


def test_a_press_does_not_wait_for_a_page_that_reads_itself_anew(people: People, operator: httpx.Client) -> None:
    incident = without_a_room(operator)
    desk = people.page(SUPERVISOR, DESK)
    expect(card(desk, incident["number"])).to_be_visible()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    desk.route(re.compile(r"/intake/supervision$"), hold)
    with desk.expect_request(re.compile(r"/intake/supervision$")):
        desk.evaluate("htmx.trigger(document.body, 'live')")
    desk.evaluate("htmx.trigger(document.body, 'live')")
    deciding(desk, incident["number"], "Close")
    assert held, "the page was still reading itself"
    desk.unroute_all(behavior="ignoreErrors")


def test_an_overdue_promise_says_whom_to_ring(people: People, stack: Stack, operator: httpx.Client) -> None:
    desk = people.page(SUPERVISOR, DESK, viewport=PHONE, color_scheme="dark")
    stack.signal("dispatch", signal.SIGSTOP)
    try:
        incident = raised(operator)
        late = card(desk, incident["number"])
        expect(late.get_by_text("overdue")).to_be_visible(timeout=15_000)  # after the five seconds it has
        expect(late.get_by_role("link", name="+359888000111")).to_have_attribute("href", "tel:+359888000111")
        assert late.get_attribute("data-alarm")
        assert violations(desk) == []
    finally:
        stack.signal("dispatch", signal.SIGCONT)
    expect(card(desk, incident["number"])).to_have_count(0)


def test_danger_is_lowered_by_a_supervisor_with_a_reason_alone(people: People, operator: httpx.Client) -> None:
    incident = raised(operator, risk={"answers": {"1": "yes"}})
    operator.patch(f"/intake/api/incidents/{incident['id']}", json={"risk": {"answers": {"1": "no"}}})
    assert shown(operator, incident["id"])["priority"] == 1
    desk = people.page(SUPERVISOR, DESK)
    expect(card(desk, incident["number"]).get_by_text("A yes was taken back later: question 1.")).to_be_visible()
    part = deciding(desk, incident["number"], "Set the level of danger")
    part.get_by_label("Level").select_option("standard")
    part.get_by_label("Reason").fill("The weapon was a toy; the crew has it.")
    part.get_by_role("button", name="Set the level").click()
    expect(desk.get_by_role("status").filter(has_text="The level of danger is set.")).to_be_visible()
    expect(desk.locator("#decide .priority")).to_have_text("Priority 3")
    lowered = shown(operator, incident["id"])
    assert (lowered["priority"], lowered["risk"]["highest"]) == (3, "standard")


def test_a_change_by_somebody_else_keeps_what_was_typed(people: People, operator: httpx.Client) -> None:
    incident = raised(operator, perpetrators=[{"linked_to": "police"}])
    desk = people.page(SUPERVISOR, DESK, expect_refusals=True)
    part = deciding(desk, incident["number"], "Set the level of danger")
    part.get_by_label("Reason").fill("Spoken with her.")
    operator.patch(f"/intake/api/incidents/{incident['id']}", json={"victim": {"injured": "yes"}})
    part.get_by_role("button", name="Set the level").click()
    expect(desk.locator("#decide").get_by_role("alert")).to_contain_text(
        "Somebody else changed this incident meanwhile."
    )
    expect(part.get_by_label("Reason")).to_have_value("Spoken with her.")
    part.get_by_role("button", name="Set the level").click()
    expect(desk.get_by_role("status").filter(has_text="The level of danger is set.")).to_be_visible()


def test_closing_with_an_unanswered_promise_needs_a_reason(people: People, operator: httpx.Client) -> None:
    incident = without_a_room(operator)
    desk = people.page(SUPERVISOR, DESK, expect_refusals=True)
    part = deciding(desk, incident["number"], "Close")
    part.get_by_label("How it ended").select_option("not_located")
    part.get_by_label("Has anybody seen her alone?").select_option("no")
    part.get_by_label("Note").fill("The crew found nobody.")
    part.get_by_role("button", name="Close the incident").click()
    expect(part.get_by_text("Promises are not kept yet. Say why")).to_be_visible()
    expect(part.get_by_label("Note")).to_have_value("The crew found nobody.")
    expect(part.get_by_label("How it ended")).to_have_value("not_located")
    assert shown(operator, incident["id"])["state"] == "open"
    part.get_by_label("Reason, if promises").fill("The address does not exist.")
    part.get_by_role("button", name="Close the incident").click()
    expect(desk.get_by_role("status").filter(has_text="Closed.")).to_be_visible()
    closed = shown(operator, incident["id"])
    assert (closed["state"], closed["outcome"]) == ("closed", "not_located")
    expect(desk.get_by_role("row").filter(has_text=incident["number"])).to_contain_text("promises not kept")


def test_a_drill_touches_nothing_real_and_shows_as_an_exercise(
    people: People, stack: Stack, operator: httpx.Client
) -> None:
    real_rooms = "SELECT count(*) FROM room WHERE NOT shadow AND placement IS NOT NULL"
    real_jobs = "SELECT count(*) FROM job WHERE NOT shadow"
    before = stack.read(Service.SHELTER_BEDS, real_rooms), stack.read(Service.DISPATCH, real_jobs)
    desk = people.page(SUPERVISOR, DESK)
    desk.get_by_text("Start a drill").click()
    desk.get_by_label("A neighbour hears it").check()
    desk.get_by_label("Where").select_option(label="Ruse")
    assert violations(desk) == []
    desk.get_by_role("button", name="Start the drill").click()
    expect(desk.get_by_role("status").filter(has_text="The drill runs.")).to_be_visible()
    row = desk.locator(".drill-row").first
    expect(row.locator(".drill")).to_have_text("exercise")
    expect(row).to_contain_text(
        re.compile(r"Police: .+ answered · Shelter: .+ answered · Centre: .+ answered"), timeout=15_000
    )
    number = row.get_by_role("link").first.inner_text()
    drill = row.get_by_role("link").first.get_attribute("href")
    assert drill
    incident = drill.rpartition("/")[2]
    assert {leg["detail"]["shadow"] for leg in shown(operator, incident)["legs"].values()} == {True}
    after = stack.read(Service.SHELTER_BEDS, real_rooms), stack.read(Service.DISPATCH, real_jobs)
    assert after == before, "no real room is held, no real unit sent"
    real = people.page(SUPERVISOR, DESK)
    expect(real.locator("#drills").get_by_text(number)).to_be_visible()
    expect(real.locator("#watched").get_by_text(number)).to_have_count(0)
    row.get_by_role("button", name="End the drill").click()
    expect(desk.get_by_role("status").filter(has_text="The drill is over")).to_be_visible()
    expect(real.locator("#drills").get_by_text(number)).to_have_count(0)
    free = "SELECT count(*) FROM room WHERE shadow AND placement IS NOT NULL"
    wait_until(lambda: stack.read(Service.SHELTER_BEDS, free) == [(0,)], "the shadow room is free again")


# --- figures ---------------------------------------------------------------------------------------------------------


def table(page: Page, chart: str) -> list[list[str]]:
    """Return the table behind a picture."""
    rows = page.locator(f"#{chart} tbody tr").all()
    return [[cell.strip() for cell in row.locator("th, td").all_text_contents()] for row in rows]


def test_pictures_and_their_tables_tell_the_numbers_of_the_api(people: People, stack: Stack) -> None:
    api = stack.client(SUPERVISOR)
    page = people.page(SUPERVISOR, f"{FIGURES}?days=30")
    figures = api.get("/intake/api/figures", params={"days": 30}).json()
    by_hour = table(page, "by-hour")
    assert [[int(cell) for cell in row[1:]] for row in by_hour] == [
        [each[f"priority_{priority}"] for priority in (1, 2, 3)] for each in figures["incidents"]["by_hour"]
    ]
    drawn = page.locator("#by-hour svg[role=img] rect[x] > title").all_text_contents()
    told = [f"{row[0]}, Priority {p}: {row[p]}" for row in by_hour for p in (1, 2, 3) if row[p] != "0"]
    assert sorted(drawn) == sorted(told), "every bar is a number of the table, and every number but none a bar"
    assert figures["incidents"]["all"] > 0
    shelters = api.get("/shelter-beds/api/figures").json()["shelters"]
    expect(page.locator("#occupancy")).to_be_visible()
    assert table(page, "occupancy") == [
        [each["code_name"], *(str(each[name]) for name in ("occupied", "held", "free", "out_of_service"))]
        for each in shelters
    ]
    expect(page.locator("#jobs")).to_be_visible()
    expect(page.locator("#handovers")).to_be_visible()
    assert page.locator("[data-part]").count() == 0, "each part took its place"


@pytest.mark.parametrize(("theme", "days"), [("light", 30), ("dark", 1)])
def test_figures_are_read_by_everybody(people: People, theme: str, days: int) -> None:
    page = people.page(SUPERVISOR, f"{FIGURES}?days={days}", color_scheme=theme, viewport=PHONE)
    for part in ("#shelter-figures", "#job-figures", "#handover-figures"):
        expect(page.locator(part)).to_be_visible()
    page.evaluate("for (const each of document.querySelectorAll('details.behind')) each.open = true")
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "nothing is wider than a phone"


def test_each_part_is_a_page_of_its_own_without_any_program(people: People, stack: Stack) -> None:
    page = people.page(SUPERVISOR, FIGURES, java_script_enabled=False)
    for name, path in (("Shelters", "shelter-beds"), ("Police jobs", "dispatch"), ("Handovers", "notify")):
        page.goto(f"{stack.url}{FIGURES}?days=30")
        page.locator("[data-part]").filter(has_text=name).get_by_role("link").click()
        expect(page).to_have_url(f"{stack.url}/{path}/figures?days=30")
        expect(page.get_by_role("img").first).to_be_visible()
        page.get_by_role("link", name="Today").click()
        expect(page).to_have_url(f"{stack.url}/{path}/figures?days=1")


def test_a_part_that_does_not_answer_leaves_the_others(people: People, stack: Stack) -> None:
    page = people.page(SUPERVISOR, "/identity/", expect_refusals=True)
    page.route("**/dispatch/figures*", lambda route: route.fulfill(status=502, body="away"))
    page.goto(stack.url + FIGURES)
    expect(page.locator("#shelter-figures")).to_be_visible()
    away = page.locator("[data-part]").filter(has_text="Police jobs")
    expect(away.get_by_role("alert")).to_contain_text("does not answer just now")
    expect(page.locator("#cut")).to_be_hidden()


def test_nobody_else_comes_in(people: People) -> None:
    page = people.page("operator@demo.example", DESK, expect_refusals=True)
    for path in (DESK, FIGURES, "/shelter-beds/figures", "/dispatch/figures", "/notify/figures"):
        page.goto(people.stack.url + path)
        expect(page.get_by_role("heading", name="Not allowed")).to_be_visible()
