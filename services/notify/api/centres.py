"""Centres and their rotas."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from services.notify.commands import centre_views, centres
from services.notify.commands.access import Seat
from services.notify.domain.forms import CentreChange, NewCentre, NewRota
from services.notify.tables import CENTRE, MUNICIPALITY
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)]
RotaReader = Annotated[Account, allow(Role.CENTRE_STAFF, Role.SUPERVISOR, Role.ADMIN)]
Staff = Annotated[Account, allow(Role.CENTRE_STAFF)]
Admin = Annotated[Account, allow(Role.ADMIN)]


@router.get("/centres")
async def list_centres(who: Reader, read: Read, page: Paged) -> Response:
    """Return centres, by code."""
    query = centre_views.centres_query(Seat.of(who))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, CENTRE.c.code, centre_views.centre)

    return Reply(await read(run)).response()


@router.post("/centres", status_code=201)
async def create_centre(body: NewCentre, who: Admin, write: Write) -> Response:
    """Make a centre."""
    return await write(who, lambda tx: centres.create_centre(tx, body, who))


@router.get("/centres/{centre}")
async def read_centre(centre: str, who: Reader, read: Read) -> Response:
    """Return one centre."""
    seat = Seat.of(who)
    row = await read(lambda connection: centre_views.centre_row(connection, seat, centre))
    return Reply.entity(centre_views.centre(row)).response()


@router.patch("/centres/{centre}")
async def change_centre(centre: str, body: CentreChange, who: Admin, write: Write) -> Response:
    """Change a centre's name, phone, or the municipalities that it serves."""
    return await write(who, lambda tx: centres.change_centre(tx, centre, body, who, write.seen))


@router.get("/centres/{centre}/rota")
async def read_rota(centre: str, who: RotaReader, read: Read) -> Response:
    """Return who is called in which order, and who is on call now."""
    seat = Seat.of(who)
    row = await read(lambda connection: centre_views.centre_row(connection, seat, centre))
    return Reply.entity(centre_views.rota(row)).response()


@router.put("/centres/{centre}/rota")
async def put_rota(centre: str, body: NewRota, who: Staff, write: Write) -> Response:
    """Change who is called in which order; it counts from the next call on."""
    return await write(who, lambda tx: centres.put_rota(tx, centre, body, who, write.seen))


@router.get("/municipalities")
async def list_municipalities(who: Reader, read: Read, page: Paged) -> Response:
    """Return municipalities by code, each with the centres that serve it, in the order in which they are asked."""
    query = centre_views.municipalities_query(Seat.of(who))

    def run(connection: Connection) -> dict[str, Any]:
        served = centre_views.serving(connection)
        return page.of(connection, query, MUNICIPALITY.c.code, lambda row: centre_views.municipality(row, served))

    return Reply(await read(run)).response()
