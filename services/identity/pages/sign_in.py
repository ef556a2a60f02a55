"""Signing in: e-mail address and password, then the one-time code of an account that has one; signing out."""

from __future__ import annotations

import re

from fastapi import APIRouter, Request, Response

from services.identity.api.desk import AtDesk, Desk
from services.identity.api.door import Door, Expired
from services.identity.commands import sessions
from services.identity.domain.forms import SignIn
from services.identity.pages.back import checked
from services.identity.pages.refusals import said
from services.identity.pages.staying import keep
from shared.errors import DomainError, NotSignedIn, TooMany, Unavailable
from shared.security.tokens import Account
from shared.web.access import anybody
from shared.web.pages.cookies import Cookies
from shared.web.pages.languages import LANGUAGES
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

_NO_TOKEN_YET = anybody("whoever signs in has no token yet")
_CODE = re.compile(r"[0-9]{6}")


@router.get("/sign-in", dependencies=[_NO_TOKEN_YET])
async def sign_in(request: Request, look: Shown) -> Response:
    """Ask who it is."""
    return _asked(request, look, checked(request.query_params.get("next", "")))


@router.post("/sign-in", dependencies=[_NO_TOKEN_YET])
async def signed_in(request: Request, filled: Filled, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Sign in, or ask for the code, or say what was wrong."""
    form, door = filled.form, Door(desk, read)
    back = checked(form.get("next"))
    proof, email = form.get("proof"), form.get("email")
    try:
        if proof:
            begun = await door.enter_with_code(proof, _code(form.get("otp")))
        else:
            begun = await door.enter(_filled_in(email, form.exact("password")), browser=True)
    except sessions.CodeWanted as wanted:
        return _asked(request, look, back, proof=wanted.proof)
    except (NotSignedIn, TooMany, Unavailable) as error:
        kept = "" if isinstance(error, Expired) else proof
        return _asked(request, look, back, email=email, proof=kept, error=error)
    await _leave(request, look.cookies, desk)
    response = look.go(back)
    keep(look.cookies, response, begun, desk, read.now)
    language = (begun.language or "").partition("-")[0]
    if language in LANGUAGES:
        look.cookies.remember(response, "language", language)
    return response


@router.post("/sign-out", dependencies=[anybody("whoever leaves needs no token; the form word proves the page")])
async def signed_out(request: Request, desk: AtDesk, look: Shown) -> Response:
    """End the session and take the sign-in out of the browser."""
    if account := _present(request):  # a token made at the command line has no secret beside it
        await desk.run(lambda tx: sessions.end(tx, account))
    await _leave(request, look.cookies, desk)
    response = look.go("/identity/sign-in", "signed-out")
    look.cookies.forget(response)
    return response


def _present(request: Request) -> Account | None:
    try:
        account: Account = request.app.state.gatekeeper.account(request)
    except DomainError:
        return None
    return account


async def _leave(request: Request, cookies: Cookies, desk: Desk) -> None:
    """End the session that the browser held until now: nobody can go on with it."""
    if before := cookies.again(request):
        await desk.run(lambda tx: sessions.leave(tx, before))


def _filled_in(email: str, password: str) -> SignIn:
    try:
        return SignIn.model_validate({"email": email, "password": password})
    except ValueError:  # too long, or nothing at all: no account has such
        raise sessions.wrong() from None


def _code(typed: str) -> str:
    """Return the six digits of a code; apps show them in two groups."""
    digits = re.sub(r"[ -]", "", typed)
    if not _CODE.fullmatch(digits):
        raise sessions.wrong()
    return digits


def _asked(
    request: Request,
    look: Look,
    back: str,
    *,
    email: str = "",
    proof: str = "",
    error: DomainError | Unavailable | None = None,
) -> Response:
    wrong, status, headers = said(look.language(request), error)
    response = look.page(request, "sign-in.html", status=status, next=back, email=email, proof=proof, wrong=wrong)
    response.headers.update(headers)
    return response
