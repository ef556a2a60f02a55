"""``GET PREFIX/part``: how this part is, for those who run it; one card of the page that shows every part."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Page, Shown

router = APIRouter(route_class=Page)

Operations = Annotated[Account, allow(Role.OPS, Role.ADMIN, counted=False)]
"""Not counted: an open page asks every few seconds, and must go on doing so when much else is asked."""


@router.get("/part")
async def part(request: Request, who: Operations, look: Shown) -> Response:
    """Show health, version, what waits, clocks and the last backup."""
    return look.page(request, "part.html", who, part=await request.app.state.examiner())
