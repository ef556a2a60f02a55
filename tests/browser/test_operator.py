"""The operator: a call raised by keyboard alone, told more of as it goes on, and nothing typed ever lost."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from deploy.jurisdictions.load import named
from shared.contracts.jurisdiction_sections import section
from shared.contracts.vocabulary import Service
from tests.browser.accessible import violations
from tests.browser.people import PHONE, People
from tests.support.stack import Stack, wait_until

OPERATOR = "operator@demo.example"
SUPERVISOR = "supervisor@demo.example"
_NUMBER = re.compile(r"RSE-\d{4}-\d{6}")


@pytest.fixture(scope="module")
def operator(stack: Stack) -> httpx.Client:
    """The operator's own programs."""
    return stack.client(OPERATOR)


@pytest.fixture(autouse=True)
def units_are_free(operator: httpx.Client) -> Iterator[None]:
    """Cancel what a test raised, so that the next finds units and rooms."""
    yield
    for each in operator.get("/intake/api/incidents", params={"state": "open"}).json()["items"]:
        operator.post(f"/intake/api/incidents/{each['id']}/cancel", json={"reason": "keying_error"})


def standing(page: Page) -> Any:
    """Return where a page shows how its incident stands."""
    return page.locator("#standing")


def pressed(page: Page, *keys: str) -> None:
    """Press keys, one after the other."""
    for key in keys:
        page.keyboard.press(key)


def place_typed(page: Page, letters: str, meant: str) -> None:
    """Type the beginning of a place and wait for it to be offered."""
    page.keyboard.type(letters)
    expect(page.get_by_role("listbox").get_by_role("option", selected=True)).to_contain_text(meant)


def raised(page: Page, letters: str, meant: str) -> str:
    """Raise an incident and return its id."""
    page.get_by_role("combobox", name="Where?").focus()
    place_typed(page, letters, meant)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/intake/incidents/.+/call"))
    expect(standing(page)).to_contain_text(_NUMBER)
    return page.url.split("/")[-2]


def incidents(stack: Stack) -> int:
    """Return how many incidents there are."""
    return int(stack.read(Service.INTAKE, "SELECT count(*) FROM incident")[0][0])


def facts(page: Page, incident: str) -> dict[str, Any]:
    """Return what the service knows of an incident, asked with a page's own sign-in."""
    address = page.url.partition("/intake/")[0] + f"/intake/api/incidents/{incident}/facts"
    known: dict[str, Any] = page.request.get(address).json()["facts"]
    return known


def test_police_are_sent_with_six_key_presses(people: People) -> None:
    board = people.page(OPERATOR, "/intake/")
    presses: list[str] = []

    def note(key: str) -> None:
        presses.append(key)

    board.expose_function("pressed", note)
    board.add_init_script("addEventListener('keydown', (event) => pressed(event.key), true)")
    board.evaluate("addEventListener('keydown', (event) => pressed(event.key), true)")
    board.keyboard.press("F2")
    expect(board.get_by_role("combobox", name="Where?")).to_be_focused()
    place_typed(board, "рус", "Ruse")
    board.keyboard.press("Enter")
    expect(standing(board).locator(".leg", has_text="Police")).to_contain_text("unit assigned")
    assert presses == ["F2", "р", "у", "с", "Enter"]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_form_is_filled_by_keyboard_alone_and_the_three_answers_are_seen_live(people: People, theme: str) -> None:
    call = people.page(OPERATOR, "/intake/raise", color_scheme=theme)
    assert violations(call) == []
    place_typed(call, "bor", "Borovo")
    assert violations(call) == []
    call.keyboard.press("Enter")
    for leg, answer in (("Police", "unit assigned"), ("Shelter", "room held"), ("Centre", "nobody has seen it yet")):
        expect(standing(call).locator(".leg", has_text=leg)).to_contain_text(answer)
    expect(standing(call)).to_contain_text("standard, up to high")
    expect(call.locator("#lethality")).to_be_hidden()
    pressed(call, "t", "y", "p", "y", "w", "n", "h", "y", "c", "y")
    expect(call.get_by_role("group", name="Is he there?").get_by_label("yes")).to_be_checked()
    pressed(call, "l", "n", "n", "Space", "x", "y")
    expect(call.get_by_role("group", name=re.compile("Has he tried to choke her?")).get_by_label("yes")).to_be_checked()
    expect(standing(call)).to_contain_text("AMBULANCE NEEDED")
    pressed(call, "Escape", "l", "y")  # the third was not answered: it is asked first
    expect(standing(call)).to_contain_text(re.compile(r"Danger:\s+▲ high"))
    pressed(call, "Escape", "n")
    call.keyboard.type("He locked the door.")
    pressed(call, "Escape", "r")
    call.keyboard.type("0888 000 001")
    call.keyboard.press("Escape")
    expect(call.locator("#kept")).to_have_text("✓ saved")
    known = facts(call, call.url.split("/")[-2])
    assert known["victim"]["contact_mode"] == "voice"
    assert known["victim"]["injured"] == "yes"
    assert known["victim"]["children"] == [{"where": "unknown"}]
    assert known["perpetrators"] == [{"present": "yes", "armed": "no"}]
    assert known["risk"]["answers"] == {"1": "no", "2": "no", "3": "yes", "4": "not_applicable", "5": "yes"}
    assert known["narrative"] == "He locked the door."
    assert known["callback"]["phone"] == "0888 000 001"
    assert violations(call) == []


