"""A browser without eyes: it holds a sign-in's cookies, reads pages and sends their forms."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

import httpx

from shared.contracts.vocabulary import Role
from tests.support.house import Running
from tests.support.trust import NOBODY

_FORM_WORD = "a-word-that-the-forms-of-this-browser-repeat"
_TAG = re.compile(r"<(script|style)\b.*?</\1>|<[^>]*>", re.DOTALL)


class Browser:
    """Somebody before a service's pages."""

    def __init__(self, service: Running, role: Role, organisation: str = "TST") -> None:
        cookies = {"zakrila": service.token(role, organisation), "zakrila_form": _FORM_WORD}
        headers = {"accept": "text/html", "accept-language": "en"}
        self.http = httpx.AsyncClient(
            verify=NOBODY, base_url=service.base, cookies=cookies, headers=headers, timeout=10
        )

    async def reads(self, path: str, status: int = 200) -> str:
        """Return what a page says, as one line of text."""
        return _text(await self.http.get(path), status)

    async def sends(self, path: str, fields: Mapping[str, str] | None = None, status: int = 200) -> str:
        """Send a form; return what the page it leads to says."""
        answer = await self.http.post(path, data={"csrf": _FORM_WORD, **(fields or {})})
        if answer.status_code == httpx.codes.SEE_OTHER:
            answer = await self.http.get(answer.headers["location"].removeprefix(self.http.base_url.path.rstrip("/")))
        return _text(answer, status)


def _text(answer: httpx.Response, status: int) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return " ".join(html.unescape(_TAG.sub(" ", answer.text)).split())
