"""Child-protection notices."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.notify.commands import children, views
from services.notify.commands.access import Seat
from services.notify.domain.forms import Nothing
from services.notify.tables import NOTICE
from shared.contracts.vocabulary import Mode, NoticeState, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.OPERATOR, Role.CENTRE_STAFF, Role.SUPERVISOR, Role.AUDITOR)]
Confirmer = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR)]


@router.get("/notices")
async def list_notices(
    who: Reader,
    read: Read,
    page: Paged,
    incident: Annotated[str | None, Query(max_length=36)] = None,
    state: NoticeState | None = None,
    mode: Mode | None = None,
) -> Response:
    """Return child-protection notices, youngest first, without anything personal."""
    query = views.notices_query(Seat.of(who))
    for column, value in ((NOTICE.c.incident, incident), (NOTICE.c.state, state), (NOTICE.c.mode, mode)):
        if value is not None:
            query = query.where(column == str(value))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, NOTICE.c.id, views.notice, newest_first=True)

    return Reply(await read(run)).response()


@router.get("/notices/{notice}")
async def read_notice(notice: str, who: Reader, read: Read) -> Response:
    """Return one notice; to those who see to it with what the office must hear, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        return views.notice_detail(connection, seat, notice)

    shown = await read(run)
    if "children" in shown:
        shown = await read.noted(who, "notice.read", notice, run, shown["incident"])
    return Reply.entity(shown).response()


@router.post("/notices/{notice}/acknowledge")
async def acknowledge(
    notice: str,
    who: Confirmer,
    write: Write,
    body: Nothing | None = None,  # noqa: ARG001  # if there is one, it must be empty
) -> Response:
    """Record that the office has confirmed that it knows."""
    return await write(who, lambda tx: children.acknowledge(tx, notice, who, write.seen))