def test_what_was_typed_before_the_tab_was_closed_is_offered_again(people: People) -> None:
    call = people.page(OPERATOR, "/intake/raise")
    before = incidents(people.stack)
    pressed(call, "Escape", "n")
    call.keyboard.type("A neighbour hears a fight.")
    pressed(call, "Escape", "h", "y")
    call.get_by_role("combobox", name="Where?").focus()
    place_typed(call, "vet", "Vetovo")
    expect(call.locator("#kept")).to_contain_text("kept on this device")
    kept = call.evaluate("JSON.stringify(localStorage)")
    assert "zakrila-call." in kept
    assert "neighbour" not in kept, "readable on the device"
    again = another_tab(people, call)
    again.goto(people.stack.url + "/intake/raise")
    expect(again.get_by_role("heading", name="A call you had begun")).to_be_visible()
    again.keyboard.press("F4")
    expect(again.get_by_label("What happened")).to_have_value("A neighbour hears a fight.")
    again.get_by_role("combobox", name="Where?").press("Enter")
    expect(standing(again)).to_contain_text("Vetovo")
    expect(again.locator("#kept")).to_contain_text("✓")
    known = facts(again, again.url.split("/")[-2])
    assert (known["narrative"], known["victim"]["injured"]) == ("A neighbour hears a fight.", "yes")
    assert incidents(people.stack) == before + 1
    wait_until(lambda: "zakrila-call." not in again.evaluate("JSON.stringify(localStorage)"), "the draft is forgotten")


def another_tab(people: People, page: Page) -> Page:
    """Close a tab and open another in the same browser."""
    context: BrowserContext = page.context
    page.close()
    return people.listened_to(context.new_page(), expect_refusals=True)


def test_a_call_raised_while_the_network_is_cut_is_sent_once_when_it_is_back(people: People) -> None:
    call = people.page(OPERATOR, "/intake/raise", expect_refusals=True)
    before = incidents(people.stack)
    place_typed(call, "iva", "Ivanovo")
    call.context.set_offline(True)
    call.keyboard.press("Enter")
    expect(call.get_by_role("alert").filter(has_text="NOT SENT YET")).to_be_visible()
    pressed(call, "Escape", "p", "y", "n")
    call.keyboard.type("She whispers.")
    assert incidents(people.stack) == before
    call.context.set_offline(False)
    expect(standing(call)).to_contain_text("Ivanovo")
    incident = call.url.split("/")[-2]
    wait_until(lambda: facts(call, incident).get("narrative"), "what was typed meanwhile is sent")
    assert facts(call, incident)["perpetrators"] == [{"present": "yes"}]
    call.context.set_offline(True)
    pressed(call, "Escape", "h", "y")
    expect(call.locator('.saving[data-for="victim.injured"]')).to_contain_text("will retry")
    call.context.set_offline(False)
    wait_until(lambda: facts(call, incident)["victim"].get("injured") == "yes", "the answer is sent")
    assert incidents(people.stack) == before + 1


