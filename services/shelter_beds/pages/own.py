"""A shelter as only its own staff see it: where it is, and whom it must be kept from."""

from __future__ import annotations

from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request, Response

from services.shelter_beds.commands import houses
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import Kin, TypedAddress
from services.shelter_beds.pages.rooms import HOME, Staff
from shared.contracts.vocabulary import Mode
from shared.errors import NotFound
from shared.web.pages.forms import read as read_document
from shared.web.pages.route import Filled, Page, Shown
from shared.web.writing import Write

router = APIRouter(route_class=Page)

Code = Annotated[str, Path(max_length=40)]


@router.get("/shelters/{shelter}")
async def own(request: Request, shelter: Code, who: Staff, write: Write, look: Shown) -> Response:
    """Show the own shelter with its address; that look is noted."""
    if shelter not in Seat.of(who).shelters:
        raise NotFound("shelter")
    answer = await write(who, lambda tx: houses.read_shelter(tx, shelter, Mode.ACTUAL, who))
    return look.page(request, "own.html", who, shelter=orjson.loads(answer.body))


@router.post("/shelters/{shelter}/address")
async def put_address(shelter: Code, who: Staff, filled: Filled, look: Shown) -> Response:
    """Type where the shelter is."""
    body = filled.form.read(TypedAddress)
    await filled(who, lambda tx: houses.put_address(tx, shelter, body.address, who))
    return look.go(HOME, "address")


@router.post("/shelters/{shelter}/kin")
async def put_kin(request: Request, shelter: Code, who: Staff, filled: Filled, look: Shown) -> Response:
    """Flag whoever is close to its staff and residents, one name a line."""
    lines = [line.strip() for line in filled.form.get("names").splitlines()]
    names = list(read_document(Kin, {"names": [line for line in lines if line]}).names)
    hashed = request.app.state.names.hashed
    await filled(who, lambda tx: houses.put_kin(tx, shelter, names, hashed, who))
    return look.go(HOME, "kin")
