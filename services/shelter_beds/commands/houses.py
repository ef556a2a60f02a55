"""Shelters and rooms, one by one: made by an admin; their states, address and kin said by their own staff."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import RowMapping, select

from services.shelter_beds.commands import shown
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.hearing import reconsider
from services.shelter_beds.commands.loading import shelter_row
from services.shelter_beds.commands.moves import confirmed_by
from services.shelter_beds.commands.saying import loaded, shelter_changed
from services.shelter_beds.domain.family import plain
from services.shelter_beds.domain.forms import NewRoom, NewShelter, RoomPatch
from services.shelter_beds.domain.room import is_kept
from services.shelter_beds.store import placements, rooms, roster, shelters
from services.shelter_beds.tables import MUNICIPALITY, SHELTER
from shared.contracts.vocabulary import Mode, Role, Service
from shared.errors import Conflict, Forbidden, Invalid, NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.reading import Page
from shared.web.replies import Reply, check_version

_PATH = f"{Service.SHELTER_BEDS.prefix}/api"


def patch_room(tx: Transaction, room_id: str, body: RoomPatch, who: Account, seen: int | None) -> Reply:
    """Say what state a room is in. Saying it again says that it is still true."""
    allocation = Allocation(tx)
    room = rooms.room(tx, room_id)
    role = _keeper(Seat.of(who), room)
    check_version(seen, room["version"])
    if room["placement"] is not None:
        placement = placements.placement(tx.connection, room["placement"])
        raise Conflict(is_kept(placement.state, placement.alias))
    state = body.state.value
    allocation.touch(rooms.change(tx, room_id, state=state, shown=state, **confirmed_by(tx, who, role)))
    note(tx, who, f"room.{state}", room_id)
    allocation.open([room_id])
    allocation.serve()
    return _room_shown(tx, who, room_id)


def confirm_shelter(tx: Transaction, code: str, who: Account) -> Reply:
    """Say that nothing changed: the states of all rooms are true now."""
    allocation = Allocation(tx)
    shelter = _own(tx, code, who)
    confirmed = rooms.confirm_all(tx, code, **confirmed_by(tx, who, Role.SHELTER_STAFF))
    note(tx, who, "shelter.confirm", code)
    shelter_changed(tx, shelter)
    allocation.open([room["id"] for room in confirmed])
    allocation.serve()
    return _shelter_shown(tx, who, code)


def create_shelter(tx: Transaction, body: NewShelter, who: Account) -> Reply:
    """Make a shelter in the jurisdiction of its municipality, with its rooms."""
    known = tx.first(select(MUNICIPALITY).where(MUNICIPALITY.c.code == body.municipality))
    if known is None:
        raise Invalid.field("municipality", "the code of a municipality that is loaded")
    jurisdiction = known["jurisdiction"]
    _check_admin(Seat.of(who), jurisdiction)
    if len({room.name for room in body.rooms}) < len(body.rooms):
        raise Invalid.field("rooms", "names that are each given once")
    if roster.present(tx, SHELTER, jurisdiction).get(body.code) or _elsewhere(tx, body.code, jurisdiction):
        raise Conflict("There is a shelter %(code)s already. Choose another code.", code=body.code)
    roster.put_shelters(tx, jurisdiction, [shelter_row(body)], by_hand=True)
    new_rooms = [NewRoom.model_validate(room.model_dump()) for room in body.rooms]
    _put_rooms(tx, body.code, jurisdiction, new_rooms)
    note(tx, who, "shelter.create", body.code)
    return _shelter_shown(tx, who, body.code, status=201, location=f"{_PATH}/shelters/{body.code}")


def _elsewhere(tx: Transaction, code: str, jurisdiction: str) -> bool:
    """Say whether another jurisdiction has, or had, a shelter of this code: its staff's accounts go by it."""
    return roster.owners(tx, SHELTER, [code]).get(code, jurisdiction) != jurisdiction


def create_room(tx: Transaction, code: str, body: NewRoom, who: Account) -> Reply:
    """Make a room, and the shadow twin that stands in for it in drills."""
    seat = Seat.of(who)
    shelter = shelters.in_service(tx, code)
    _check_admin(seat, shelter["jurisdiction"])
    if (code, body.name) in roster.present_rooms(tx, shelter["jurisdiction"]):
        raise Conflict("There is a room %(name)s already. Choose another name.", name=body.name)
    made = _put_rooms(tx, code, shelter["jurisdiction"], [body])
    note(tx, who, "room.create", made)
    view = shown.room(tx.connection, seat, made)
    return Reply.entity(view, status=201, location=f"{_PATH}/rooms/{made}")


