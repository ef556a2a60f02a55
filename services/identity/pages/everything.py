"""Pages that show every part: each tells of itself, and the browser puts them together; no service asks another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from shared.contracts.vocabulary import Role, Service
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.part import Operations
from shared.web.pages.route import Page, Shown

router = APIRouter(route_class=Page)

PARTS = (Service.INTAKE, Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY, Service.IDENTITY)
"""In the order of a call's way through them."""


@router.get("/parts")
async def parts(request: Request, who: Operations, look: Shown) -> Response:
    """Show how every part is."""
    return look.page(request, "health.html", who, parts=PARTS)


@router.get("/audits")
async def audits(request: Request, who: Annotated[Account, allow(Role.AUDITOR)], look: Shown) -> Response:
    """Show where each part's trail is."""
    return look.page(request, "audits.html", who, parts=PARTS)
