"""What people and programs are shown of placements. Outside its shelter a placement is an alias (P6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, false, or_, select

from services.shelter_beds.commands.access import Seat
from services.shelter_beds.domain.placement import ACTIVE, Placement
from services.shelter_beds.store.incidents import facts_of
from services.shelter_beds.store.placements import placement_of
from services.shelter_beds.tables import DENIAL, INCIDENT, IS_ACTIVE, IS_WAITLISTED, LOOK, PLACEMENT, ROOM, SHELTER
from shared.contracts.need_to_know import for_role
from shared.contracts.vocabulary import Role, Service
from shared.errors import NotFound
from shared.storage.history import steps_of_each

_BESIDE_A_PLACEMENT = (
    INCIDENT.c.number.label("incident_number"),
    ROOM.c.name.label("room_name"),
)


def placements_query(seat: Seat) -> Select[Any]:
    """Return the query of all placements that an account may read."""
    # Only the conditions that there are: with one of them, its index is used.
    mine = [PLACEMENT.c.shelter.in_(seat.shelters)] if seat.shelters else []
    watched = [column.in_(seat.onlookers) for column in (PLACEMENT.c.jurisdiction, PLACEMENT.c.home) if seat.onlookers]
    return _placements().where(or_(false(), *mine, *watched))


def _placements() -> Select[Any]:
    query = select(PLACEMENT, *_BESIDE_A_PLACEMENT).join(INCIDENT, INCIDENT.c.id == PLACEMENT.c.incident)
    return query.outerjoin(ROOM, ROOM.c.id == PLACEMENT.c.room)


def placements(
    connection: Connection, seat: Seat, rows: Sequence[RowMapping | Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return placements as an account sees them in a list: nothing personal."""
    steps = steps_of_each(connection, [row["id"] for row in rows])
    return [_placement(seat, placement_of(row), row, steps.get(row["id"], [])) for row in rows]


def own_placements(connection: Connection, seat: Seat, ended_since: datetime) -> list[dict[str, Any]]:
    """Return what somebody's shelters have to do with, and what ended lately: nothing personal, the oldest first."""
    lately = PLACEMENT.c.ended_at >= ended_since
    query = _placements().where(PLACEMENT.c.shelter.in_(seat.shelters), or_(IS_ACTIVE, lately))
    return placements(connection, seat, connection.execute(query.order_by(PLACEMENT.c.id)).mappings().all())


def waitlist(connection: Connection, seat: Seat, most: int) -> list[dict[str, Any]]:
    """Return who waits for a room, the most endangered first."""
    danger = (PLACEMENT.c.priority, PLACEMENT.c.raised_at, PLACEMENT.c.incident)
    query = placements_query(seat).where(IS_WAITLISTED).order_by(*danger).limit(most)
    return placements(connection, seat, connection.execute(query).mappings().all())


def placement_after(connection: Connection, seat: Seat, placement: Placement) -> dict[str, Any]:
    """Return a placement as a use case leaves it."""
    row = connection.execute(_placements().where(PLACEMENT.c.id == placement.id)).mappings().one()
    return _placement(seat, placement, row, steps_of_each(connection, [placement.id]).get(placement.id, []))


def placement_detail(connection: Connection, seat: Seat, placement_id: str) -> dict[str, Any]:
    """Return a placement; to its shelter's staff with the family's size and needs, and that look must be noted.

    Raises:
        NotFound: there is no such placement, or it is not the account's to see.
    """
    row = connection.execute(placements_query(seat).where(PLACEMENT.c.id == placement_id)).mappings().first()
    if row is None:
        raise NotFound("placement")
    placement = placement_of(row)
    shown = _placement(seat, placement, row, steps_of_each(connection, [placement_id]).get(placement_id, []))
    if placement.shelter not in seat.shelters:
        return shown
    shown |= {"looked": _looks(connection, placement_id)}
    if placement.state not in ACTIVE:
        return shown
    facts = for_role(Service.SHELTER_BEDS, [Role.SHELTER_STAFF], facts_of(connection, placement.incident))
    return shown | {"people": placement.people, "facts": facts}


def _placement(
    seat: Seat, placement: Placement, row: RowMapping | Mapping[str, Any], steps: list[dict[str, Any]]
) -> dict[str, Any]:
    shown = {
        "id": placement.id,
        "incident": placement.incident,
        "incident_number": row["incident_number"],
        "jurisdiction": placement.jurisdiction,
        "state": placement.state,
        "alias": placement.alias,
        "priority": placement.priority,
        "raised_at": placement.raised_at,
        "mode": placement.mode,
        "shadow": placement.shadow,
        "attempt": placement.attempt,
        "request": placement.request,
        "held_until": placement.held_until,
        "arrive_by": placement.arrive_by,
        "ended_at": placement.ended_at,
        "reason": placement.reason,
        "attention": placement.attention,
        "excluded": dict(placement.excluded),
        "version": placement.version,
        "steps": steps,
    }
    if placement.shelter not in seat.shelters:
        return shown
    return shown | {
        "shelter": placement.shelter,
        "room": {"id": placement.room, "name": row["room_name"]},
        "meeting_point": placement.meeting_point,
        "word": placement.word,
    }


def _looks(connection: Connection, placement_id: str) -> list[dict[str, Any]]:
    query = select(LOOK).where(LOOK.c.placement == placement_id).order_by(LOOK.c.id)
    rows = connection.execute(query).mappings()
    return [{"at": row["at"], "by": Role.CREW, "station": row["station"], "unit": row["unit"]} for row in rows]


# --- the denial ledger -----------------------------------------------------------------------------------------------


def denials_query(seat: Seat) -> Select[Any]:
    """Return the query of the requests that found no room, where an account may read of them."""
    mine = select(SHELTER.c.jurisdiction).where(SHELTER.c.code.in_(seat.shelters))
    if not seat.onlookers and not seat.shelters:
        return select(DENIAL).where(false())
    return (
        select(DENIAL, INCIDENT.c.number.label("incident_number"))
        .join(INCIDENT, INCIDENT.c.id == DENIAL.c.incident)
        .where(or_(DENIAL.c.jurisdiction.in_(seat.onlookers), DENIAL.c.jurisdiction.in_(mine)))
    )


def denial(seat: Seat, row: RowMapping) -> dict[str, Any]:
    """Return a denial: totals for who watches the incident, details for a supervisor, their own for shelter staff."""
    shown: dict[str, Any] = {"id": row["id"], "at": row["at"], "jurisdiction": row["jurisdiction"]}
    shown |= {"shadow": row["shadow"], "excluded": row["excluded"]}
    if row["jurisdiction"] in seat.onlookers:
        about = {"incident": row["incident"], "incident_number": row["incident_number"], "request": row["request"]}
        shown |= about | {"people": row["people"]}
    if row["jurisdiction"] in seat.supervised:
        return shown | {"candidates": _rules(row["candidates"])}
    mine = {code: rules for code, rules in row["candidates"].items() if code in seat.shelters}
    return shown | ({"candidates": _rules(mine)} if seat.shelters else {})


def _rules(candidates: Mapping[str, Mapping[str, int]]) -> list[dict[str, Any]]:
    return [
        {"shelter": shelter, "rule": rule, "rooms": rooms}
        for shelter, rules in sorted(candidates.items())
        for rule, rooms in sorted(rules.items())
    ]