def _put_rooms(tx: Transaction, shelter: str, jurisdiction: str, new: list[NewRoom]) -> str:
    """Write new rooms, offer them to whoever waits, and return the id of the last real one."""
    allocation = Allocation(tx)
    rows = [{"shelter": shelter, **room.model_dump(mode="json")} for room in new]
    made = roster.put_rooms(tx, jurisdiction, rows, by_hand=True)
    for room in made:
        allocation.touch(room)
    allocation.open([room["id"] for room in made])
    allocation.serve()
    loaded(tx, jurisdiction)
    return next((str(room["id"]) for room in reversed(made) if not room["shadow"]), "")


def put_address(tx: Transaction, code: str, text: str, who: Account) -> Reply:
    """Keep where the shelter is; only its own staff can."""
    shelter = _own(tx, code, who)
    shelters.put_address(tx, code, text)
    note(tx, who, "shelter.address_set", code)
    shelter_changed(tx, shelter)
    return _shelter_shown(tx, who, code)


def read_shelter(tx: Transaction, code: str, mode: Mode, who: Account) -> Reply:
    """Return a shelter; to its own staff with its address, and that look is noted (P8)."""
    return _shelter_shown(tx, who, code, mode=mode)


def list_shelters(tx: Transaction, page: Page, mode: Mode, who: Account) -> Reply:
    """Return shelters by code; to their own staff with their addresses, and each of those looks is noted (P8)."""
    seat = Seat.of(who)
    listed = shown.shelters(tx.connection, seat, page, mode)
    for view in listed["items"]:
        _add_address(tx, seat, view, who)
    return Reply(listed)


def put_kin(tx: Transaction, code: str, names: list[str], hashed: Callable[[str], str], who: Account) -> Reply:
    """Flag whoever is close to the shelter's staff and residents, in the place of whoever was flagged before."""
    allocation = Allocation(tx)
    _own(tx, code, who)
    plains = {plain(name) for name in names} - {""}
    shelters.replace_kin(tx, code, sorted(hashed(name) for name in plains))
    note(tx, who, "shelter.kin_set", code)
    for placement, incident in placements.expected_at(tx, code):
        reconsider(tx, allocation, incident, placement, placement)
    allocation.open(rooms.of_shelter(tx, code))
    allocation.serve()
    return Reply({"shelter": code, "flagged": shelters.flagged(tx.connection, code)})


def _own(tx: Transaction, code: str, who: Account) -> RowMapping:
    if code not in Seat.of(who).shelters:
        raise NotFound("shelter")
    return shelters.in_service(tx, code)


def _keeper(seat: Seat, room: RowMapping) -> Role:
    """Return the role in which somebody says what state a room is in."""
    if room["shelter"] in seat.shelters:
        return Role.SHELTER_STAFF
    if room["jurisdiction"] in seat.administered:
        return Role.ADMIN
    raise NotFound("room")


def _check_admin(seat: Seat, jurisdiction: str) -> None:
    if jurisdiction not in seat.administered:
        raise Forbidden("This account does not administer %(jurisdiction)s.", jurisdiction=jurisdiction)


def _room_shown(tx: Transaction, who: Account, room_id: str) -> Reply:
    return Reply.entity(shown.room(tx.connection, Seat.of(who), room_id))


def _shelter_shown(
    tx: Transaction,
    who: Account,
    code: str,
    *,
    mode: Mode = Mode.ACTUAL,
    status: int = 200,
    location: str | None = None,
) -> Reply:
    seat = Seat.of(who)
    view = shown.shelter(tx.connection, seat, code, mode)
    _add_address(tx, seat, view, who)
    return Reply.entity(view, status=status, location=location)


def _add_address(tx: Transaction, seat: Seat, view: dict[str, Any], who: Account) -> None:
    if view["id"] in seat.shelters and view["address_set"]:
        note(tx, who, "shelter.address_read", view["id"])
        view["address"] = shelters.address(tx, view["id"])
