"""Stations and units: made by administrators, read by desks."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.dispatch.commands import fleet, views
from services.dispatch.commands.access import Seat
from services.dispatch.domain.forms import NewStation, NewUnit, UnitPatch
from services.dispatch.tables import STATION, UNIT
from shared.contracts.vocabulary import Role
from shared.errors import FieldError, Invalid
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.forms import Form
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read, Reading

router = APIRouter(route_class=Page)

Reader = Annotated[Account, allow(Role.ADMIN, Role.DISPATCHER, Role.SUPERVISOR)]
Admin = Annotated[Account, allow(Role.ADMIN)]
Keeper = Annotated[Account, allow(Role.ADMIN, Role.DISPATCHER)]
HOME = "/dispatch/units"


@router.get("/units")
async def units(request: Request, who: Reader, read: Read, look: Shown) -> Response:
    """Show stations with their units."""
    return await _page(request, who, read, look)


async def _page(
    request: Request,
    who: Account,
    read: Reading,
    look: Look,
    form: Form | None = None,
    errors: tuple[FieldError, ...] = (),
) -> Response:
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        stations = views.stations_query(seat).order_by(STATION.c.code)
        listed = views.units_query(seat, read.now).where(UNIT.c.shadow.is_(False)).order_by(UNIT.c.code)
        return {
            "stations": [views.station(row) for row in connection.execute(stations).mappings()],
            "units": [views.unit_shown(seat)(row) for row in connection.execute(listed).mappings()],
            "municipalities": views.municipalities(connection, seat),
        }

    return look.page(
        request,
        "units.html",
        who,
        status=422 if errors else 200,
        **await read(run),
        keeps=lambda unit: unit["station"] in seat.stations or unit["jurisdiction"] in seat.administered,
        administers=bool(seat.administered),
        typed=dict(form.fields) if form else {},
        wrong={each.field: each.message for each in errors},
    )


@router.post("/units/{unit}/duty")
async def set_duty(unit: str, who: Keeper, filled: Filled, look: Shown) -> Response:
    """Put a unit on or off duty."""
    body, seen = filled.form.read(UnitPatch), filled.form.version
    await filled(who, lambda tx: fleet.patch_unit(tx, unit, body, who, seen))
    return look.go(HOME, "unit")


@router.post("/units")
async def make_unit(request: Request, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Make a unit; what was typed stays if it is not accepted."""
    try:
        body = filled.form.read(NewUnit)
        await filled(who, lambda tx: fleet.create_unit(tx, body, who))
    except Invalid as refused:
        return await _page(request, who, read, look, filled.form, refused.errors)
    return look.go(HOME, "made")


@router.post("/stations")
async def make_station(request: Request, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Make a station; what was typed stays if it is not accepted."""
    try:
        body = filled.form.read(NewStation, "covers")
        await filled(who, lambda tx: fleet.create_station(tx, body, who))
    except Invalid as refused:
        return await _page(request, who, read, look, filled.form, refused.errors)
    return look.go(HOME, "made")
