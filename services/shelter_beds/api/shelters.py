"""Shelters and rooms; how many are free where."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from services.shelter_beds.commands import availability, houses, shown
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import Kin, NewRoom, NewShelter, Nothing, RoomPatch, TypedAddress
from shared.contracts.vocabulary import Mode, Role
from shared.errors import NotFound
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

Reader = Annotated[Account, allow(Role.SHELTER_STAFF, Role.SUPERVISOR, Role.AUDITOR, Role.ADMIN)]
Caller = Annotated[Account, allow(Role.SHELTER_STAFF, Role.SUPERVISOR)]
Counter = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR)]
Keeper = Annotated[Account, allow(Role.SHELTER_STAFF, Role.ADMIN)]
Staff = Annotated[Account, allow(Role.SHELTER_STAFF)]
Admin = Annotated[Account, allow(Role.ADMIN)]
Kind = Annotated[Mode, Query(description="`exercise`: the shadow twins")]


@router.get("/shelters")
async def list_shelters(who: Reader, read: Read, write: Write, page: Paged, mode: Kind = Mode.ACTUAL) -> Response:
    """Return shelters with their rooms, by code; the address only to their own staff, and then the look is noted."""
    seat = Seat.of(who)
    if seat.shelters:
        return await write(who, lambda tx: houses.list_shelters(tx, page, mode, who))

    def run(connection: Connection) -> dict[str, Any]:
        return shown.shelters(connection, seat, page, mode)

    return Reply(await read(run)).response()


@router.post("/shelters", status_code=201)
async def create_shelter(body: NewShelter, who: Admin, write: Write) -> Response:
    """Make a shelter, and its rooms with their shadow twins."""
    return await write(who, lambda tx: houses.create_shelter(tx, body, who))


@router.get("/shelters/{shelter}")
async def read_shelter(shelter: str, who: Reader, write: Write, mode: Kind = Mode.ACTUAL) -> Response:
    """Return one shelter; the address only to its own staff, and then the look is noted."""
    return await write(who, lambda tx: houses.read_shelter(tx, shelter, mode, who))


@router.post("/shelters/{shelter}/rooms", status_code=201)
async def create_room(shelter: str, body: NewRoom, who: Admin, write: Write) -> Response:
    """Make a room, and the shadow twin that stands in for it in drills."""
    return await write(who, lambda tx: houses.create_room(tx, shelter, body, who))


@router.post("/shelters/{shelter}/confirm")
async def confirm_shelter(shelter: str, who: Staff, write: Write, body: Nothing | None = None) -> Response:  # noqa: ARG001  # a body, if there is one, must be empty
    """Say that nothing changed: the states of all its rooms are true now."""
    return await write(who, lambda tx: houses.confirm_shelter(tx, shelter, who))


@router.put("/shelters/{shelter}/address")
async def put_address(shelter: str, body: TypedAddress, who: Staff, write: Write) -> Response:
    """Type where the shelter is. Only its own staff can, and read it."""
    return await write(who, lambda tx: houses.put_address(tx, shelter, body.address, who))


@router.put("/shelters/{shelter}/kin")
async def put_kin(shelter: str, body: Kin, who: Staff, write: Write, request: Request) -> Response:
    """Flag whoever is close to its staff and residents. Names are kept as keyed hashes and never shown."""
    hashed = request.app.state.names.hashed
    return await write(who, lambda tx: houses.put_kin(tx, shelter, list(body.names), hashed, who))


@router.get("/rooms/{room}")
async def read_room(room: str, who: Reader, read: Read) -> Response:
    """Return one room."""
    seat = Seat.of(who)
    return Reply.entity(await read(lambda connection: shown.room(connection, seat, room))).response()


@router.patch("/rooms/{room}")
async def patch_room(room: str, body: RoomPatch, who: Keeper, write: Write) -> Response:
    """Say what state a room is in, or that it still is."""
    return await write(who, lambda tx: houses.patch_room(tx, room, body, who, write.seen))


@router.get("/confirm-first")
async def confirm_first(who: Caller, read: Read, page: Paged) -> Response:
    """Return rooms that are held although nobody confirmed their state for long, stalest first: ring there."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        return shown.confirm_first(connection, seat, page, now)

    return Reply(await read(run)).response()


@router.get("/availability")
async def read_availability(
    who: Counter,
    read: Read,
    request: Request,
    region: Annotated[str | None, Query(max_length=40)] = None,
    mode: Kind = Mode.ACTUAL,
) -> Response:
    """Return how many rooms are free, held, occupied and out of service; no count is of fewer than three shelters."""
    board = request.app.state.board
    jurisdictions = sorted(Seat.of(who).onlookers)
    boards = {code: await board.of(code, read, shadow=mode.shadow) for code in jurisdictions}
    counts = availability.answer(boards, region)
    if counts is None:
        raise NotFound("region")
    return Reply(counts).response()
