"""Placements and what is done with them; the rendezvous; the denial ledger."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from services.shelter_beds.commands import moves, rendezvous, views
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import Because, Confirmation, Nothing
from services.shelter_beds.domain.placement import Move
from services.shelter_beds.tables import DENIAL, PLACEMENT
from shared.contracts.vocabulary import Mode, PlacementState, Role
from shared.security.tokens import Account
from shared.web.access import SignedIn, allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.OPERATOR, Role.SHELTER_STAFF, Role.SUPERVISOR, Role.AUDITOR)]
Staff = Annotated[Account, allow(Role.SHELTER_STAFF)]


@router.get("/placements")
async def list_placements(
    who: Reader,
    read: Read,
    page: Paged,
    incident: Annotated[str | None, Query(max_length=36)] = None,
    state: PlacementState | None = None,
    mode: Mode | None = None,
) -> Response:
    """Return placements, youngest first, without anything personal."""
    seat = Seat.of(who)
    query = views.placements_query(seat)
    for column, value in ((PLACEMENT.c.incident, incident), (PLACEMENT.c.state, state), (PLACEMENT.c.mode, mode)):
        if value is not None:
            query = query.where(column == str(value))

    def run(connection: Connection) -> dict[str, Any]:
        listed = page.of(connection, query, PLACEMENT.c.id, dict, newest_first=True)
        return {**listed, "items": views.placements(connection, seat, listed["items"])}

    return Reply(await read(run)).response()


@router.get("/placements/{placement}")
async def read_placement(placement: str, who: Reader, read: Read) -> Response:
    """Return one placement; to its shelter's staff with the family's needs, and then the look is noted (P8)."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        return views.placement_detail(connection, seat, placement)

    shown = await read(run)
    if "facts" in shown:
        shown = await read.noted(who, "placement.read", placement, run, shown["incident"])
    return Reply.entity(shown).response()


@router.get("/placements/{placement}/rendezvous")
async def read_rendezvous(placement: str, who: SignedIn, write: Write) -> Response:
    """Return where to meet the shelter's staff: to the crew that carries this family, while they do."""
    return await write(who, lambda tx: rendezvous.look(tx, placement, who))


@router.post("/placements/{placement}/confirm")
async def confirm(placement: str, body: Confirmation, who: Staff, write: Write) -> Response:
    """Take a hold on, and say where staff will meet the family."""
    point = body.meeting_point if isinstance(body.meeting_point, str) else body.meeting_point.model_dump(mode="json")
    return await write(who, lambda tx: moves.confirm(tx, placement, point, who, write.seen, keep=body.keep))


@router.post("/placements/{placement}/extend")
async def extend(placement: str, who: Staff, write: Write, body: Nothing | None = None) -> Response:  # noqa: ARG001  # a body, if there is one, must be empty
    """Keep the room longer."""
    return await write(who, lambda tx: moves.extend(tx, placement, who, write.seen))


def _move_route(path: str, step: Move) -> None:
    @router.post(
        f"/placements/{{placement}}/{path}", name=f"placement {path}", description=f"The next step: {step.value}."
    )
    async def take(placement: str, who: Staff, write: Write, body: Nothing | None = None) -> Response:  # noqa: ARG001  # a body, if there is one, must be empty
        return await write(who, lambda tx: moves.move(tx, placement, step, None, who, write.seen))


def _reasoned_route(path: str, step: Move) -> None:
    @router.post(
        f"/placements/{{placement}}/{path}", name=f"placement {path}", description=f"The next step: {step.value}."
    )
    async def take(placement: str, body: Because, who: Staff, write: Write) -> Response:
        return await write(who, lambda tx: moves.move(tx, placement, step, body.reason, who, write.seen))


for _path, _step in (
    ("arrive", Move.ARRIVE),
    ("absent", Move.ABSENT),
    ("return", Move.RETURN),
    ("release", Move.RELEASE),
    ("no-show", Move.NO_SHOW),
):
    _move_route(_path, _step)
for _path, _step in (("decline", Move.DECLINE), ("depart", Move.DEPART)):
    _reasoned_route(_path, _step)


@router.get("/denials")
async def list_denials(who: Reader, read: Read, page: Paged, mode: Mode = Mode.ACTUAL) -> Response:
    """Return the requests that found no room, youngest first, with how many candidates each rule excluded."""
    seat = Seat.of(who)
    query = views.denials_query(seat).where(DENIAL.c.shadow.is_(mode.shadow))

    def run(connection: Connection) -> dict[str, Any]:
        return page.of(connection, query, DENIAL.c.id, lambda row: views.denial(seat, row), newest_first=True)

    return Reply(await read(run)).response()
