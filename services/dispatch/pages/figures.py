"""Figures of police jobs, as a page of its own and as a part of the shift lead's."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from services.dispatch.commands import counted
from services.dispatch.commands.access import Seat
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Page, Shown
from shared.web.reading import Read
from shared.web.windows import Looked

router = APIRouter(route_class=Page)


@router.get("/figures")
async def figures(
    request: Request, who: Annotated[Account, allow(Role.SUPERVISOR)], read: Read, look: Shown, window: Looked
) -> Response:
    """Show jobs by state, who waits, how often jobs change hands, and how fast units answer."""
    mine = sorted(Seat.of(who).supervised)
    found = await read(lambda connection: counted.figures(connection, window, mine))
    days = [look.language(request).short_day(day) for day in window.dates]
    return look.page(request, "figures.html", who, **found, day_labels=days)
