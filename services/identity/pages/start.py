"""The start page, and how one likes one's pages."""

from __future__ import annotations

import contextlib

from fastapi import APIRouter, Request, Response

from services.identity import store
from services.identity.commands import accounts
from services.identity.pages.back import checked
from shared.errors import Invalid, NotFound, NotSignedIn
from shared.security.tokens import Account
from shared.web.access import SignedIn, anybody
from shared.web.pages.languages import LANGUAGES
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

_LIKES = anybody("a liking is no secret; the form word proves the page")
_THEMES = {"", "light", "dark"}


@router.get("/")
async def start(request: Request, who: SignedIn, read: Read, look: Shown) -> Response:
    """Show what one's roles may open."""
    account = await read(lambda connection: store.account(connection, who.id))
    return look.page(request, "start.html", who, name=account["name"] if account else "")


@router.post("/language", dependencies=[_LIKES])
async def choose_language(request: Request, filled: Filled, look: Shown) -> Response:
    """Show pages in a language: in this browser and, of whoever is signed in, wherever they sign in next."""
    language = filled.form.get("language")
    if language not in LANGUAGES:
        raise Invalid.field("language", "one of those in the menu")
    with contextlib.suppress(NotSignedIn, NotFound):
        who: Account = request.app.state.gatekeeper.account(request)
        await filled(who, lambda tx: accounts.speak(tx, who, language))
    response = look.go(checked(filled.form.get("next")))
    look.cookies.remember(response, "language", language)
    return response


@router.post("/theme", dependencies=[_LIKES])
async def choose_theme(filled: Filled, look: Shown) -> Response:
    """Show pages light, dark, or as the device has it."""
    theme = filled.form.get("theme")
    if theme not in _THEMES:
        raise Invalid.field("theme", "light or dark")
    response = look.go(checked(filled.form.get("next")))
    look.cookies.remember(response, "theme", theme)
    return response
