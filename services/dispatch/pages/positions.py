"""The map: what it draws stands as a table below it, which is all that there is without JavaScript."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.dispatch.commands import views
from services.dispatch.commands.access import Seat
from services.dispatch.pages.jobs import Desk
from services.dispatch.tables import STATION, UNIT
from shared.contracts.vocabulary import Mode
from shared.web.pages.route import Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)
_MOST = 200


@router.get("/map")
async def map_(request: Request, who: Desk, read: Read, look: Shown, mode: Mode = Mode.ACTUAL) -> Response:
    """Show where units stand, as far as the account may know, and where jobs are open."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        units = views.units_query(seat, now).where(UNIT.c.shadow.is_(mode.shadow)).order_by(UNIT.c.code)
        jobs = views.board_query(seat, shadow=mode.shadow, ended=False).limit(_MOST)
        stations = views.stations_query(seat).order_by(STATION.c.code)
        return {
            "municipalities": views.municipalities(connection, seat),
            "stations": [views.station(row) for row in connection.execute(stations).mappings()],
            "units": [views.unit_shown(seat)(row) for row in connection.execute(units).mappings()],
            "jobs": views.jobs(connection, connection.execute(jobs).mappings().all()),
        }

    content = await read(run)
    content["areas"] = {each["code"]: each for each in content["municipalities"]}
    content["homes"] = {each["code"]: each for each in content["stations"]}
    return look.page(request, "map.html", who, **content, mode=mode.value)
