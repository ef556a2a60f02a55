"""Who may: every route names the roles it is for; one that names none is refused when the service starts (P6)."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import iter_route_contexts

from shared.contracts.vocabulary import Role
from shared.errors import Forbidden, NotSignedIn, TooMany
from shared.security.revocations import Revocations
from shared.security.tokens import Account, Verifier
from shared.web.pages.cookies import FORM_HEADER, Cookies
from shared.web.pages.words import WORDS

GATEWAY_HEADER = "x-zakrila-gateway"
"""Set by the gateway on what it passes on; a request without it came to the service's own port."""


class Gatekeeper:
    """Knows who holds a token, and how often an account may ask."""

    def __init__(
        self, verifier: Verifier, revocations: Revocations, cookies: Cookies, per_second: float, burst: float
    ) -> None:
        self._verifier = verifier
        self._cookies = cookies
        self._revocations = revocations
        self._per_second = per_second
        self._burst = burst
        self._buckets: dict[str, tuple[float, float]] = {}

    def account(self, request: Request) -> Account:
        """Return who asks.

        Raises:
            NotSignedIn: no token, or one that is not valid any more.
            Forbidden: a browser was made to ask by a page that is not ours.
        """
        account = self._verifier.account(self._token(request))
        self._revocations.check(account)
        return account

    def even_late(self, request: Request, hours: float) -> Account:
        """Return who asks, even if a browser's sign-in is locked or its token's time is over.

        Args:
            request: from a browser; what a program sends must be in time.
            hours: how long ago the token was given at most.

        Raises:
            NotSignedIn: no token, one that is too old, or one that was ended on purpose.
            Forbidden: a browser was made to ask by a page that is not ours.
        """
        try:
            return self.account(request)
        except NotSignedIn:
            kept = self._cookies.late_token(request)
            if kept is None or "authorization" in request.headers:
                raise
        self._check_form_word(request)
        account = self._verifier.late(kept, time.time() - hours * 3600)
        self._revocations.check(account)
        return account

    def _token(self, request: Request) -> str:
        header = request.headers.get("authorization")
        if header is None and (kept := self._cookies.token(request)):
            self._check_form_word(request)
            return kept
        scheme, _, token = (header or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise NotSignedIn("Sign in first: this needs a token (Authorization: Bearer …).")
        return token.strip()

    def _check_form_word(self, request: Request) -> None:
        """A browser sends its cookies whoever asks it to: what changes something must prove to be from our pages."""
        if getattr(request.state, "form", None) is None:  # a page's form proved it when it was read
            self._cookies.check_form_word(request, request.headers.get(FORM_HEADER))

    def still_holds(self, account: Account) -> bool:
        """Say whether a sign-in seen before is good still; long answers (live streams) ask again and again."""
        try:
            self._revocations.check(account)
        except NotSignedIn:
            return False
        return account.expires_at > time.time()

    def count(self, account: Account) -> None:
        """Count one request of an account.

        Raises:
            TooMany: it asked too often; nothing was done.
        """
        now = time.monotonic()
        left, since = self._buckets.get(account.id, (self._burst, now))
        left = min(self._burst, left + (now - since) * self._per_second)
        if left < 1:
            raise TooMany("This account asks too often. Wait a moment.", (1 - left) / self._per_second)
        if len(self._buckets) > 10_000:  # noqa: PLR2004  # forgetting only lets somebody ask again
            self._buckets.clear()
        self._buckets[account.id] = (left - 1, now)


class _Allowed:
    """The check itself, as a FastAPI dependency."""

    def __init__(self, roles: Sequence[Role], *, counted: bool) -> None:
        self.roles = frozenset(roles)
        self._counted = counted

    async def __call__(self, request: Request) -> Account:
        gatekeeper: Gatekeeper = request.app.state.gatekeeper
        account = self._account(gatekeeper, request)
        if not account.roles & self.roles:
            raise Forbidden("This is for: %(roles)s.", roles=[WORDS["role"][role] for role in sorted(self.roles)])
        if self._counted:
            gatekeeper.count(account)
        return account

    def _account(self, gatekeeper: Gatekeeper, request: Request) -> Account:
        return gatekeeper.account(request)


class _AllowedLate(_Allowed):
    """The check of what a lock or an ended token must not stop."""

    def __init__(self, roles: Sequence[Role], hours: float) -> None:
        super().__init__(roles, counted=False)
        self._hours = hours

    def _account(self, gatekeeper: Gatekeeper, request: Request) -> Account:
        return gatekeeper.even_late(request, self._hours)


class _Anybody:
    """Marks a route that needs no token, with the reason it is so."""

    def __init__(self, reason: str) -> None:
        self.reason = reason

    async def __call__(self) -> None:
        return None


def allow(*roles: Role, counted: bool = True) -> Any:
    """Allow a route to these roles; the parameter receives the account. ``counted=False``: never rate-limited."""
    return Depends(_Allowed(roles, counted=counted))


def allow_late(*roles: Role, hours: float = 12) -> Any:
    """Allow a route to these roles even if their browser is locked or its sign-in has run out; never rate-limited.

    Only for raising a call: a lock never stops that. Such a route shows nothing that it was not just told.
    """
    return Depends(_AllowedLate(roles, hours))


def is_late(request: Request) -> bool:
    """Say whether whoever asks was let in by ``allow_late`` alone."""
    gatekeeper: Gatekeeper = request.app.state.gatekeeper
    try:
        gatekeeper.account(request)
    except NotSignedIn:
        return True
    return False


def anybody(reason: str) -> Any:
    """Allow a route to anybody. The reason is for the reader."""
    return Depends(_Anybody(reason))


def require_a_rule_on_every_route(app: FastAPI) -> None:
    """Refuse to start with a route that names nobody.

    Raises:
        RuntimeError: naming the routes.
    """
    # An included router stands among an app's routes as itself; its routes are found by FastAPI's own walk.
    unruled = [
        str(route.path)
        for route in iter_route_contexts(app.routes)
        if route.path != app.openapi_url and not _has_rule(getattr(route, "dependant", None))
    ]
    if unruled:
        raise RuntimeError(f"routes without a role: {', '.join(unruled)}")


def _has_rule(dependant: Dependant | None) -> bool:
    """Say whether a route asks who it is. What is no API route (a mount, a plain route) has nobody to ask."""
    if dependant is None:
        return False
    return any(isinstance(each.call, _Allowed | _Anybody) or _has_rule(each) for each in dependant.dependencies)


def only_own_port(request: Request) -> bool:
    """Say whether a request came to the service's own port, not through the gateway."""
    return GATEWAY_HEADER not in request.headers


SignedIn = Annotated[Account, allow(*Role)]
