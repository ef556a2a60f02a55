"""Stations and units."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.dispatch.commands import fleet, views
from services.dispatch.commands.access import Seat
from services.dispatch.domain.forms import NewStation, NewUnit, UnitPatch
from services.dispatch.tables import STATION, UNIT
from shared.contracts.vocabulary import Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

StationReader = Annotated[Account, allow(Role.DISPATCHER, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)]
UnitReader = Annotated[Account, allow(Role.DISPATCHER, Role.CREW, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)]
UnitKeeper = Annotated[Account, allow(Role.DISPATCHER, Role.CREW, Role.ADMIN)]
Admin = Annotated[Account, allow(Role.ADMIN)]


@router.get("/stations")
async def list_stations(who: StationReader, read: Read, page: Paged) -> Response:
    """Return stations, by code."""
    query = views.stations_query(Seat.of(who))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, STATION.c.code, views.station)

    return Reply(await read(run)).response()


@router.post("/stations", status_code=201)
async def create_station(body: NewStation, who: Admin, write: Write) -> Response:
    """Make a station."""
    return await write(who, lambda tx: fleet.create_station(tx, body, who))


@router.get("/units")
async def list_units(
    who: UnitReader,
    read: Read,
    page: Paged,
    mode: Annotated[Mode, Query(description="`exercise`: the shadow twins")] = Mode.ACTUAL,
    station: Annotated[str | None, Query(max_length=40)] = None,
) -> Response:
    """Return units in service."""
    seat = Seat.of(who)
    query = views.units_query(seat, read.now).where(UNIT.c.shadow.is_(mode.shadow))
    if station is not None:
        query = query.where(UNIT.c.station == station)

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, UNIT.c.id, views.unit_shown(seat))

    return Reply(await read(run)).response()


@router.post("/units", status_code=201)
async def create_unit(body: NewUnit, who: Admin, write: Write) -> Response:
    """Make a unit, and the shadow twin that stands in for it in drills."""
    return await write(who, lambda tx: fleet.create_unit(tx, body, who))


@router.get("/units/{unit}")
async def read_unit(unit: str, who: UnitReader, read: Read) -> Response:
    """Return one unit."""
    seat = Seat.of(who)
    return Reply.entity(await read(lambda connection: views.unit(connection, seat, unit, read.now))).response()


@router.patch("/units/{unit}")
async def patch_unit(unit: str, body: UnitPatch, who: UnitKeeper, write: Write) -> Response:
    """Say where a unit stands, or whether it is on duty."""
    return await write(who, lambda tx: fleet.patch_unit(tx, unit, body, who, write.seen))
