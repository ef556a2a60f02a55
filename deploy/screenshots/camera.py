"""A browser that takes pictures of pages, once they are complete and hear of changes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, BrowserContext, Page, Playwright
from playwright.sync_api import Error as BrowserError

from deploy.screenshots import chromium
from deploy.screenshots.pages import View

Size = Literal["desktop", "phone"]
Theme = Literal["light", "dark"]
SIZES: dict[Size, tuple[int, int]] = {"desktop": (1280, 800), "phone": (390, 844)}
THEMES: tuple[Theme, ...] = ("light", "dark")
_FORM_WORD = "a-word-that-the-forms-of-this-browser-repeat"
_PATIENCE_MS = 20_000
# Complete: nothing is being read or put in, the stream (if the page has one) is open, and that for a moment.
_CALM = """() => {
  const busy = document.querySelector(".htmx-request, .htmx-swapping, .htmx-settling");
  const live = !document.body.dataset.stream || document.querySelector("#connection.on");
  if (busy || !live || document.fonts.status !== "loaded") { window.calmSince = 0; return false; }
  window.calmSince ||= performance.now();
  return performance.now() - window.calmSince > 400;
}"""


def launched(playwright: Playwright) -> Browser:
    """Start Debian's Chromium."""
    return playwright.chromium.launch(executable_path=chromium.path(), args=list(chromium.ARGUMENTS))


@dataclass
class Camera:
    """Takes the pictures of pages in one stack, one language after another."""

    browser: Browser
    origin: str
    out: Path
    sizes: Sequence[Size]
    themes: Sequence[Theme]
    tell: Callable[[], None] = lambda: None
    """Told of every picture."""
    taken: list[Path] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What was not as it should be, a sentence for each page."""

    def sitting(self, language: str, views: Sequence[View], addresses: Sequence[str], token: str | None) -> None:
        """Take the pictures of what one account sees in one language.

        Args:
            language: its code.
            views: the pages, all of one role.
            addresses: where each is, with the ids that were staged.
            token: the account's; none for nobody's.
        """
        context = self._context(language, token)
        page = context.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for view, address in zip(views, addresses, strict=True):
            try:
                complaints += self._view(page, language, view, address)
            except BrowserError as error:
                complaints.append(str(error).splitlines()[0])
            self.wrong += [f"{language}/{view.title} ({address}): {each}" for each in complaints]
            complaints.clear()
        context.close()

    def _context(self, language: str, token: str | None) -> BrowserContext:
        context = self.browser.new_context(reduced_motion="reduce", service_workers="block")
        context.set_default_timeout(_PATIENCE_MS)
        cookies = {"zakrila_language": language, "zakrila_form": _FORM_WORD} | ({"zakrila": token} if token else {})
        context.add_cookies([{"name": name, "value": value, "url": self.origin} for name, value in cookies.items()])
        return context

    def _view(self, page: Page, language: str, view: View, address: str) -> list[str]:
        """Take a page's pictures in every shape; return what was wrong with it."""
        self._shape(page, self.sizes[0], self.themes[0])
        answer = page.goto(self.origin + address)
        status = answer.status if answer else 0
        for size in self.sizes:
            for theme in self.themes:
                self._shape(page, size, theme)
                page.wait_for_function(_CALM, polling=100)
                file = self.out / language / view.who / f"{view.name}-{size}-{theme}.png"
                page.screenshot(path=file, full_page=True)
                self.taken.append(file)
                self.tell()
        return [] if status == view.status else [f"answered {status}"]

    @staticmethod
    def _shape(page: Page, size: Size, theme: Theme) -> None:
        width, height = SIZES[size]
        page.set_viewport_size({"width": width, "height": height})
        page.emulate_media(color_scheme=theme)


def by_role(views: Sequence[View]) -> dict[str, list[View]]:
    """Return pages by who looks at them, in their order."""
    return {who: [view for view in views if view.who == who] for who in dict.fromkeys(view.who for view in views)}
