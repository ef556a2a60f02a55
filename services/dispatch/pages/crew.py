"""A crew's own page, made for a telephone in a car."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.dispatch.commands import fleet, views
from services.dispatch.commands.access import Seat
from services.dispatch.domain.forms import UnitPatch
from services.dispatch.domain.job import Move
from services.dispatch.pages.jobs import steps_of
from services.dispatch.tables import UNIT
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Crew = Annotated[Account, allow(Role.CREW)]
HOME = "/dispatch/crew"
_ANSWERS: dict[str, tuple[str, ...]] = {
    "injured": ("yes", "no"),
    "perpetrator_present": ("yes", "no"),
    "perpetrator_armed": ("yes", "no"),
    "seen_alone": ("yes", "no"),
    "decision_shelter": ("accepts", "refuses"),
}
"""What a crew reports with one press each."""


@router.get("/crew")
async def own(request: Request, who: Crew, read: Read, look: Shown) -> Response:
    """Show the crew's job with what it needs to know (that look is noted), and its unit."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        units = views.units_query(seat, now).where(UNIT.c.shadow.is_(False)).order_by(UNIT.c.code)
        return {
            "jobs": [row["id"] for row in connection.execute(views.own_jobs_query(seat)).mappings()],
            "units": [
                unit
                for row in connection.execute(units).mappings()
                if (unit := views.unit_shown(seat)(row)) and (unit["station"], unit["code"]) in seat.crews
            ],
            "areas": {each["code"]: each["name"] for each in views.municipalities(connection, seat)},
        }

    content = await read(run)
    jobs = []
    for job in content.pop("jobs"):

        def detail(connection: Connection, job: str = job) -> dict[str, Any]:
            return views.job_detail(connection, seat, job)

        shown = await read(detail)
        jobs.append(await read.noted(who, "job.read", job, detail, shown["incident"]))
    return look.page(
        request, "crew.html", who, jobs=jobs, **content, **steps_of(seat), answers=_ANSWERS, clear=Move.CLEAR.value
    )


@router.post("/units/{unit}/state")
async def set_state(unit: str, who: Crew, filled: Filled, look: Shown) -> Response:
    """Go on or off duty."""
    body, seen = filled.form.read(UnitPatch), filled.form.version
    await filled(who, lambda tx: fleet.patch_unit(tx, unit, body, who, seen))
    return look.go(HOME, "unit")


@router.post("/units/{unit}/position")
async def send_position(unit: str, who: Crew, filled: Filled, look: Shown) -> Response:
    """Say where the unit stands."""
    body = filled.form.read(UnitPatch)
    await filled(who, lambda tx: fleet.patch_unit(tx, unit, body, who, None))
    return look.go(HOME, "position")
