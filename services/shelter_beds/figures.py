"""What shelter_beds tells of itself: rooms, whose word on them is old, families in them and families that wait."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import Connection, and_, func, or_, select

from services.shelter_beds.domain.room import HELD
from services.shelter_beds.tables import INCIDENT, IS_LIVE, JURISDICTION, PLACEMENT, ROOM
from shared.contracts.vocabulary import Mode, PlacementState, RoomState
from shared.telemetry.figures import Count, Figure, Figures, Gauge, mode_of

_SHOWN = (RoomState.FREE.value, HELD, RoomState.OCCUPIED.value, RoomState.OUT_OF_SERVICE.value)

ROOMS = Gauge("zakrila_rooms", "Rooms, by what they show", ("state", "mode"))
STALE = Gauge(
    "zakrila_rooms_stale",
    "Free or held rooms whose state nobody confirmed for longer than their area allows",
    ("mode",),
)
HOLDS = Gauge("zakrila_holds", "Rooms kept for a family that has not arrived", ("mode",))
PLACEMENTS = Gauge("zakrila_placements", "Placements that have not ended", ("state", "priority", "mode"))
ENDED = Count(
    "zakrila_placements_ended",
    "Placements that ended, by how",
    ("state", "mode"),
    known=tuple(
        (state.value, Mode.ACTUAL.value)
        for state in (PlacementState.EXPIRED, PlacementState.DECLINED, PlacementState.NO_SHOW)
    ),
)
DENIALS = Count(
    "zakrila_denials", "Requests that found no room", ("mode",), known=((Mode.ACTUAL.value,), (Mode.EXERCISE.value,))
)

_COUNT_ROOMS = (
    select(ROOM.c.shown, ROOM.c.shadow, func.count())
    .where(ROOM.c.retired.is_(False))
    .group_by(ROOM.c.shown, ROOM.c.shadow)
)
_COUNT_PLACEMENTS = (
    select(PLACEMENT.c.state, INCIDENT.c.priority, PLACEMENT.c.mode, func.count())
    .join(INCIDENT, INCIDENT.c.id == PLACEMENT.c.incident)
    .where(IS_LIVE)
    .group_by(PLACEMENT.c.state, INCIDENT.c.priority, PLACEMENT.c.mode)
)


def read(connection: Connection, now: datetime) -> Iterable[Figure]:
    """Count rooms and live placements; zeros are told too, because "no room is free" is what must be seen."""
    modes = {shadow: mode_of(shadow=shadow) for shadow in (False, True)}
    rooms: dict[tuple[str, ...], float] = {(shown, mode): 0.0 for shown in _SHOWN for mode in modes.values()}
    for shown, shadow, count in connection.execute(_COUNT_ROOMS):
        rooms[shown, modes[shadow]] = count
    yield ROOMS.of(rooms)
    yield HOLDS.of({(mode,): rooms[HELD, mode] for mode in modes.values()})
    yield STALE.of({**{(mode,): 0.0 for mode in modes.values()}, **_stale(connection, now)})
    rows = connection.execute(_COUNT_PLACEMENTS)
    yield PLACEMENTS.of({(state, str(priority), mode): count for state, priority, mode, count in rows})


def _stale(connection: Connection, now: datetime) -> dict[tuple[str, ...], float]:
    late = [
        and_(ROOM.c.jurisdiction == area.code, ROOM.c.confirmed_at <= now - timedelta(seconds=area.stale_room))
        for area in connection.execute(select(JURISDICTION.c.code, JURISDICTION.c.stale_room))
    ]
    query = (
        select(ROOM.c.shadow, func.count())
        .where(ROOM.c.retired.is_(False), ROOM.c.shown.in_((RoomState.FREE.value, HELD)))
        .where(or_(ROOM.c.confirmed_at.is_(None), *late))
        .group_by(ROOM.c.shadow)
    )
    return {(mode_of(shadow=shadow),): count for shadow, count in connection.execute(query)}


FIGURES = Figures((ROOMS, STALE, HOLDS, PLACEMENTS), read, (ENDED, DENIALS))
