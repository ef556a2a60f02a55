"""What a shelter's staff work with: families on their way, and their rooms."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.shelter_beds.commands import houses, shown, views
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import RoomPatch
from services.shelter_beds.domain.placement import EXPECTED
from shared.contracts.vocabulary import PlacementState, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

Staff = Annotated[Account, allow(Role.SHELTER_STAFF)]
HOME = "/shelter-beds/"
_LATELY = timedelta(hours=6)
"""How long a placement that ended is still shown: a night shift asks what became of it."""
_MOST_ENDED = 12


@router.get("/")
async def rooms(request: Request, who: Staff, read: Read, look: Shown) -> Response:
    """Show who is on the way, with what staff need to know of them (that look is noted), and the rooms."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        return shown.own_shelters(connection, seat, now), views.own_placements(connection, seat, now - _LATELY)

    shelters, placements = await read(run)
    for each in placements:
        if each["state"] in EXPECTED:
            detail = partial(views.placement_detail, seat=seat, placement_id=each["id"])
            each.update(await read.noted(who, "placement.read", each["id"], detail, each["incident"]))
    return look.page(
        request,
        "rooms.html",
        who,
        shelters=shelters,
        by_id={each["id"]: each for each in placements},
        held=sorted(_in(placements, PlacementState.HELD), key=lambda each: each["held_until"]),
        coming=sorted(_in(placements, PlacementState.CONFIRMED), key=lambda each: each["arrive_by"]),
        staying=_in(placements, PlacementState.ARRIVED, PlacementState.ABSENT),
        ended=[each for each in reversed(placements) if each["ended_at"] is not None][:_MOST_ENDED],
        read_at=now,
    )


def _in(placements: list[dict[str, Any]], *states: PlacementState) -> list[dict[str, Any]]:
    return [each for each in placements if each["state"] in states]


@router.post("/rooms/{room}")
async def set_room(room: str, who: Staff, filled: Filled, look: Shown) -> Response:
    """Say what state a room is in, or that it still is."""
    body, seen = filled.form.read(RoomPatch), filled.form.version
    await filled(who, lambda tx: houses.patch_room(tx, room, body, who, seen))
    return look.go(HOME, "room")


@router.post("/shelters/{shelter}/confirm")
async def confirm_all(shelter: str, who: Staff, filled: Filled, look: Shown) -> Response:
    """Say that the states of all rooms are as shown, now."""
    await filled(who, lambda tx: houses.confirm_shelter(tx, shelter, who))
    return look.go(HOME, "all-confirmed")
