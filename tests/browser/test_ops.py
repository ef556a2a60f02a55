"""Whoever runs the stack: every part at a glance, what nobody could handle, a new version of the area; the trail."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import nats
import pytest
from playwright.sync_api import Locator, Page, expect

from shared.contracts.vocabulary import Service
from shared.messaging.bus import BusAddress
from tests.browser.accessible import violations
from tests.browser.people import DESKTOP, PHONE, People
from tests.support.stack import ROOT, Stack, wait_until

RUSE = (ROOT / "deploy" / "jurisdictions" / "ruse.yaml").read_text()
_SOON = 15_000


def _card(page: Page, name: str) -> Locator:
    return page.locator("section.card").filter(has=page.get_by_role("heading", name=name, exact=True))


def _bus_url(stack: Stack) -> str:
    environment = Path(f"/proc/{stack.pid('intake')}/environ").read_bytes().split(b"\0")
    return next(each for each in environment if each.startswith(b"ZAKRILA_NATS_URL=")).decode().partition("=")[2]


def _poison(stack: Stack) -> None:
    """Say something as intake that nobody can read."""

    async def say() -> None:
        address = BusAddress(_bus_url(stack), stack.data / "keys", Service.INTAKE)
        client = await nats.connect(address.url, **address.options())
        headers = {"ce-id": os.urandom(8).hex(), "ce-type": "intake.incident.raised"}
        await client.jetstream().publish("zakrila.RSE.intake.incident.raised", b"{", stream="INTAKE", headers=headers)
        await client.close()

    with ThreadPoolExecutor() as thread:  # this one's event loop is Playwright's
        thread.submit(asyncio.run, say()).result()


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESKTOP), ("dark", PHONE)])
def test_every_part_is_seen_at_a_glance(people: People, theme: str, viewport: dict[str, int]) -> None:
    people.stack.zakrila("backup", str(people.stack.data.parent / f"{theme}.tar.gz"))
    health = people.page(
        "ops@demo.example", "/identity/parts", expect_refusals=True, color_scheme=theme, viewport=viewport
    )
    for service in Service:
        expect(health.locator(f"#answers-{service}")).to_have_text("✓ answers")
        expect(health.locator(f"#part-{service} .well")).to_be_visible()
        expect(health.locator(f"#part-{service} [data-browser-clock]")).to_have_text(re.compile(r"\d.*to within"))
    expect(_card(health, "Calls").locator("dd", has_text=re.compile(r"20\d\d.*kB"))).to_be_visible()
    expect(health.locator("#cache-intake")).to_have_text("– not used")
    expect(health.locator("#cache-identity")).to_have_text("✓ answers")
    assert violations(health) == []


def test_a_part_that_is_away_is_said_to_be_and_comes_back_by_itself(people: People) -> None:
    health = people.page("ops@demo.example", "/identity/parts", expect_refusals=True)
    expect(health.locator("#answers-notify")).to_have_text("✓ answers")
    away = _card(health, "Handovers to centres").get_by_text("Does not answer.", exact=False)
    expect(away).to_be_hidden()
    people.stack.signal("notify", signal.SIGSTOP)
    try:
        expect(away).to_be_visible(timeout=_SOON)
        expect(health.locator("#answers-notify")).to_have_text("▲ does not answer")
        expect(health.locator("#bus-notify")).to_have_text("? not known")
        expect(_card(health, "Handovers to centres").get_by_text("Version")).to_be_visible()
        expect(health.locator("#answers-dispatch")).to_have_text("✓ answers")
        assert violations(health) == []
    finally:
        people.stack.signal("notify", signal.SIGCONT)
    expect(away).to_be_hidden(timeout=_SOON)


@pytest.fixture
def poisoned(stack: Stack) -> Iterator[Callable[[], None]]:
    """Say what nobody can read, when the test wants it; afterwards it is settled with everybody who heard it."""
    yield lambda: _poison(stack)
    ops = stack.client("ops@demo.example")
    for service in (Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY):
        letters = f"{service.prefix}/api/dead-letters"

        def settled(letters: str = letters) -> bool:
            for each in ops.get(letters).json()["items"]:
                ops.post(f"{letters}/{each['id']}/discard", json={"reason": "said_by_a_test"})
            return not ops.get(letters).json()["items"]

        wait_until(settled, f"nothing waits at {service}")


def test_a_message_nobody_can_read_appears_by_itself_and_is_discarded_with_a_reason(
    people: People, poisoned: Callable[[], None]
) -> None:
    letters = people.page("ops@demo.example", "/dispatch/dead-letters")
    health = people.page("admin@demo.example", "/identity/parts", expect_refusals=True)
    expect(letters.get_by_text("No dead letter waits.")).to_be_visible()
    expect(letters.get_by_text("Live", exact=True)).to_be_visible()
    poisoned()
    expect(letters.get_by_role("cell", name="intake.incident.raised").first).to_be_visible()
    expect(_card(health, "Police jobs").get_by_text("Dead letters wait for a human.")).to_be_visible(timeout=_SOON)
    assert violations(letters) == []
    letters.get_by_role("link", name="Settle", exact=True).click()
    assert violations(letters) == []
    letters.get_by_label("Reason").nth(1).select_option("Never right: its sender must be mended")
    letters.get_by_role("button", name="Discard").click()
    expect(letters.get_by_role("status").filter(has_text="Discarded")).to_be_visible()
    expect(letters.get_by_text("No dead letter waits.")).to_be_visible()
    letters.get_by_role("link", name="Settled in the last 30 days").click()
    expect(letters.get_by_role("cell", name=re.compile("discarded"))).to_be_visible()
    expect(_card(health, "Police jobs").locator(".well")).to_be_visible(timeout=_SOON)


def test_a_preview_shows_exactly_what_will_change_and_then_it_is_loaded(people: People, tmp_path: Path) -> None:
    changed = tmp_path / "ruse.yaml"
    unit = "  - {code: Ruse-13, station: ruse-1, latitude: 43.844, longitude: 25.983}\n"
    assert unit in RUSE
    new = unit.replace("Ruse-13", "Ruse-14")
    text = RUSE.replace(unit, unit + new).replace('      - {name: "1", beds: 2}\n', '      - {name: "1", beds: 3}\n', 1)
    changed.write_text(text)
    page = people.page("admin@demo.example", "/identity/jurisdictions")
    expect(page.locator("#loaded-intake")).to_contain_text("RSE")
    assert violations(page) == []
    page.get_by_label("From a file").set_input_files(changed)
    expect(page.get_by_label("The document")).to_have_value(re.compile("Ruse-14"))
    page.get_by_role("button", name="See what changes").click()
    progress = page.get_by_role("status").first
    expect(progress).to_have_text("Every part can load it.")
    for name in ("Calls", "Handovers to centres", "Accounts and sign-in"):
        expect(_card(page, name)).to_contain_text("Nothing changes here.")
    expect(_card(page, "Police jobs")).to_contain_text(re.compile(r"1 added, 0 changed, 0 retired\s+Units\s+.*Ruse-14"))
    expect(_card(page, "Shelters and rooms")).to_contain_text("lipa / 1 (beds: 2 → 3)")
    assert violations(page) == []
    assert "Ruse-14" not in _units(people.stack)
    page.get_by_role("button", name="Load at every part").click()
    expect(progress).to_have_text("Loaded at every part.")
    expect(_card(page, "Police jobs")).to_contain_text("Loaded: 1 added, 0 changed, 0 retired.")
    assert "Ruse-14" in _units(people.stack)
    said = people.stack.zakrila("load", str(changed), "--preview").stdout
    assert said.count("added 0, changed 0, removed 0") == len(Service)


def test_a_document_that_is_wrong_is_refused_with_the_line_and_kept(people: People) -> None:
    page = people.page("admin@demo.example", "/identity/jurisdictions", expect_refusals=True, color_scheme="dark")
    page.get_by_label("The document").fill("code: RSE\nname: {bg: Русе}\ncountry: 7\n")
    page.get_by_role("button", name="See what changes").click()
    expect(page.get_by_role("alert").filter(has_text="The document is not right")).to_contain_text("Line 3")
    expect(page.get_by_label("The document")).to_have_value(re.compile("country: 7"))
    assert violations(page) == []


def test_a_unit_with_a_job_stands_in_the_way_until_it_is_cleared(people: People, tmp_path: Path) -> None:
    unit = _unit_on_its_way(people.stack)
    changed = tmp_path / "ruse.yaml"
    changed.write_text("\n".join(line for line in RUSE.splitlines() if unit not in line))
    page = people.page("admin@demo.example", "/identity/jurisdictions", viewport=PHONE)
    page.get_by_label("From a file").set_input_files(changed)
    expect(page.get_by_label("The document")).to_have_value(re.compile("code: RSE"))
    page.get_by_role("button", name="See what changes").click()
    expect(_card(page, "Police jobs")).to_contain_text(f"Unit {unit} has a job.")
    expect(page.get_by_role("status").first).to_have_text("Not every part can load it now: see below.")
    expect(page.get_by_role("button", name="Load at every part")).to_be_disabled()
    assert violations(page) == []


def test_without_javascript_each_part_shows_itself_and_is_loaded_at_its_own_page(people: People) -> None:
    health = people.page("admin@demo.example", "/identity/parts", java_script_enabled=False)
    _card(health, "Calls").get_by_role("link", name="Its own page").click()
    expect(health.locator(".well")).to_be_visible()
    health.goto(people.stack.url + "/identity/jurisdictions")
    health.get_by_label("The document").fill(RUSE.replace("beds: 3}", "beds: 4}", 1))
    health.get_by_role("button", name="See what changes").click()
    _card(health, "Shelters and rooms").get_by_role("button", name="See what changes").click()
    expect(health.get_by_text("Rooms", exact=True)).to_be_visible()
    health.get_by_role("button", name="Load here").click()
    expect(health.get_by_text(re.compile(r"^.*Loaded: \d added"))).to_be_visible()


def test_an_auditor_sees_who_looked_at_what(people: People) -> None:
    people.stack.zakrila("call", "--file=docs/examples/call.json")
    with people.stack.client("supervisor@demo.example") as supervisor:
        incident = supervisor.get("/intake/api/incidents").json()["items"][0]["id"]
        assert supervisor.get(f"/intake/api/incidents/{incident}/facts").status_code == httpx.codes.OK
        token = supervisor.headers["authorization"].split(".")[1]
    account = json.loads(_decoded(token))["sub"]
    trail = people.page("auditor@demo.example", "/identity/audits")
    assert violations(trail) == []
    trail.get_by_role("link", name="Calls").click()
    expect(trail.get_by_text("The chain of the lines shown is whole", exact=False)).to_be_visible()
    row = trail.get_by_role("row").filter(has_text=account).filter(has_text="incident.facts").first
    expect(row).to_contain_text("Supervisor")
    expect(row).to_contain_text(incident)
    assert violations(trail) == []
    row.get_by_role("link", name=account).click()
    expect(trail.get_by_label("Account", exact=True)).to_have_value(account)
    expect(trail.get_by_role("cell", name="jurisdiction.load")).to_have_count(0)


def _unit_on_its_way(stack: Stack) -> str:
    """Raise a call and have the job acknowledged, so that nobody takes it back; return whose it is."""
    stack.zakrila("call", "--file=docs/examples/call.json")
    newest = "SELECT j.id, u.code, u.station FROM job j JOIN unit u ON u.id = j.unit ORDER BY j.id DESC LIMIT 1"
    ((job, unit, station),) = stack.read(Service.DISPATCH, newest)
    with stack.client(stack.account("dispatcher", station)) as desk:
        assert desk.post(f"/dispatch/api/jobs/{job}/acknowledge").status_code == httpx.codes.OK
    return str(unit)


def _decoded(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _units(stack: Stack) -> set[str]:
    return {code for (code,) in stack.read(Service.DISPATCH, "SELECT code FROM unit WHERE NOT retired AND NOT shadow")}
