"""A night in a centre: handovers that sound, a packet that nobody must tell twice, a rota that two people edit."""

from __future__ import annotations

import json
import re
import secrets
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

from deploy.jurisdictions import load
from shared.contracts.jurisdiction_sections import section
from tests.browser.accessible import violations
from tests.browser.people import DESKTOP, PHONE, People
from tests.support.stack import ROOT, Stack, wait_until

ANA = "centre_staff.dunav@demo.example"
BOYANA = "boyana.dunav@demo.example"
VERA = "vera.dunav@demo.example"
_CALL = json.loads((ROOT / "docs/examples/call.json").read_text())
_SOON_SECONDS = 3
_THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


class Centre:
    """What happens around the centre while its people look at their browsers."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.operator = stack.client("operator@demo.example")
        self.supervisor = stack.client("supervisor@demo.example")
        self.admin = stack.client("admin@demo.example")
        self.ana = stack.client(ANA)

    def raises(self, **more: Any) -> dict[str, Any]:
        """Let an operator raise an incident; return its handover once it is offered."""
        drill = more.get("mode", "actual") != "actual"
        body = {**_CALL, "external_ref": secrets.token_hex(8), **more}
        body = {name: value for name, value in body.items() if value is not None}
        answer = (self.supervisor if drill else self.operator).post("/intake/api/incidents", json=body)
        assert answer.status_code == 201, answer.text
        return self.handover_of(answer.json()["id"])

    def handover_of(self, incident: str) -> dict[str, Any]:
        """Return the newest handover of an incident, once there is one."""

        def newest() -> dict[str, Any] | None:
            listed = self.supervisor.get("/notify/api/handovers", params={"incident": incident}).json()["items"]
            return listed[0] if listed else None

        found: dict[str, Any] = wait_until(newest, "a centre is offered it")
        return found

    def read(self, handover: dict[str, Any]) -> dict[str, Any]:
        """Return how a handover is now."""
        found: dict[str, Any] = self.supervisor.get(f"/notify/api/handovers/{handover['id']}").json()
        return found

    def calm(self) -> None:
        """Take on and end whatever is open, for the next test."""
        for state in ("offered", "acknowledged", "accepted"):
            for each in self.ana.get("/notify/api/handovers", params={"state": state}).json()["items"]:
                for step in ("accept", "complete"):
                    self.ana.post(f"/notify/api/handovers/{each['id']}/{step}")
        for each in self.ana.get("/notify/api/notices", params={"state": "sent"}).json()["items"]:
            self.ana.post(f"/notify/api/notices/{each['id']}/acknowledge")


@pytest.fixture(scope="module")
def _centre(stack: Stack) -> Centre:
    return Centre(stack)


@pytest.fixture
def centre(_centre: Centre) -> Centre:
    """The centre, with nothing open."""
    _centre.calm()
    return _centre


def live(page: Page) -> Page:
    """Wait until a page hears of changes."""
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    return page


def card(page: Page, handover: dict[str, Any]) -> Any:
    """Return the card of a handover in an inbox."""
    return page.get_by_role("article", name=handover["incident_number"], exact=True)


def accessible(page: Page) -> None:
    """Fail for what is not accessible on a page, in both themes."""
    for theme in _THEMES:
        page.emulate_media(color_scheme=theme, reduced_motion="reduce")  # a colour under way is no colour
        assert violations(page) == []


def listen(page: Page) -> None:
    """Count the tones that a page makes."""
    page.add_init_script(
        """window.tones = 0;
        const start = OscillatorNode.prototype.start;
        OscillatorNode.prototype.start = function (...when) { window.tones += 1; return start.apply(this, when); };"""
    )
    page.reload()


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_handover_appears_by_itself_sounds_once_and_a_colleague_sees_who_took_it(
    people: People, centre: Centre, viewport: dict[str, int]
) -> None:
    ana = people.page(ANA, "/notify/", viewport=viewport)
    boyana = live(people.page(BOYANA, "/notify/"))
    listen(ana)
    live(ana).get_by_role("heading", name="Handovers").click()  # browsers sound only for whoever is there
    expect(ana.get_by_text("No handover is open.")).to_be_visible()
    handover = centre.raises(victim={"name": "Мария Измислена", "languages": ["bg"]})
    waiting = card(ana, handover)
    expect(waiting).to_be_visible()
    expect(waiting).to_have_attribute("data-alarm", handover["id"])
    expect(waiting.locator("time[data-count]")).to_have_text(re.compile(r"^[0-5]:\d\d$"))
    expect(waiting.get_by_text("Called now: you")).to_be_visible()
    expect(card(boyana, handover).get_by_text(f"Called now: {ANA}")).to_be_visible()
    ana.wait_for_function("window.tones === 3")  # one alarm has three tones
    expect(waiting.get_by_text("You were paged at")).to_be_visible()
    assert ana.evaluate("window.tones") == 3
    accessible(ana)
    waiting.get_by_role("button", name="Acknowledge").click()
    expect(ana.get_by_role("status").filter(has_text="Acknowledged")).to_be_visible()
    expect(card(boyana, handover).get_by_text(f"Acknowledged by {ANA}")).to_be_visible(timeout=1000)
    ana.get_by_role("button", name="Accept").click()
    expect(ana.get_by_role("status").filter(has_text="Accepted")).to_be_visible()
    expect(boyana.get_by_role("heading", name="Accepted: with us now")).to_be_visible(timeout=1000)
    assert centre.read(handover)["state"] == "accepted"


def test_whoever_is_slower_is_told_so_and_sees_how_it_is(people: People, centre: Centre) -> None:
    handover = centre.raises()
    boyana = people.page(BOYANA, f"/notify/handovers/{handover['id']}", expect_refusals=True)
    decline = boyana.locator("#decline-form")
    decline.get_by_label("Why").select_option("full")
    boyana.evaluate("document.querySelector('[name=version][form]').removeAttribute('form')")  # as if it had not heard
    centre.ana.post(f"/notify/api/handovers/{handover['id']}/accept")
    expect(boyana.get_by_text(f"accepted by {ANA}")).to_be_visible(timeout=1000)
    expect(decline).to_be_hidden()
    boyana.evaluate("document.getElementById('decline-form').submit()")
    expect(boyana.get_by_role("alert").filter(has_text="It was not declined")).to_be_visible()
    expect(boyana.get_by_role("button", name="Complete")).to_be_visible()
    accessible(boyana)


@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_a_packet_puts_safe_contact_first_and_tells_what_not_to_ask_again(
    people: People, centre: Centre, viewport: dict[str, int]
) -> None:
    handover = centre.raises()
    ana = live(people.page(ANA, f"/notify/handovers/{handover['id']}", viewport=viewport))
    safe = ana.get_by_role("region", name="How to reach her safely")
    expect(safe.get_by_text(re.compile("DO NOT CALL"))).to_be_visible()
    expect(safe.get_by_text("пратка")).to_be_visible()
    expect(safe.get_by_text("text messages")).to_be_visible()
    expect(safe.get_by_role("link")).to_have_count(0)
    told, unasked = (ana.get_by_role("region", name=name) for name in ("Already told", "Not yet asked"))
    expect(told.get_by_text("Мария Измислена")).to_be_visible()
    expect(told.get_by_text("Weapon used or threatened against her")).to_be_visible()
    expect(unasked.get_by_text("Is it safe to call")).to_be_visible()
    expect(unasked.get_by_text("Weapon used or threatened against her")).to_have_count(0)
    tops = [each.bounding_box() for each in (safe, ana.get_by_role("region", name="People and children"), told)]
    assert [box["y"] for box in tops if box] == sorted(box["y"] for box in tops if box)
    accessible(ana)
    # What an operator learns later is told already, the moment that it is known.
    later = {"callback": {**_CALL["callback"], "safe_to_call": "yes"}, "risk": {"answers": {"5": "no"}}}
    answer = centre.operator.patch(f"/intake/api/incidents/{handover['incident']}", json=later)
    assert answer.status_code == 200, answer.text
    expect(safe.get_by_role("link", name=_CALL["callback"]["phone"])).to_be_visible()
    expect(told.get_by_text("He has tried to choke her")).to_be_visible()
    ana.emulate_media(media="print")
    expect(ana.get_by_text("Confidential.")).to_be_visible()
    expect(ana.get_by_role("button", name="Acknowledge")).to_be_hidden()


def test_without_consent_there_is_nothing_personal_to_see_and_the_reason_is_said(
    people: People, centre: Centre
) -> None:
    handover = centre.raises(consent=None)
    ana = people.page(ANA, f"/notify/handovers/{handover['id']}")
    expect(ana.get_by_role("heading", name="She has not agreed that more is shared")).to_be_visible()
    expect(ana.get_by_text("2 people")).to_be_visible()
    content = ana.content()
    personal = ("Мария", "Петър", "пратка", "359888000001", "викове", "Weapon used")
    assert [word for word in personal if word in content] == []
    accessible(ana)
    consent = {"consent": _CALL["consent"]}
    assert centre.operator.patch(f"/intake/api/incidents/{handover['incident']}", json=consent).status_code == 200
    expect(live(ana).get_by_role("region", name="Already told").get_by_text("Мария Измислена")).to_be_visible()


def test_declining_goes_to_the_next_centre_and_without_one_the_promise_is_not_met(
    people: People, centre: Centre
) -> None:
    handover = centre.raises()
    ana = people.page(ANA, f"/notify/handovers/{handover['id']}", viewport=PHONE)
    ana.get_by_role("link", name="Decline …").click()
    ana.get_by_label("Why").select_option("nobody_available")
    ana.get_by_role("button", name="Decline it").click()
    expect(ana.get_by_role("status").filter(has_text="The next centre is offered it now")).to_be_visible()
    expect(card(ana, handover)).to_have_count(0)

    def leg() -> bool:
        incident = centre.operator.get(f"/intake/api/incidents/{handover['incident']}").json()
        return str(incident["legs"]["centre"]["state"]) == "unmet"

    assert wait_until(leg, "the operator is told")


def test_when_nobody_answers_the_next_is_called_and_everybody_sees_whom(people: People, centre: Centre) -> None:
    before = centre.ana.get("/notify/api/centres/dunav/rota").json()["entries"]
    ana = live(people.page(ANA, "/notify/"))
    rota = live(people.page(BOYANA, "/notify/rota"))
    hurry(centre, before)
    handover = centre.raises()
    expect(card(ana, handover).get_by_text(f"Called now: {BOYANA}")).to_be_visible()
    expect(card(ana, handover).get_by_text("2 calls so far")).to_be_visible()
    strip = rota.locator(".strip")
    expect(strip.get_by_text("you")).to_be_visible()
    calls = rota.get_by_role("region", name="Who was called, and when").get_by_role("row")
    expect(calls.filter(has_text=handover["incident_number"]).filter(has_text="nobody answered before")).to_be_visible()
    accessible(rota)
    strip.get_by_role("link").click()
    rota.get_by_role("button", name="Acknowledge").click()
    expect(rota.get_by_role("region", name="Who was called").get_by_role("row")).not_to_have_count(0)
    expect(card(ana, handover).get_by_text(f"Acknowledged by {BOYANA}")).to_be_visible()
    centre.ana.put("/notify/api/centres/dunav/rota", json={"entries": before})


def hurry(centre: Centre, entries: list[dict[str, Any]]) -> None:
    """Give the first of the rota the usual time, and let that be short."""
    document = section(load.named("ruse"), "notify", first=True).model_dump(mode="json")
    document["deadlines"]["rota_step"] = _SOON_SECONDS
    loaded = centre.admin.put("/notify/api/jurisdictions/RSE", json=document)
    assert loaded.status_code == 200, loaded.text
    first = {**entries[0], "minutes": None}
    changed = centre.ana.put("/notify/api/centres/dunav/rota", json={"entries": [first, *entries[1:]]})
    assert changed.status_code == 200, changed.text


def test_a_childs_notice_gives_the_offices_phone_and_what_to_tell(people: People, centre: Centre) -> None:
    handover = centre.raises()
    ana = live(people.page(ANA, "/notify/", viewport=PHONE))
    boyana = live(people.page(BOYANA, "/notify/"))
    notice = ana.get_by_role("article", name=f"Child protection, {handover['incident_number']}")
    expect(notice.get_by_role("link", name="+359888000401")).to_have_attribute("href", "tel:+359888000401")
    notice.get_by_role("link", name="What to tell the office").click()
    expect(ana.get_by_text("4 years, with her")).to_be_visible()
    accessible(ana)
    ana.get_by_role("button", name="The office knows").click()
    expect(ana.get_by_role("status").filter(has_text="the child-protection office knows")).to_be_visible()
    expect(boyana.get_by_role("heading", name="Child protection must be told")).to_have_count(0, timeout=1000)


def test_a_rota_is_changed_by_keyboard_and_whoever_saves_second_sees_both(people: People, centre: Centre) -> None:
    before = centre.ana.get("/notify/api/centres/dunav/rota").json()["entries"]
    watching = live(people.page(VERA, "/notify/rota"))
    ana = people.page(ANA, "/notify/rota/edit")
    boyana = people.page(BOYANA, "/notify/rota/edit", viewport=PHONE, expect_refusals=True)
    ana.get_by_role("button", name="Move step 2 up").press("Enter")
    first = ana.get_by_label("E-mail of the account step 1", exact=True)
    expect(first).to_have_value(before[1]["person"])
    expect(ana.get_by_role("button", name="Move step 1 down")).to_be_focused()
    ana.get_by_role("button", name="Add a step").press("Enter")
    added = ana.get_by_label(f"E-mail of the account step {len(before) + 1}", exact=True)
    expect(added).to_be_focused()
    added.fill("new@demo.example")
    added.press("Enter")
    expect(ana.get_by_role("status").filter(has_text="The rota is saved")).to_be_visible()
    expect(watching.get_by_role("region", name="On call now").get_by_text(before[1]["person"])).to_be_visible()
    expect(watching.get_by_role("cell", name="new@demo.example")).to_be_visible()
    boyana.get_by_role("button", name="Remove step 4").click()
    boyana.get_by_role("button", name="Save the rota").click()
    expect(boyana.get_by_role("alert").filter(has_text="A colleague changed the rota")).to_be_visible()
    expect(boyana.get_by_role("region", name="As it is now").get_by_text("new@demo.example")).to_be_visible()
    expect(boyana.get_by_label("E-mail of the account step 1", exact=True)).to_have_value(before[0]["person"])
    accessible(boyana)
    boyana.get_by_role("button", name="Save mine in the place of theirs").click()
    expect(boyana.get_by_role("status").filter(has_text="The rota is saved")).to_be_visible()
    assert len(centre.ana.get("/notify/api/centres/dunav/rota").json()["entries"]) == len(before) - 1
    accessible(boyana)
    centre.ana.put("/notify/api/centres/dunav/rota", json={"entries": before})


def test_everything_a_form_does_is_done_without_scripts(people: People, centre: Centre) -> None:
    handover = centre.raises()
    ana = people.page(ANA, "/notify/", java_script_enabled=False)
    card(ana, handover).get_by_role("button", name="Acknowledge").click()
    expect(ana.get_by_role("region", name="Already told").get_by_text("Мария Измислена")).to_be_visible()
    ana.get_by_role("button", name="Accept").click()
    expect(ana.get_by_role("status").filter(has_text="Accepted")).to_be_visible()
    ana.goto(f"{people.stack.url}/notify/rota/edit")
    ana.get_by_role("button", name="Add a step").click()
    expect(ana.get_by_label("E-mail of the account")).to_have_count(5)


def test_a_drill_is_marked_and_stands_apart(people: People, centre: Centre) -> None:
    handover = centre.raises(mode="exercise")
    ana = live(people.page(ANA, "/notify/"))
    expect(card(ana, handover)).to_have_count(0)
    ana.get_by_role("link", name="Drills").click()
    expect(card(live(ana), handover)).to_be_visible()
    expect(ana.get_by_text("Nothing here is real")).to_be_visible()
    accessible(ana)


def test_an_admin_sees_what_no_centre_serves_and_mends_it(people: People, centre: Centre) -> None:
    admin = live(people.page("admin@demo.example", "/notify/centres"))
    supervisor = live(people.page("supervisor@demo.example", "/notify/centres", viewport=PHONE))
    admin.get_by_role("link", name="Support Centre Dunav").click()
    admin.get_by_label("Byala").uncheck()
    admin.get_by_role("button", name="Save").click()
    expect(admin.get_by_role("status").filter(has_text="The centre is saved")).to_be_visible()
    expect(supervisor.get_by_text("1 municipality is served by no centre")).to_be_visible()
    accessible(supervisor)
    accessible(admin)
    admin.goto(f"{people.stack.url}/notify/centres/new")
    admin.get_by_label("Code").fill("byala")
    admin.get_by_label("English").fill("Support Centre Byala")
    admin.get_by_label("Phone").fill("+359 888 000 303")
    admin.get_by_label("Most its own").select_option("RSE04")
    accessible(admin)
    admin.get_by_role("button", name="Make the centre").click()
    expect(admin.get_by_role("status").filter(has_text="The centre is made")).to_be_visible()
    expect(supervisor.get_by_text("served by no centre")).to_have_count(0)
    expect(supervisor.get_by_text("Nobody is on call:")).to_be_visible()
    listed = supervisor.get_by_role("link", name="All handovers")
    listed.click()
    expect(supervisor.get_by_role("heading", name="All handovers")).to_be_visible()
    accessible(supervisor)
    serves = centre.supervisor.get("/notify/api/centres/dunav").json()["serves"]
    mended = {"serves": [*serves, "RSE04"]}
    assert centre.admin.patch("/notify/api/centres/dunav", json=mended).status_code == 200


def test_a_supervisor_sees_how_far_it_is_and_nothing_of_her(people: People, centre: Centre) -> None:
    handover = centre.raises()
    supervisor = people.page("supervisor@demo.example", f"/notify/handovers/{handover['id']}")
    expect(supervisor.get_by_text("for the staff of the centre alone")).to_be_visible()
    expect(supervisor.get_by_role("button", name="Acknowledge")).to_have_count(0)
    assert "Мария" not in supervisor.content()
    accessible(supervisor)
