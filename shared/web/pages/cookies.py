"""What a browser keeps of a sign-in, and how a request that changes something is known to come from our own pages.

``zakrila`` holds the token that a program would send as ``Authorization``; ``zakrila_again`` what identity gives the
next token for; ``zakrila_form`` a random word that a page repeats in every form (double submit, OWASP). All are
HttpOnly and SameSite=Lax; under TLS they are Secure and bear the prefix ``__Host-``, so that no neighbouring host can
set them. ``zakrila_late`` is where a lock puts the token: nothing reads it but what a lock may not stop. Language,
theme and what was last said hold nothing secret.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Literal

from fastapi import Request, Response

from shared.errors import Forbidden

FORM_FIELD = "csrf"
FORM_HEADER = "x-csrf-token"
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES = frozenset({"same-origin", "none"})
_YEAR_SECONDS = 365 * 24 * 3600


@dataclass(frozen=True)
class Cookies:
    """The cookies of one deployment."""

    secure: bool
    """Whether people reach it by https."""

    def token(self, request: Request) -> str | None:
        """Return the token that the browser holds."""
        return request.cookies.get(self._name("zakrila"))

    def late_token(self, request: Request) -> str | None:
        """Return the token that the browser holds or, locked, held: ``zakrila`` may hold one whose time is over."""
        return self.token(request) or request.cookies.get(self._name("zakrila_late"))

    def again(self, request: Request) -> str | None:
        """Return what the next token is given for."""
        return request.cookies.get(self._name("zakrila_again"))

    def form_word(self, request: Request) -> str:
        """Return the word that this browser's forms repeat; empty before it was given one."""
        return request.cookies.get(self._name("zakrila_form"), "")

    def keep_signed_in(self, response: Response, token: str, again: str, seconds: int) -> None:
        """Give a browser its sign-in, for as long as the session lasts at most."""
        self._set(response, "zakrila", token, seconds)
        self._set(response, "zakrila_again", again, seconds)
        self._delete(response, "zakrila_late")

    def lock(self, request: Request, response: Response, seconds: int) -> None:
        """Put the token where ordinary routes do not look; the session goes on once its owner proves to be there."""
        if token := self.token(request):
            self._set(response, "zakrila_late", token, seconds)
            self._delete(response, "zakrila")

    def forget(self, response: Response) -> None:
        """Take the sign-in away."""
        for name in ("zakrila", "zakrila_again", "zakrila_late"):
            self._delete(response, name)

    def give_form_word(self, request: Request, response: Response) -> str:
        """Return the browser's form word; one that has none is given one with this response."""
        word = self.form_word(request)
        if not word:
            word = secrets.token_urlsafe(32)
            self._set(response, "zakrila_form", word, None)
        return word

    def check_form_word(self, request: Request, said: str | None) -> None:
        """Refuse what another site makes a browser send.

        Raises:
            Forbidden: the request does not repeat the browser's form word, or says itself that it is from elsewhere.
        """
        if request.method in _SAFE_METHODS:
            return
        word = self.form_word(request)
        from_elsewhere = request.headers.get("sec-fetch-site", "none") not in _OWN_SITES
        if from_elsewhere or not word or not secrets.compare_digest(word.encode(), (said or "").encode()):
            raise Forbidden("This did not come from a page of this system. Load the page again, then repeat it.")

    def remember(self, response: Response, name: Literal["language", "theme"], value: str) -> None:
        """Keep how a browser likes its pages."""
        response.set_cookie(f"zakrila_{name}", value, _YEAR_SECONDS, secure=self.secure, httponly=True, samesite="lax")

    def _set(self, response: Response, name: str, value: str, seconds: int | None) -> None:
        response.set_cookie(
            self._name(name), value, seconds, path="/", secure=self.secure, httponly=True, samesite="lax"
        )

    def _delete(self, response: Response, name: str) -> None:
        response.delete_cookie(self._name(name), path="/", secure=self.secure, httponly=True, samesite="lax")

    def _name(self, name: str) -> str:
        return f"__Host-{name}" if self.secure else name
