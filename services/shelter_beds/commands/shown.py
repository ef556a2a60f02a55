"""What people are shown of shelters and rooms: their own staff, and within the mechanism whoever oversees them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, or_, select

from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.meeting import offered
from services.shelter_beds.domain.room import HELD
from services.shelter_beds.store.shelters import used_points
from services.shelter_beds.tables import ADDRESS, JURISDICTION, MUNICIPALITY, PLACEMENT, ROOM, SHELTER
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.vocabulary import Mode
from shared.errors import Invalid, NotFound
from shared.web.reading import Page


def shelters(connection: Connection, seat: Seat, page: Page, mode: Mode) -> dict[str, Any]:
    """Return a page of shelters, by code, with their rooms and without addresses."""
    listed = page.of(connection, _shelters_query(seat), SHELTER.c.code, dict)
    return {**listed, "items": _with_rooms(connection, seat, listed["items"], shadow=mode.shadow)}


def own_shelters(connection: Connection, seat: Seat, now: datetime) -> list[dict[str, Any]]:
    """Return the shelters on whose staff somebody is, by code; of each room whether its state must be confirmed."""
    query = _shelters_query(seat).where(SHELTER.c.code.in_(seat.shelters)).order_by(SHELTER.c.code)
    found = _with_rooms(connection, seat, connection.execute(query).mappings().all(), shadow=False)
    patience = {row.code: row.stale_room for row in connection.execute(select(JURISDICTION))}
    for each in found:
        since = now - timedelta(seconds=patience.get(each["jurisdiction"], Deadlines().stale_room))
        for one in each["rooms"]:
            one["stale"] = one["confirmed_at"] is None or one["confirmed_at"] <= since
    return found


def shelter(connection: Connection, seat: Seat, code: str, mode: Mode) -> dict[str, Any]:
    """Return one shelter.

    Raises:
        NotFound: there is no such shelter, or it is not the account's to see.
    """
    row = connection.execute(_shelters_query(seat).where(SHELTER.c.code == code)).mappings().first()
    if row is None:
        raise NotFound("shelter")
    return _with_rooms(connection, seat, [row], shadow=mode.shadow)[0]


def municipalities(connection: Connection, seat: Seat) -> list[dict[str, Any]]:
    """Return the municipalities in which somebody may make shelters, each with its region."""
    query = select(MUNICIPALITY.c.code, MUNICIPALITY.c.region).where(MUNICIPALITY.c.jurisdiction.in_(seat.administered))
    return [dict(row) for row in connection.execute(query.order_by(MUNICIPALITY.c.code)).mappings()]


def _shelters_query(seat: Seat) -> Select[Any]:
    mine = or_(SHELTER.c.code.in_(seat.shelters), SHELTER.c.jurisdiction.in_(seat.overseen))
    query = select(SHELTER, ADDRESS.c.shelter.is_not(None).label("address_set"))
    return query.outerjoin(ADDRESS, ADDRESS.c.shelter == SHELTER.c.code).where(SHELTER.c.retired.is_(False), mine)


def _with_rooms(
    connection: Connection, seat: Seat, rows: Sequence[RowMapping | dict[str, Any]], *, shadow: bool
) -> list[dict[str, Any]]:
    """Return shelters with their rooms; to their own staff with the meeting points to offer, the last used first."""
    rooms_of = _rooms_of(connection, seat, [row["code"] for row in rows], shadow=shadow)
    own = [row["code"] for row in rows if row["code"] in seat.shelters]
    used = used_points(connection, own)
    spoken = {area.code: area.languages[0] for area in connection.execute(select(JURISDICTION))} if own else {}
    return [
        _shelter(row, rooms_of.get(row["code"], []))
        | (
            {"offered_points": offered(row["meeting_points"], used.get(row["code"], []), spoken[row["jurisdiction"]])}
            if row["code"] in own
            else {}
        )
        for row in rows
    ]


def _shelter(row: RowMapping | dict[str, Any], rooms_: list[dict[str, Any]]) -> dict[str, Any]:
    names = ("code_name", "jurisdiction", "region", "municipality", "phone", "admission", "meeting_points", "version")
    address_set = bool(row["address_set"])
    return {"id": row["code"], **{name: row[name] for name in names}, "address_set": address_set, "rooms": rooms_}


def _rooms_of(
    connection: Connection, seat: Seat, codes: Collection[str], *, shadow: bool
) -> dict[str, list[dict[str, Any]]]:
    query = select(ROOM).where(ROOM.c.shelter.in_(codes), ROOM.c.shadow == shadow, ROOM.c.retired.is_(False))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(ROOM.c.shelter, ROOM.c.name)).mappings() if codes else ():
        found.setdefault(row["shelter"], []).append(_room(seat, row))
    return found


def room(connection: Connection, seat: Seat, room_id: str) -> dict[str, Any]:
    """Return one room.

    Raises:
        NotFound: there is no such room, or it is not the account's to see.
    """
    mine = or_(ROOM.c.shelter.in_(seat.shelters), ROOM.c.jurisdiction.in_(seat.overseen))
    query = select(ROOM).where(ROOM.c.id == room_id, ROOM.c.retired.is_(False), mine)
    row = connection.execute(query).mappings().first()
    if row is None:
        raise NotFound("room")
    return {**_room(seat, row), "shelter": row["shelter"], "jurisdiction": row["jurisdiction"]}


def _room(seat: Seat, row: RowMapping) -> dict[str, Any]:
    own = row["shelter"] in seat.shelters
    shown = {
        "id": row["id"],
        "name": row["name"],
        "beds": row["beds"],
        "accessible": row["accessible"],
        "state": row["shown"],
        "shadow": row["shadow"],
        "version": row["version"],
        "confirmed_at": row["confirmed_at"],
        "confirmed_by": row["confirmed_by"] if own else row["confirmed_role"],
    }
    return shown | ({"placement": row["placement"], "confirmed_role": row["confirmed_role"]} if own else {})


# --- rooms whose state must be confirmed by phone --------------------------------------------------------------------


def confirm_first(connection: Connection, seat: Seat, page: Page, now: datetime) -> dict[str, Any]:
    """Return rooms that are held although nobody confirmed their state for long, stalest first, with whom to ring."""
    query = _stale_query(connection, seat, now)
    if page.after is not None:
        query = query.where(_after(page.after))
    order = (ROOM.c.confirmed_at.asc().nulls_first(), ROOM.c.id)
    rows = connection.execute(query.order_by(*order).limit(page.limit + 1)).mappings().all()
    return page.cut(rows, _place, lambda row: _to_confirm(seat, row))


def _stale_query(connection: Connection, seat: Seat, now: datetime) -> Select[Any]:
    mine = or_(ROOM.c.shelter.in_(seat.shelters), ROOM.c.jurisdiction.in_(seat.supervised))
    stale = [
        and_(ROOM.c.jurisdiction == area.code, ROOM.c.confirmed_at <= now - timedelta(seconds=area.stale_room))
        for area in connection.execute(select(JURISDICTION.c.code, JURISDICTION.c.stale_room))
    ]
    return (
        select(ROOM, SHELTER.c.code_name, SHELTER.c.phone, PLACEMENT.c.alias, PLACEMENT.c.held_until)
        .join(SHELTER, SHELTER.c.code == ROOM.c.shelter)
        .join(PLACEMENT, PLACEMENT.c.id == ROOM.c.placement)
        .where(mine, ROOM.c.shown == HELD, ROOM.c.shadow.is_(False), or_(ROOM.c.confirmed_at.is_(None), *stale))
    )


def _place(row: RowMapping) -> str:
    """Return where a room stands in the list: when it was confirmed, and its id."""
    return f"{row['confirmed_at'].isoformat() if row['confirmed_at'] else ''}|{row['id']}"


def _after(place: str) -> ColumnElement[bool]:
    moment, _, room_id = place.partition("|")
    if not moment:
        return ROOM.c.confirmed_at.is_not(None) | (ROOM.c.id > room_id)
    try:
        at = datetime.fromisoformat(moment)
    except ValueError:
        raise Invalid.field("after", "the `next` of the page before, unchanged") from None
    return (ROOM.c.confirmed_at > at) | ((ROOM.c.confirmed_at == at) & (ROOM.c.id > room_id))


def _to_confirm(seat: Seat, row: RowMapping) -> dict[str, Any]:
    """Whom to ring about which room; for which family only its own staff are told."""
    shown = {**_room(seat, row), "shelter": row["shelter"], "code_name": row["code_name"], "phone": row["phone"]}
    if row["shelter"] not in seat.shelters:
        return shown
    return shown | {"alias": row["alias"], "held_until": row["held_until"]}