def test_two_operators_see_each_other_and_both_versions_where_they_differ(people: People) -> None:
    first = people.page(OPERATOR, "/intake/raise", expect_refusals=True)
    incident = raised(first, "tse", "Tsenovo")
    second = people.page(SUPERVISOR, f"/intake/incidents/{incident}/call", expect_refusals=True)
    second.get_by_label("Her name").fill("Second")
    expect(first.get_by_label("Her name")).to_have_value("Second")
    first.context.set_offline(True)  # both type at once, and neither can know
    first.get_by_label("What happened").fill("Mine")
    second.get_by_label("What happened").fill("Theirs")
    expect(second.locator("#kept")).to_have_text("✓ saved")
    first.context.set_offline(False)
    beside = first.get_by_role("alert").filter(has_text="Somebody else wrote meanwhile: Theirs")
    expect(beside).to_be_visible()
    expect(first.get_by_label("What happened")).to_have_value("Mine")
    assert facts(second, incident)["narrative"] == "Theirs"
    beside.get_by_role("button", name="Keep mine").click()
    expect(second.get_by_label("What happened")).to_have_value("Mine")
    assert facts(second, incident)["narrative"] == "Mine"


def test_a_decision_made_looking_at_an_older_state_shows_what_changed_and_keeps_what_was_typed(people: People) -> None:
    call = people.page(OPERATOR, "/intake/raise")
    incident = raised(call, "sli", "Slivo pole")
    page = people.page(SUPERVISOR, f"/intake/incidents/{incident}", expect_refusals=True, java_script_enabled=False)
    pressed(call, "p", "y")
    wait_until(lambda: facts(call, incident).get("perpetrators"), "the operator's answer is saved")
    page.locator("summary", has_text="Waive: Shelter").click()
    page.locator("#legs-shelter-waive-reason").fill("She goes to her sister.")
    page.get_by_role("button", name="Waive: Shelter").click()
    refusal = page.get_by_role("alert")
    expect(refusal).to_contain_text("Somebody else changed this")
    expect(refusal).to_contain_text("incident updated (Operator)")
    expect(page.locator("#legs-shelter-waive-reason")).to_have_value("She goes to her sister.")
    page.get_by_role("button", name="Waive: Shelter").click()
    expect(standing(page).locator(".leg", has_text="Shelter")).to_contain_text("waived")


def test_a_second_call_is_offered_as_the_same_event_and_added_with_one_key(people: People) -> None:
    call = people.page(OPERATOR, "/intake/raise")
    incident = raised(call, "dve", "Dve mogili")
    before = incidents(people.stack)
    second = people.page(OPERATOR, "/intake/raise")
    pressed(second, "Escape", "w", "y")
    second.get_by_role("combobox", name="Where?").focus()
    place_typed(second, "dve", "Dve mogili")
    offer = second.get_by_role("region", name="Same event?")
    expect(offer).to_contain_text("same place")
    assert violations(second) == []
    second.keyboard.press("F8")
    expect(standing(second)).to_contain_text("2 calls")
    assert second.url.endswith(f"/intake/incidents/{incident}/call")
    wait_until(lambda: facts(second, incident).get("perpetrators"), "what was typed already is added")
    assert incidents(people.stack) == before


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_on_the_board_what_is_overdue_rises_to_the_top(people: People, operator: httpx.Client, theme: str) -> None:
    old, young = (operator.post("/intake/api/incidents", json=_calm()).json()["number"] for _ in range(2))
    board = people.page(SUPERVISOR, "/intake/?priority=3", color_scheme=theme, viewport=PHONE)
    assert listed(board).index(old) < listed(board).index(young), "the older first"
    with answered_within(people.stack, centre_accepted=1):
        late = operator.post("/intake/api/incidents", json=_calm()).json()["number"]
        expect(board.locator(f'[data-number="{late}"]')).to_contain_text("overdue")
    assert listed(board).index(late) < listed(board).index(old) < listed(board).index(young)
    assert violations(board) == []


