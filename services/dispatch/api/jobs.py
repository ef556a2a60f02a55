"""Jobs and what is done with them; what the desks were told."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.dispatch.commands import moves, views
from services.dispatch.commands.access import Seat
from services.dispatch.domain.forms import Because, Nothing, ToUnit
from services.dispatch.domain.job import Move
from services.dispatch.domain.scene import Report
from services.dispatch.tables import DESK_NOTICE, JOB
from shared.contracts.vocabulary import JobState, Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.OPERATOR, Role.DISPATCHER, Role.CREW, Role.SUPERVISOR, Role.AUDITOR)]
Mover = Annotated[Account, allow(Role.CREW, Role.DISPATCHER)]
Assigner = Annotated[Account, allow(Role.DISPATCHER, Role.SUPERVISOR)]
Desk = Annotated[Account, allow(Role.DISPATCHER, Role.SUPERVISOR)]
Reporter = Annotated[Account, allow(Role.CREW)]


@router.get("/jobs")
async def list_jobs(
    who: Reader,
    read: Read,
    page: Paged,
    incident: Annotated[str | None, Query(max_length=36)] = None,
    state: JobState | None = None,
    mode: Mode | None = None,
) -> Response:
    """Return jobs, youngest first, without anything personal."""
    query = views.jobs_query(Seat.of(who))
    for column, value in ((JOB.c.incident, incident), (JOB.c.state, state), (JOB.c.mode, mode)):
        if value is not None:
            query = query.where(column == str(value))

    def run(connection: Connection) -> dict[str, Any]:
        listed = page.of(connection, query, JOB.c.id, dict, newest_first=True)
        return {**listed, "items": views.jobs(connection, listed["items"])}

    return Reply(await read(run)).response()


@router.get("/jobs/{job}")
async def read_job(job: str, who: Reader, read: Read) -> Response:
    """Return one job; to its crew and its desk with what they need to know, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        return views.job_detail(connection, seat, job)

    shown = await read(run)
    if "facts" in shown:
        shown = await read.noted(who, "job.read", job, run, shown["incident"])
    return Reply.entity(shown).response()


def _move_route(path: str, step: Move) -> None:
    @router.post(f"/jobs/{{job}}/{path}", name=f"job {path}", description=f"The unit's next step: {step.value}.")
    async def take(job: str, who: Mover, write: Write, body: Nothing | None = None) -> Response:  # noqa: ARG001  # a body, if there is one, must be empty
        return await write(who, lambda tx: moves.move(tx, job, step, None, who, write.seen))


for _path, _step in (
    ("acknowledge", Move.ACKNOWLEDGE),
    ("en-route", Move.EN_ROUTE),
    ("on-scene", Move.ON_SCENE),
    ("transporting", Move.TRANSPORTING),
    ("delivered", Move.DELIVERED),
):
    _move_route(_path, _step)


@router.post("/jobs/{job}/clear")
async def clear(job: str, body: Because, who: Mover, write: Write) -> Response:
    """End a job; the unit is free for the next."""
    return await write(who, lambda tx: moves.move(tx, job, Move.CLEAR, body.reason, who, write.seen))


@router.post("/jobs/{job}/decline")
async def decline(job: str, body: Because, who: Mover, write: Write) -> Response:
    """Give a job back; the next unit goes, or it waits."""
    return await write(who, lambda tx: moves.decline(tx, job, body.reason, who, write.seen))


@router.post("/jobs/{job}/reassign")
async def reassign(job: str, body: ToUnit, who: Assigner, write: Write) -> Response:
    """Give a job to a named free unit."""
    return await write(who, lambda tx: moves.reassign(tx, job, body.unit, who, write.seen))


@router.post("/jobs/{job}/facts")
async def report(job: str, body: Report, who: Reporter, write: Write) -> Response:
    """Add what the crew learned at the scene; it goes sealed to intake."""
    return await write(who, lambda tx: moves.report(tx, job, body, who, write.seen))


@router.get("/notices")
async def notices(who: Desk, read: Read, page: Paged) -> Response:
    """Return what the account's desks were told, newest first: units that lost a job, and why."""
    query = views.notices_query(Seat.of(who))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, DESK_NOTICE.c.id, dict, newest_first=True)

    return Reply(await read(run)).response()
