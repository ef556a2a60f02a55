"""People before their browsers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page

from tests.support.stack import Stack

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1280, "height": 800}
_FORM_WORD = "a-word-that-the-forms-of-this-browser-repeat"
_REFUSALS = ("Failed to load resource", "Response Status Error Code", "htmx:")
"""How the console begins to speak of an answer of 4xx or 5xx, or of none."""


@dataclass
class People:
    """Opens a browser for each person of a story."""

    stack: Stack
    browser: Browser
    complaints: list[str] = field(default_factory=list)
    """What pages wrote to the console as errors, and exceptions nobody caught."""
    contexts: list[BrowserContext] = field(default_factory=list)

    def page(self, email: str, path: str, *, expect_refusals: bool = False, **options: Any) -> Page:
        """Return a page of somebody who is signed in.

        Args:
            email: whose account.
            path: where the page is.
            expect_refusals: answers of 4xx and 5xx are part of the story.
            options: of the browser's context: ``viewport``, ``color_scheme``, ``locale``, …
        """
        context = self.context(**options)
        token = self.stack.zakrila("token", email).stdout.strip()
        names = {"zakrila": token, "zakrila_form": _FORM_WORD}
        context.add_cookies([{"name": name, "value": value, "url": self.stack.url} for name, value in names.items()])
        page = self.listened_to(context.new_page(), expect_refusals=expect_refusals)
        page.goto(self.stack.url + path)
        return page

    def signed_in(self, email: str, password: str, path: str = "/identity/", **options: Any) -> Page:
        """Return a page of somebody who was sent to sign in on the way to it, and did."""
        page = self.listened_to(self.context(**options).new_page(), expect_refusals=True)
        page.goto(self.stack.url + path)
        page.locator("#email").fill(email)
        page.locator("#password").fill(password)
        page.locator(".door button.main").click()
        page.wait_for_url(self.stack.url + path)
        return page

    def context(self, **options: Any) -> BrowserContext:
        """Return a browser of its own: nothing is shared with anybody else's."""
        context = self.browser.new_context(**{"viewport": DESKTOP, "locale": "en-GB"} | options)
        context.set_default_timeout(15_000)
        self.contexts.append(context)
        return context

    def listened_to(self, page: Page, *, expect_refusals: bool = False) -> Page:
        """Note what a page complains of."""

        def note(message: ConsoleMessage) -> None:
            refusal = expect_refusals and message.text.startswith(_REFUSALS)
            if message.type == "error" and not refusal:
                self.complaints.append(f"{page.url}: {message.text}")

        page.on("console", note)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        return page

    def leave(self) -> None:
        """Close every browser."""
        for context in self.contexts:
            context.close()
