"""One's own account: the password, one-time codes, where one is signed in."""

from __future__ import annotations

from typing import Any

import segno
from fastapi import APIRouter, Request, Response
from markupsafe import Markup
from sqlalchemy import Connection

from services.identity import store
from services.identity.api.desk import AtDesk
from services.identity.api.door import Door
from services.identity.commands import accounts, codes, sessions, views
from services.identity.domain.forms import Confirmation, NewPassword
from services.identity.pages.refusals import said
from services.identity.pages.staying import keep
from shared.errors import DomainError, Invalid, NotFound, TooMany
from shared.security.tokens import Account
from shared.web.access import SignedIn
from shared.web.pages import forms
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

_OWN = "/identity/own"


@router.get("/own")
async def own(request: Request, who: SignedIn, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Show one's own account."""
    return await _shown(request, who, desk, read, look)


@router.post("/own/password")
async def change_password(
    request: Request, who: SignedIn, filled: Filled, desk: AtDesk, read: Read, look: Shown
) -> Response:
    """Give oneself a new password; this browser goes on, every other session ends."""
    typed = {name: filled.form.exact(f"{name}_password") for name in ("present", "new")}
    try:
        body = forms.read(NewPassword, typed)
        present_hash, new_hash = await Door(desk, read).new_password(who.id, body)
        await filled(who, lambda tx: accounts.change_password(tx, who, present_hash, new_hash))
    except (Invalid, TooMany) as error:
        return await _shown(request, who, desk, read, look, error)
    response = look.go(_OWN, "password-changed")
    if secret := look.cookies.again(request):  # what the old token said is refused from now on
        begun = await desk.run(lambda tx: sessions.refresh(tx, secret))
        keep(look.cookies, response, begun, desk, read.now)
    return response


@router.post("/own/codes")
async def enrol(who: SignedIn, desk: AtDesk, look: Shown) -> Response:
    """Make the secret for an authenticator app; the page shows it until its first code came."""
    await desk.run(lambda tx: codes.enrol(tx, who, desk.tools.secret))
    return look.go(f"{_OWN}#codes")


@router.post("/own/codes/confirm")
async def confirm(request: Request, who: SignedIn, filled: Filled, desk: AtDesk, read: Read, look: Shown) -> Response:
    """Ask for one-time codes from now on; proven by the first."""
    try:
        body = forms.read(Confirmation, {"otp": filled.form.get("otp").replace(" ", "")})
        await desk.run(lambda tx: codes.confirm(tx, who, body.otp, desk.tools.secret))
    except Invalid as error:
        return await _shown(request, who, desk, read, look, error)
    return look.go(_OWN, "codes-in-use")


@router.post("/own/sessions/{session}/end")
async def end_session(session: str, who: SignedIn, desk: AtDesk, look: Shown) -> Response:
    """Sign out elsewhere, or here."""
    await desk.run(lambda tx: sessions.end_one(tx, who, session))
    if session != who.session:
        return look.go(_OWN, "session-ended")
    response = look.go("/identity/sign-in", "signed-out")
    look.cookies.forget(response)
    return response


@router.post("/own/sign-out-everywhere")
async def sign_out_everywhere(who: SignedIn, desk: AtDesk, look: Shown) -> Response:
    """End every session, this one too."""
    await desk.run(lambda tx: sessions.end_all(tx, who))
    response = look.go("/identity/sign-in", "signed-out-everywhere")
    look.cookies.forget(response)
    return response


async def _shown(
    request: Request, who: Account, desk: AtDesk, read: Read, look: Shown, error: DomainError | None = None
) -> Response:
    language = look.language(request)

    def run(connection: Connection) -> dict[str, Any]:
        account = store.account(connection, who.id)
        if account is None:
            raise NotFound("account")
        pending = codes.pending(account, desk.tools.secret)
        return {
            "account": views.shown(connection, who.id),
            "organisations": {row["code"]: row["name"] for row in views.organisations(connection, None)},
            "sessions": sessions.own(connection, who, read.now),
            "pending": pending and {**pending, "picture": _picture(pending["uri"])},
        }

    sentence, status, headers = said(language, error)
    wrong = {each.field: language.gettext(each.message) for each in error.errors} if isinstance(error, Invalid) else {}
    response = look.page(
        request,
        "own.html",
        who,
        status=status,
        wrong=wrong,
        refusal=sentence if error is not None and not wrong else "",
        **await read(run),
    )
    response.headers.update(headers)
    return response


def _picture(uri: str) -> Markup:
    """Return what an authenticator app reads, as a picture; dark on light in every theme, as cameras want it."""
    code = segno.make(uri, error="m", micro=False)
    return Markup(code.svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True, svgclass="qr"))  # noqa: S704  # made here, of an address in Base32 and percent signs
