"""What whoever leads the shift sees and does over HTTP: unkept promises, drills, figures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response

from services.intake.commands import counted, drills, watched
from services.intake.commands.access import own
from services.intake.domain.drills import EndDrill, StartDrill
from shared.contracts.vocabulary import Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.windows import Looked
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Supervisor = Annotated[Account, allow(Role.SUPERVISOR)]


@router.get("/supervision")
async def supervision(who: Supervisor, read: Read, mode: Mode = Mode.ACTUAL) -> Response:
    """Return promises that are not kept with whom to ring, contradictions, recent decisions, and drills."""
    mine, now = sorted(own(who, Role.SUPERVISOR)), read.now
    return Reply(await read(lambda connection: watched.overview(connection, mine, mode, now))).response()


@router.post("/drills", status_code=201)
async def start_drill(body: StartDrill, who: Supervisor, write: Write, request: Request) -> Response:
    """Raise a call to practise with: it runs through everything and touches nobody."""
    secret: bytes = request.app.state.link_secret
    return await write(who, lambda tx: drills.start(tx, body, who, secret))


@router.post("/incidents/{incident}/end-drill")
async def end_drill(incident: str, who: Supervisor, write: Write, body: EndDrill | None = None) -> Response:
    """Take back what a drill still waits for, and close it."""
    seen = write.seen
    return await write(who, lambda tx: drills.end(tx, incident, body or EndDrill(), who, seen))


@router.get("/figures")
async def figures(who: Supervisor, read: Read, window: Looked) -> Response:
    """Return incidents and promises of a time, counted and timed; drills are left out."""
    mine = sorted(own(who, Role.SUPERVISOR))
    return Reply(await read(lambda connection: counted.figures(connection, window, mine))).response()
