"""The inbox of handovers, and one handover."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.notify.commands import moves, views
from services.notify.commands.access import Seat
from services.notify.domain.handover import Move
from services.notify.tables import HANDOVER
from shared.contracts.vocabulary import HandoverState, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Staff = Annotated[Account, allow(Role.CENTRE_STAFF)]
_MOST = 100
_OPEN = (HandoverState.OFFERED, HandoverState.ACKNOWLEDGED, HandoverState.ACCEPTED)


@router.get("/")
async def inbox(request: Request, who: Staff, read: Read, look: Shown) -> Response:
    """Show the centre's handovers: those nobody acknowledged first, the longest waiting of them on top."""
    seat = Seat.of(who)

    def run(connection: Connection) -> list[dict[str, Any]]:
        query = views.handovers_query(seat).where(HANDOVER.c.state.in_([state.value for state in _OPEN]))
        rows = connection.execute(query.order_by(HANDOVER.c.offered_at).limit(_MOST)).mappings().all()
        return views.handovers(connection, seat, rows)

    listed = await read(run)
    waiting = [each for each in listed if each["state"] == HandoverState.OFFERED]
    taken = [each for each in reversed(listed) if each["state"] != HandoverState.OFFERED]
    return look.page(request, "inbox.html", who, waiting=waiting, taken=taken)


@router.post("/handovers/{handover}/acknowledge")
async def acknowledge(handover: str, who: Staff, filled: Filled, look: Shown) -> Response:
    """Say that a human has seen it."""
    seen = filled.form.version
    await filled(who, lambda tx: moves.move(tx, handover, Move.ACKNOWLEDGE, who, seen))
    return look.go("/notify/", "acknowledged")