def listed(board: Page) -> list[str]:
    """Return the numbers on the board, from the top."""
    numbers: list[str] = board.locator(".board-row").evaluate_all("(rows) => rows.map((row) => row.dataset.number)")
    return numbers


@contextmanager
def answered_within(stack: Stack, **deadlines: int) -> Iterator[None]:
    """Let intake know of other deadlines for a while, in seconds."""
    usual = section(named("ruse"), "intake", first=True).model_dump(mode="json")
    admin = stack.client("admin@demo.example")
    for changes in (deadlines, {}):
        body = {**usual, "deadlines": {**usual["deadlines"], **changes}}
        assert admin.put("/intake/api/jurisdictions/RSE", json=body).status_code == 200
        if changes:
            yield


def _calm() -> dict[str, Any]:
    """Return a call of the lowest priority."""
    answers = {str(question): "no" for question in range(1, 12)}
    needs = {"police": False, "shelter": False, "centre": True}
    return {
        "channel": "helpline",
        "call": "ended",
        "location": {"municipality": "RSE27"},
        "needs": needs,
        "risk": {"answers": answers},
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_an_incident_is_decided_on_and_closed_on_its_page(people: People, operator: httpx.Client, theme: str) -> None:
    incident = operator.post("/intake/api/incidents", json=_calm()).json()
    page = people.page(SUPERVISOR, f"/intake/incidents/{incident['id']}", color_scheme=theme, expect_refusals=True)
    expect(standing(page).locator(".leg", has_text="Centre")).to_contain_text("offered")
    assert violations(page) == []
    page.locator("summary", has_text="Ask for: Police").click()
    page.get_by_role("button", name="Ask for: Police").click()
    expect(standing(page).locator(".leg", has_text="Police")).to_contain_text("unit assigned")
    expect(page.locator("#timeline")).to_contain_text("unit assigned")
    page.locator("summary", has_text="Close the incident").click()
    page.get_by_label("Outcome").select_option("transferred")
    page.get_by_role("button", name="Close the incident").click()
    expect(page.get_by_role("alert")).to_contain_text("This step is not possible now")
    expect(page.get_by_label("Outcome")).to_have_value("transferred")
    page.get_by_label("Why it is closed although promises are not kept").fill("The neighbouring room has it.")
    page.get_by_role("button", name="Close the incident").click()
    expect(standing(page)).to_contain_text("closed: transferred")
    assert violations(page) == []


def test_a_call_is_raised_and_told_more_of_without_javascript(people: People) -> None:
    call = people.page(OPERATOR, "/intake/raise", java_script_enabled=False, expect_refusals=True)
    call.get_by_label("Where?").fill("bya")
    call.get_by_label("What happened").fill("Shouting.")
    call.get_by_role("button", name="Send help").click()
    expect(call.get_by_role("alert")).to_contain_text("Several places")
    expect(call.get_by_label("What happened")).to_have_value("Shouting.")
    call.get_by_role("button", name="Send help").click()
    expect(standing(call)).to_contain_text("Byala")
    call.get_by_role("group", name="Hurt?").get_by_label("yes").check()
    call.get_by_role("button", name="Save").click()
    expect(call.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    known = facts(call, call.url.split("/")[-2])
    assert (known["victim"], known["narrative"]) == ({"injured": "yes"}, "Shouting.")


@pytest.mark.parametrize("path", ["/intake/", "/intake/raise"])
def test_a_first_load_is_at_most_150_kilobytes(people: People, path: str) -> None:
    page = people.page(OPERATOR, "/intake/api/instruments", expect_refusals=True)
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.setCacheDisabled", {"cacheDisabled": True})
    received: list[float] = []
    session.on("Network.loadingFinished", lambda event: received.append(event["encodedDataLength"]))
    page.goto(people.stack.url + path, wait_until="load")
    assert 10_000 < sum(received) <= 150 * 1024
