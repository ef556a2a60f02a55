"""A child-protection notice: whom to ring, what to tell, and that the office knows."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.notify.commands import centre_views, children, views
from services.notify.commands.access import Seat
from services.notify.pages.beside import beside
from services.notify.pages.handovers import NotDone, Reader
from services.notify.pages.words import WORDS
from shared.contracts.vocabulary import Role
from shared.errors import IllegalMove, StaleVersion
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Confirmer = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR)]


@router.get("/notices/{notice}")
async def show_notice(
    request: Request, notice: str, who: Reader, read: Read, look: Shown, not_done: NotDone = ""
) -> Response:
    """Show one notice; to those who see to it with what the office must hear, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        each = views.notice_detail(connection, seat, notice)
        names = centre_views.place_names(connection, each["jurisdiction"])
        may_confirm = each["centre"] in seat.centres or each["jurisdiction"] in seat.supervised
        return {"each": each, "place_names": names, "may_confirm": may_confirm} | beside(connection, seat)

    shown = await read(run)
    if "children" in shown["each"]:
        shown = await read.noted(who, "notice.read", notice, run, shown["each"]["incident"])
    return look.page(request, "notice.html", who, **shown, not_done=not_done if not_done in WORDS["not_done"] else "")


@router.post("/notices/{notice}/acknowledge")
async def acknowledge(notice: str, who: Confirmer, filled: Filled, look: Shown) -> Response:
    """Record that the office has confirmed that it knows."""
    address = f"/notify/notices/{notice}"
    try:
        await filled(who, lambda tx: children.acknowledge(tx, notice, who, None))
    except (IllegalMove, StaleVersion):
        return look.go(f"{address}?not=notice")
    return look.go(address, "notice-acknowledged")
