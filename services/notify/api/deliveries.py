"""Who was paged, and everybody's own inbox."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.notify.commands import inbox, views
from services.notify.commands.access import Seat
from services.notify.tables import DELIVERY
from shared.contracts.vocabulary import DeliveryState, Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR, Role.AUDITOR)]
Person = Annotated[Account, allow(Role.CENTRE_STAFF)]


@router.get("/deliveries")
async def list_deliveries(
    who: Reader,
    read: Read,
    page: Paged,
    handover: Annotated[str | None, Query(max_length=36)] = None,
    notice: Annotated[str | None, Query(max_length=36)] = None,
    state: DeliveryState | None = None,
    mode: Annotated[Mode | None, Query(description="`exercise`: a drill's; without it `actual`")] = None,
) -> Response:
    """Return deliveries, youngest first. A drill's show only where its mode, its handover or its notice is named."""
    query = views.deliveries_query(Seat.of(who))
    if mode is None and handover is None and notice is None:
        mode = Mode.ACTUAL
    columns = (DELIVERY.c.handover, DELIVERY.c.notice, DELIVERY.c.state, DELIVERY.c.mode)
    for column, value in zip(columns, (handover, notice, state, mode), strict=True):
        if value is not None:
            query = query.where(column == str(value))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, DELIVERY.c.id, views.delivery, newest_first=True)

    return Reply(await read(run)).response()


@router.get("/inbox")
async def read_inbox(
    who: Person,
    read: Read,
    write: Write,
    page: Paged,
    mode: Annotated[Mode, Query(description="`exercise`: what a drill would have paged you for")] = Mode.ACTUAL,
) -> Response:
    """Return what you were paged for, youngest first. Reading it marks a page as delivered, not as acknowledged."""
    query = views.inbox_query(Seat.of(who)).where(DELIVERY.c.mode == mode.value)
    listed = await read(lambda connection: inbox.inbox(connection, query, page))
    new = inbox.unfetched(listed)
    if not new:
        return Reply(listed).response()
    return await write(who, lambda tx: inbox.fetched(tx, query, page, who, new))
