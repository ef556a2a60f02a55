"""Staying signed in: the next token, the lock of a screen that was left alone, going on with the password."""

from __future__ import annotations

import contextlib
from datetime import datetime, timedelta

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse

from services.identity.api.desk import AtDesk, Desk
from services.identity.api.door import Door, WrongPassword
from services.identity.commands import sessions
from services.identity.domain.sessions import IDLE
from services.identity.pages.back import by_way_of, checked
from services.identity.pages.refusals import said, told
from shared.contracts.vocabulary import Role
from shared.errors import DomainError, NotSignedIn, TooMany, Unavailable
from shared.security.tokens import sign
from shared.web.access import anybody
from shared.web.pages.cookies import Cookies
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.pages.words import N_
from shared.web.reading import Read

router = APIRouter(route_class=Page)

_BY_SECRET = anybody("the session's own secret, a cookie, is the proof")
_RAISING = {Role.OPERATOR, Role.SUPERVISOR}
_NONE = N_("Sign in first.")


def keep(cookies: Cookies, response: Response, begun: sessions.SignedIn, desk: Desk, now: datetime) -> None:
    """Give a browser the next token of its session."""
    seconds = int((begun.ends_at - now) / timedelta(seconds=1))
    cookies.keep_signed_in(response, sign(begun.who, desk.tools.signing_key), begun.refresh, seconds)


@router.get("/renew", dependencies=[_BY_SECRET])
async def renew(request: Request, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Give a browser whose token ended the next one, and send it back to where it was."""
    back = checked(request.query_params.get("next", ""))
    try:
        begun = await _renewed(request, desk, look)
    except sessions.Locked:
        return look.go(by_way_of("unlock", back))
    except NotSignedIn:
        response = look.go(by_way_of("sign-in", back))
        look.cookies.forget(response)
        return response
    response = look.go(back)
    keep(look.cookies, response, begun, desk, read.now)
    return response


@router.post("/renew", dependencies=[_BY_SECRET])
async def renewed(request: Request, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Give a page that is in use the next token."""
    try:
        begun = await _renewed(request, desk, look)
    except NotSignedIn as error:
        return told(look.language(request), error)
    return _going_on(look, begun, desk, read.now)


@router.post("/lock", dependencies=[_BY_SECRET])
async def lock(request: Request, filled: Filled, desk: AtDesk, look: Shown) -> Response:
    """Lock the browser: only the password, or somebody else's sign-in, goes on from here."""
    if secret := look.cookies.again(request):
        with contextlib.suppress(NotSignedIn):  # it ended: there is nothing to go on with; the token goes all the same
            await desk.run(lambda tx: sessions.lock(tx, secret))
    wants_page = not _is_script(request)
    response = look.go(by_way_of("unlock", checked(filled.form.get("next")))) if wants_page else Response(None, 204)
    look.cookies.lock(request, response, int(IDLE.total_seconds()))
    return response


@router.get("/unlock", dependencies=[_BY_SECRET])
async def ask_password(request: Request, read: Read, look: Shown) -> Response:
    """Ask for the password of the session that is locked."""
    back = checked(request.query_params.get("next", ""))
    try:
        secret = _secret(request, look)
        await read(lambda connection: sessions.owner(connection, secret, read.now))
    except NotSignedIn:
        return look.go(by_way_of("sign-in", back))
    return _asked(request, look, back)


@router.post("/unlock", dependencies=[_BY_SECRET])
async def unlock(request: Request, filled: Filled, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Go on with the session of somebody who gives the password again."""
    back = checked(filled.form.get("next"))
    try:
        begun = await Door(desk, read).go_on(_secret(request, look), filled.form.exact("password"))
    except (NotSignedIn, TooMany, Unavailable) as error:
        if _is_script(request):
            return told(look.language(request), error)
        if isinstance(error, NotSignedIn) and not isinstance(error, WrongPassword):
            return look.go(by_way_of("sign-in", back))
        return _asked(request, look, back, error)
    if _is_script(request):
        return _going_on(look, begun, desk, read.now)
    response = look.go(back)
    keep(look.cookies, response, begun, desk, read.now)
    return response


async def _renewed(request: Request, desk: Desk, look: Look) -> sessions.SignedIn:
    secret = _secret(request, look)
    return await desk.run(lambda tx: sessions.refresh(tx, secret))


def _secret(request: Request, look: Look) -> str:
    secret = look.cookies.again(request)
    if secret is None:
        raise NotSignedIn(_NONE)
    return secret


def _is_script(request: Request) -> bool:
    return request.headers.get("accept", "") == "application/json"


def _going_on(look: Look, begun: sessions.SignedIn, desk: Desk, now: datetime) -> Response:
    response = JSONResponse({"ends_at": int(begun.token_ends_at.timestamp())}, headers={"Cache-Control": "no-store"})
    keep(look.cookies, response, begun, desk, now)
    return response


def _asked(request: Request, look: Look, back: str, error: DomainError | Unavailable | None = None) -> Response:
    wrong, status, headers = said(look.language(request), error)
    response = look.page(request, "unlock.html", status=status, next=back, wrong=wrong, may_raise=_may_raise(request))
    response.headers.update(headers)
    return response


def _may_raise(request: Request) -> bool:
    """Say whether whoever left this browser may raise a call, which no lock stops."""
    try:
        return bool(request.app.state.gatekeeper.even_late(request, IDLE / timedelta(hours=1)).roles & _RAISING)
    except DomainError:
        return False
