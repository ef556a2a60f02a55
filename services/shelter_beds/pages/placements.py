"""One placement: what its shelter's staff do with it, and where they meet the family."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response

from services.shelter_beds.commands import moves, rendezvous, shown, views
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import Because, Confirmation
from services.shelter_beds.domain.placement import Move
from services.shelter_beds.pages.rooms import HOME, Staff
from shared.contracts.vocabulary import Role
from shared.errors import Invalid, NotFound
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read, Reading
from shared.web.writing import Write

router = APIRouter(route_class=Page)

Anybody = Annotated[Account, allow(*Role)]


@router.get("/placements/{placement}")
async def one(request: Request, placement: str, who: Staff, read: Read, look: Shown) -> Response:
    """Show one placement of the own shelter; that look is noted."""
    return look.page(request, "placement.html", who, **await _shown(read, who, placement))


async def _shown(read: Reading, who: Account, placement: str) -> dict[str, Any]:
    seat = Seat.of(who)
    detail = partial(views.placement_detail, seat=seat, placement_id=placement)
    found = await read(detail)
    if "looked" not in found:  # somebody may oversee it besides; this page is its own staff's
        raise NotFound("placement")
    if "facts" in found:
        found = await read.noted(who, "placement.read", placement, detail, found["incident"])
    shelters = await read(lambda connection: shown.own_shelters(connection, seat, read.now))
    shelter = next(each for each in shelters if each["id"] == found["shelter"])
    return {"each": found, "shelter": shelter, "typed": {}}


@router.post("/placements/{placement}/confirm")
async def confirm(request: Request, placement: str, who: Staff, filled: Filled, read: Read, look: Shown) -> Response:
    """Take a hold on, and say where staff will meet the family; a refused meeting point stays as it was typed."""
    form = filled.form
    try:
        body = form.read(Confirmation)
        asked = body.meeting_point
        point = asked if isinstance(asked, str) else asked.model_dump(mode="json")
        await filled(who, lambda tx: moves.confirm(tx, placement, point, who, form.version, keep=body.keep))
    except Invalid:
        typed = {name: form.get(f"meeting_point.{name}") for name in ("kind", "text")}
        content = await _shown(read, who, placement) | {"typed": typed}
        return look.page(request, "placement.html", who, status=422, **content)
    return look.go(HOME, "confirm")


@router.post("/placements/{placement}/extend")
async def extend(placement: str, who: Staff, filled: Filled, look: Shown) -> Response:
    """Keep the room longer."""
    seen = filled.form.version
    await filled(who, lambda tx: moves.extend(tx, placement, who, seen))
    return look.go(HOME, "extend")


def _step_route(path: str, step: Move) -> None:
    @router.post(f"/placements/{{placement}}/{path}", name=f"page: placement {path}")
    async def take(placement: str, who: Staff, filled: Filled, look: Shown) -> Response:
        reason = filled.form.read(Because).reason if step in _REASONED else None
        seen = filled.form.version
        await filled(who, lambda tx: moves.move(tx, placement, step, reason, who, seen))
        return look.go(HOME, path)


_REASONED = frozenset({Move.DECLINE, Move.DEPART})
for _path, _step in (
    ("decline", Move.DECLINE),
    ("arrive", Move.ARRIVE),
    ("absent", Move.ABSENT),
    ("return", Move.RETURN),
    ("depart", Move.DEPART),
    ("release", Move.RELEASE),
    ("no-show", Move.NO_SHOW),
):
    _step_route(_path, _step)


@router.get("/rendezvous/{placement}")
async def read_rendezvous(request: Request, placement: str, who: Anybody, write: Write, look: Shown) -> Response:
    """Show where to meet the shelter's staff, to the crew that carries this family, while they do; else why not."""
    try:
        answer = await write(who, lambda tx: rendezvous.look(tx, placement, who))
    except NotFound:
        return look.page(request, "rendezvous.html", who, status=404, point=None)
    return look.page(request, "rendezvous.html", who, point=orjson.loads(answer.body))
