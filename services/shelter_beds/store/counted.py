"""Rooms as they stand, and the requests of a time that found none."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import Connection, RowMapping, case, func, select

from services.shelter_beds.tables import DENIAL, JURISDICTION, ROOM, SHELTER
from shared.window import Window

MOST_DENIALS = 10_000
"""Read one by one, the youngest first: which rules excluded what stands within each."""


def rooms_by_shelter(connection: Connection, mine: Collection[str]) -> Sequence[RowMapping]:
    """Count the real rooms of shelters in service, by how they are shown, with their oldest confirmation."""
    query = (
        select(
            SHELTER.c.code,
            SHELTER.c.code_name,
            SHELTER.c.jurisdiction,
            JURISDICTION.c.stale_room,
            ROOM.c.shown,
            func.count().label("rooms"),
            func.sum(case((ROOM.c.confirmed_at.is_(None), 1), else_=0)).label("unconfirmed"),
            func.min(ROOM.c.confirmed_at, type_=ROOM.c.confirmed_at.type).label("oldest"),
        )
        .join(SHELTER, SHELTER.c.code == ROOM.c.shelter)
        .join(JURISDICTION, JURISDICTION.c.code == ROOM.c.jurisdiction)
        .where(ROOM.c.jurisdiction.in_(mine), ROOM.c.shadow.is_(False), ROOM.c.retired.is_(False))
        .where(SHELTER.c.retired.is_(False))
        .group_by(SHELTER.c.code, SHELTER.c.code_name, SHELTER.c.jurisdiction, JURISDICTION.c.stale_room, ROOM.c.shown)
        .order_by(SHELTER.c.code_name, SHELTER.c.code)
    )
    return connection.execute(query).mappings().all()


def denials(connection: Connection, window: Window, mine: Collection[str]) -> Sequence[RowMapping]:
    """Return the real requests of a time that found no room, youngest first: when, and rooms by rule."""
    query = select(DENIAL.c.at, DENIAL.c.excluded).where(
        DENIAL.c.jurisdiction.in_(mine),
        DENIAL.c.shadow.is_(False),
        DENIAL.c.id >= window.first_id,
        DENIAL.c.at >= window.since,
    )
    return connection.execute(query.order_by(DENIAL.c.id.desc()).limit(MOST_DENIALS)).mappings().all()
