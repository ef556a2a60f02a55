"""Figures of today or the last thirty days."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response

from services.notify.commands import counted
from services.notify.commands.access import Seat
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.windows import Looked

router = APIRouter(route_class=StrictRoute)


@router.get("/figures")
async def figures(who: Annotated[Account, allow(Role.SUPERVISOR)], read: Read, window: Looked) -> Response:
    """Return handovers of a time, counted and timed; drills are left out."""
    mine = sorted(Seat.of(who).supervised)
    return Reply(await read(lambda connection: counted.figures(connection, window, mine))).response()
