"""The desk's board, one job, and what is done with it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.dispatch.commands import moves, views
from services.dispatch.commands.access import Seat
from services.dispatch.domain.forms import Because, ToUnit
from services.dispatch.domain.job import BEFORE_SCENE, Move, may_be_declined, next_moves
from services.dispatch.domain.scene import Report
from services.dispatch.pages.words import CLEARED, DECLINED
from services.dispatch.tables import DESK_NOTICE, UNIT
from shared.contracts.vocabulary import JobState, Mode, Role
from shared.security.tokens import Account
from shared.telemetry.steps import step_text
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Desk = Annotated[Account, allow(Role.DISPATCHER, Role.SUPERVISOR)]
Reader = Annotated[Account, allow(Role.DISPATCHER, Role.SUPERVISOR, Role.CREW)]
Mover = Annotated[Account, allow(Role.CREW, Role.DISPATCHER)]
Reporter = Annotated[Account, allow(Role.CREW)]
_MOST = 100
_NOTICES = 6
_NEAREST = 12
"""Units offered beside each job of the board; its own page offers all."""


@router.get("/")
async def board(
    request: Request, who: Desk, read: Read, look: Shown, mode: Mode = Mode.ACTUAL, ended: bool = False
) -> Response:
    """Show jobs by danger, units beside them, and what the desk was told."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        query = views.board_query(seat, shadow=mode.shadow, ended=ended)
        rows = connection.execute(query.limit(_MOST)).mappings().all()
        units = views.units_query(seat, now).where(UNIT.c.shadow.is_(mode.shadow))
        told = views.notices_query(seat).order_by(DESK_NOTICE.c.id.desc()).limit(_NOTICES)
        jobs = views.jobs(connection, rows)
        shown = [
            views.unit_shown(seat)(row)
            for row in connection.execute(units.order_by(UNIT.c.station, UNIT.c.code)).mappings()
        ]
        return {
            "jobs": jobs,
            "units": shown,
            "free": views.free_for(connection, seat, jobs, shown, most=_NEAREST),
            "notices": [dict(row) for row in connection.execute(told).mappings()],
            "areas": {each["code"]: each["name"] for each in views.municipalities(connection, seat)},
        }

    content = await read(run)
    return look.page(request, "board.html", who, **steps_of(seat), **content, mode=mode.value, ended=ended)


@router.get("/jobs/{job}")
async def one(request: Request, job: str, who: Reader, read: Read, look: Shown) -> Response:
    """Show one job; what is personal of it only to its desk and its crew, and that look is noted."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        return views.job_detail(connection, seat, job)

    shown = await read(run)
    if "facts" in shown:
        shown = await read.noted(who, "job.read", job, run, shown["incident"])

    def beside(connection: Connection) -> dict[str, Any]:
        units = views.units_query(seat, now).where(UNIT.c.shadow.is_(shown["shadow"])).order_by(UNIT.c.code)
        around = [views.unit_shown(seat)(row) for row in connection.execute(units).mappings()]
        return {
            "free": views.free_for(connection, seat, [shown], around),
            "areas": {each["code"]: each["name"] for each in views.municipalities(connection, seat)},
        }

    shown["steps"] = [{**step, "text": step_text(step["type"], "en")} for step in shown["steps"]]
    return look.page(request, "job.html", who, each=shown, **steps_of(seat), **await read(beside))


def steps_of(seat: Seat) -> dict[str, Any]:
    """Return what a template needs to offer the steps that an account may take."""

    def is_own(job: dict[str, Any]) -> bool:
        return job["station"] in seat.stations or (job["station"], job["unit"]) in seat.crews

    def may_assign(job: dict[str, Any]) -> bool:
        mine = job["station"] in seat.stations or job["jurisdiction"] in seat.supervised
        return mine and JobState(job["state"]) in BEFORE_SCENE

    return {
        "next_moves": lambda job: [move.value for move in next_moves(JobState(job["state"]))] if is_own(job) else [],
        "may_decline": lambda job: is_own(job) and may_be_declined(JobState(job["state"])),
        "may_assign": may_assign,
        "decline_reasons": list(DECLINED),
        "clear_reasons": list(CLEARED),
    }


def _home(who: Account) -> str:
    return "/dispatch/" if who.roles & {Role.DISPATCHER, Role.SUPERVISOR} else "/dispatch/crew"


def _move_route(step: Move) -> None:
    @router.post(f"/jobs/{{job}}/{step.value}", name=f"page: job {step.value}")
    async def take(job: str, who: Mover, filled: Filled, look: Shown) -> Response:
        reason = filled.form.read(Because).reason if step is Move.CLEAR else None
        seen = filled.form.version
        await filled(who, lambda tx: moves.move(tx, job, step, reason, who, seen))
        return look.go(_home(who), "moved")


for _step in Move:
    _move_route(_step)


@router.post("/jobs/{job}/decline")
async def decline(job: str, who: Mover, filled: Filled, look: Shown) -> Response:
    """Give a job back: the next unit goes, or it waits."""
    body, seen = filled.form.read(Because), filled.form.version
    await filled(who, lambda tx: moves.decline(tx, job, body.reason, who, seen))
    return look.go(_home(who), "declined")


@router.post("/jobs/{job}/reassign")
async def reassign(job: str, who: Desk, filled: Filled, look: Shown) -> Response:
    """Give a job to a named free unit."""
    body, seen = filled.form.read(ToUnit), filled.form.version
    await filled(who, lambda tx: moves.reassign(tx, job, body.unit, who, seen))
    return look.go(_home(who), "reassigned")


@router.post("/jobs/{job}/facts")
async def report(job: str, who: Reporter, filled: Filled, look: Shown) -> Response:
    """Report one thing that was learned at the scene."""
    body = filled.form.read(Report)
    await filled(who, lambda tx: moves.report(tx, job, body, who, None))
    return look.go(_home(who), "facts")
