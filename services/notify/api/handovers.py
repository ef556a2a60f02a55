"""Handovers and what is done with them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.notify.commands import moves, views
from services.notify.commands.access import Seat
from services.notify.domain.forms import Because, Nothing
from services.notify.domain.handover import Move
from services.notify.tables import HANDOVER
from shared.contracts.vocabulary import HandoverState, Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.OPERATOR, Role.CENTRE_STAFF, Role.SUPERVISOR, Role.AUDITOR)]
Mover = Annotated[Account, allow(Role.CENTRE_STAFF)]


@router.get("/handovers")
async def list_handovers(
    who: Reader,
    read: Read,
    page: Paged,
    incident: Annotated[str | None, Query(max_length=36)] = None,
    state: HandoverState | None = None,
    mode: Mode | None = None,
) -> Response:
    """Return handovers, youngest first, without anything personal."""
    seat = Seat.of(who)
    query = views.handovers_query(seat)
    for column, value in ((HANDOVER.c.incident, incident), (HANDOVER.c.state, state), (HANDOVER.c.mode, mode)):
        if value is not None:
            query = query.where(column == str(value))

    def run(connection: Connection) -> dict[str, Any]:
        listed = page.of(connection, query, HANDOVER.c.id, dict, newest_first=True)
        return {**listed, "items": views.handovers(connection, seat, listed["items"])}

    return Reply(await read(run)).response()


@router.get("/handovers/{handover}")
async def read_handover(handover: str, who: Reader, read: Read) -> Response:
    """Return one handover; to its centre's staff with the packet, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        return views.handover_detail(connection, seat, handover)

    shown = await read(run)
    if "packet" in shown:
        shown = await read.noted(who, "handover.read", handover, run, shown["incident"])
    return Reply.entity(shown).response()


def _move_route(step: Move) -> None:
    path = f"/handovers/{{handover}}/{step.value}"

    @router.post(path, name=f"handover {step.value}", description=f"The centre's next step: {step.value}.")
    async def take(handover: str, who: Mover, write: Write, body: Nothing | None = None) -> Response:  # noqa: ARG001  # a body, if there is one, must be empty
        return await write(who, lambda tx: moves.move(tx, handover, step, who, write.seen))


for _step in Move:
    _move_route(_step)


@router.post("/handovers/{handover}/decline")
async def decline(handover: str, body: Because, who: Mover, write: Write) -> Response:
    """Give a handover back; the next centre is offered it at once."""
    return await write(who, lambda tx: moves.decline(tx, handover, body.reason, who, write.seen))
