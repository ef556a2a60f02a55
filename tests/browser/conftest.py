"""A real browser (Debian's Chromium) before a real stack."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright

from deploy.screenshots.camera import launched
from tests.browser.people import People
from tests.support.stack import Stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of one file: while it is there, its event loop stands in the way of others."""
    with sync_playwright() as playwright:
        chromium = launched(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """A stack with the demo jurisdiction, for the tests of one file."""
    started = Stack.started(tmp_path_factory.mktemp("browser") / "data")
    yield started
    started.down()


@pytest.fixture
def people(stack: Stack, browser: Browser) -> Iterator[People]:
    """Whoever a test asks for, each with a browser of their own; whatever a page complained of fails the test."""
    everybody = People(stack, browser)
    yield everybody
    everybody.leave()
    assert everybody.complaints == []
