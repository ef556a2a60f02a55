"""How a refused sign-in is told: what was wrong, and how long to wait before the next try."""

from __future__ import annotations

from datetime import timedelta

from fastapi import Response
from fastapi.responses import JSONResponse

from shared.clock import utc_now
from shared.contracts import problems
from shared.errors import DomainError, TooMany, Unavailable
from shared.web.pages.languages import Language
from shared.web.pages.route import sentence
from shared.web.pages.words import N_

_WAIT = N_("Too many tries. To keep guessers out, the next is possible in %(span)s, at %(time)s.")


def said(language: Language, error: DomainError | Unavailable | None) -> tuple[str, int, dict[str, str]]:
    """Return the sentence for a page, its status, and the headers that go with it."""
    if error is None:
        return "", 200, {}
    headers = {name: value for name, value in problems.headers_of(error).items() if name == "Retry-After"}
    return _sentence(language, error), problems.kind_of(error).status, headers


def told(language: Language, error: DomainError | Unavailable) -> Response:
    """Answer a script: the problem document, its detail in the reader's language."""
    _, status, headers = said(language, error)
    document = {**problems.of(error), "detail": _sentence(language, error)}
    return JSONResponse(document, status, {**headers, "Cache-Control": "no-store"}, media_type=problems.MEDIA_TYPE)


def _sentence(language: Language, error: DomainError | Unavailable) -> str:
    if isinstance(error, TooMany):
        seconds = max(1, round(error.retry_after))
        at = utc_now() + timedelta(seconds=seconds)
        return language.gettext(_WAIT) % {"span": language.span(seconds), "time": language.time(at)}
    return sentence(language, error, error.detail)
