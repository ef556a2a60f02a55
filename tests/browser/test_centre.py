"""The centre's inbox."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.accessible import violations
from tests.browser.people import PHONE, People


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_handover_appears_by_itself_and_is_acknowledged_with_one_press(people: People, theme: str) -> None:
    inbox = people.page("centre_staff.dunav@demo.example", "/notify/", color_scheme=theme, viewport=PHONE)
    expect(inbox.get_by_text("Live", exact=True)).to_be_visible()
    people.stack.zakrila("call", "--file=docs/examples/call.json")
    inbox.get_by_role("button", name="Acknowledge").first.click()
    expect(inbox.get_by_role("status").filter(has_text="Acknowledged")).to_be_visible()
    assert violations(inbox) == []
