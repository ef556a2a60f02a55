"""Shelters for whoever administers or oversees them: never where they are, never who stays there."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request, Response
from sqlalchemy import Connection

from services.shelter_beds.commands import availability, houses, shown, views
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.forms import NewRoom, NewShelter, RoomPatch
from services.shelter_beds.tables import DENIAL, PLACEMENT
from shared.contracts.vocabulary import Mode, PlacementState, Role
from shared.errors import Invalid
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.forms import Form
from shared.web.pages.forms import read as read_document
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import MOST_PER_PAGE, Paged, Read, Reading
from shared.web.reading import Page as Listed

router = APIRouter(route_class=Page)

Keeper = Annotated[Account, allow(Role.ADMIN, Role.SUPERVISOR)]
Supervisor = Annotated[Account, allow(Role.SUPERVISOR)]
Admin = Annotated[Account, allow(Role.ADMIN)]
Code = Annotated[str, Path(max_length=40)]
_HERE = "/shelter-beds/houses"
_SHORT = 20


@router.get("/houses")
async def list_houses(request: Request, who: Keeper, read: Read, page: Paged, look: Shown) -> Response:
    """List shelters with their rooms; to a supervisor also what is free where, and whom to ring first."""
    seat, now = Seat.of(who), read.now

    def run(connection: Connection) -> dict[str, Any]:
        first = Listed(limit=_SHORT, after=None)
        ring = shown.confirm_first(connection, seat, first, now)["items"] if seat.supervised else []
        return {"listed": shown.shelters(connection, seat, page, Mode.ACTUAL), "ring": ring}

    content = await read(run)
    counts = None
    if seat.supervised:
        board = request.app.state.board
        boards = {code: await board.of(code, read, shadow=False) for code in sorted(seat.supervised)}
        counts = availability.answer(boards, None)
    return look.page(request, "houses.html", who, **content, counts=counts, read_at=now)


@router.get("/houses/families")
async def families(
    request: Request,
    who: Supervisor,
    read: Read,
    page: Paged,
    look: Shown,
    state: PlacementState | None = None,
) -> Response:
    """List who waits for a room, the most endangered first, and every placement by its alias."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        query = views.placements_query(seat)
        if state is not None:
            query = query.where(PLACEMENT.c.state == state.value)
        listed = page.of(connection, query, PLACEMENT.c.id, dict, newest_first=True)
        return {
            "waiting": views.waitlist(connection, seat, MOST_PER_PAGE),
            "listed": {**listed, "items": views.placements(connection, seat, listed["items"])},
        }

    states = [each.value for each in PlacementState]
    return look.page(request, "families.html", who, **await read(run), state=state, states=states)


@router.get("/houses/denials")
async def denials(request: Request, who: Supervisor, read: Read, page: Paged, look: Shown) -> Response:
    """List the requests that found no room, youngest first, with the rule that excluded each candidate."""
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        query = views.denials_query(seat).where(DENIAL.c.shadow.is_(False))
        return page.of(connection, query, DENIAL.c.id, lambda row: views.denial(seat, row), newest_first=True)

    return look.page(request, "denials.html", who, listed=await read(run))


@router.get("/houses/new")
async def new_house(request: Request, who: Admin, read: Read, look: Shown) -> Response:
    """Ask for a new shelter: what may be known of it, never where it is."""
    return await _asked(request, who, read, look, Form([]))


@router.post("/houses")
async def create_house(request: Request, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Make a shelter; a form that is not accepted comes back as it was typed."""
    form = filled.form
    try:
        places = {each["code"]: each["region"] for each in await _places(read, who)}
        body = read_document(NewShelter, _shelter(form, places))
        await filled(who, lambda tx: houses.create_shelter(tx, body, who))
    except Invalid as error:
        return await _asked(request, who, read, look, form, error)
    return look.go(f"{_HERE}/shelter/{body.code}", "shelter-made")


def _shelter(form: Form, regions: dict[str, str]) -> dict[str, Any]:
    """Return a new shelter as the API takes it: what was not ticked is no, no age is every age."""
    document = form.document("admission.adults", "admission.mobility")
    typed = document.get("admission", {})
    languages = str(typed.get("languages", "")).replace(",", " ").split()
    unsaid = {"oldest_boy": None, "acute_medical": False, "documents_required": False, "pets": 0}
    document["admission"] = {**unsaid, **typed, "languages": languages}
    return {**document, "region": regions.get(document.get("municipality", ""), "")}


async def _asked(
    request: Request, who: Account, read: Reading, look: Look, form: Form, error: Invalid | None = None
) -> Response:
    wrong = {each.field: each.message for each in error.errors} if error else {}
    places = await _places(read, who)
    status = 422 if error else 200
    return look.page(request, "new_house.html", who, status=status, municipalities=places, form=form, wrong=wrong)


async def _places(read: Reading, who: Account) -> list[dict[str, Any]]:
    seat = Seat.of(who)
    return await read(lambda connection: shown.municipalities(connection, seat))


@router.get("/houses/shelter/{shelter}")
async def house(request: Request, shelter: Code, who: Keeper, read: Read, look: Shown) -> Response:
    """Show one shelter: its rooms, and whom it takes in."""
    return await _house(request, shelter, who, read, look, Form([]))


async def _house(
    request: Request,
    shelter: str,
    who: Account,
    read: Reading,
    look: Look,
    form: Form,
    error: Invalid | None = None,
) -> Response:
    seat = Seat.of(who)
    found = await read(lambda connection: shown.shelter(connection, seat, shelter, Mode.ACTUAL))
    wrong = {each.field: each.message for each in error.errors} if error else {}
    return look.page(
        request,
        "house.html",
        who,
        status=422 if error else 200,
        shelter=found,
        administered=found["jurisdiction"] in seat.administered,
        form=form,
        wrong=wrong,
        read_at=read.now,
    )


@router.post("/houses/shelter/{shelter}/rooms")
async def create_room(request: Request, shelter: Code, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Make a room; a form that is not accepted comes back as it was typed."""
    try:
        body = filled.form.read(NewRoom)
        await filled(who, lambda tx: houses.create_room(tx, shelter, body, who))
    except Invalid as error:
        return await _house(request, shelter, who, read, look, filled.form, error)
    return look.go(f"{_HERE}/shelter/{shelter}", "room-made")


@router.post("/houses/shelter/{shelter}/rooms/{room}")
async def set_room(shelter: Code, room: str, who: Admin, filled: Filled, look: Shown) -> Response:
    """Say what state a room is in."""
    body, seen = filled.form.read(RoomPatch), filled.form.version
    await filled(who, lambda tx: houses.patch_room(tx, room, body, who, seen))
    return look.go(f"{_HERE}/shelter/{shelter}", "room")
