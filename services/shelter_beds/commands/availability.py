"""How many rooms are free where: counted so that no answer points at one shelter (P6)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, NonNegativeInt
from sqlalchemy import Connection, func, select

from services.shelter_beds.domain.areas import Region, grouped, oldest, total
from services.shelter_beds.tables import MUNICIPALITY, ROOM, SHELTER


class Counted(BaseModel):
    """The rooms of some regions that are counted together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    regions: tuple[str, ...]
    free: NonNegativeInt
    held: NonNegativeInt
    occupied: NonNegativeInt
    out_of_service: NonNegativeInt
    oldest_confirmation: datetime | None


class Board(BaseModel):
    """What is known of a jurisdiction's rooms, real ones or shadow twins."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    groups: tuple[Counted, ...]


def board(connection: Connection, jurisdiction: str, *, shadow: bool) -> Board:
    """Count the rooms of a jurisdiction from the store."""
    return Board(groups=tuple(_counted(group) for group in grouped(_regions(connection, jurisdiction, shadow=shadow))))


def _counted(group: Sequence[Region]) -> Counted:
    return Counted(
        regions=tuple(region.code for region in group),
        oldest_confirmation=oldest(region.oldest_confirmation for region in group),
        **total(group),
    )


def _regions(connection: Connection, jurisdiction: str, *, shadow: bool) -> list[Region]:
    places = (
        select(MUNICIPALITY.c.region, func.avg(MUNICIPALITY.c.latitude), func.avg(MUNICIPALITY.c.longitude))
        .where(MUNICIPALITY.c.jurisdiction == jurisdiction)
        .group_by(MUNICIPALITY.c.region)
    )
    shelters = (
        select(SHELTER.c.region, func.count())
        .where(SHELTER.c.jurisdiction == jurisdiction, SHELTER.c.retired.is_(False))
        .group_by(SHELTER.c.region)
    )
    rooms = (
        select(
            SHELTER.c.region, ROOM.c.shown, func.count(), func.min(ROOM.c.confirmed_at, type_=ROOM.c.confirmed_at.type)
        )
        .join(SHELTER, SHELTER.c.code == ROOM.c.shelter)
        .where(ROOM.c.jurisdiction == jurisdiction, ROOM.c.shadow == shadow, ROOM.c.retired.is_(False))
        .group_by(SHELTER.c.region, ROOM.c.shown)
    )
    sheltering = {row[0]: row[1] for row in connection.execute(shelters)}
    shown: dict[str, dict[str, int]] = {}
    confirmed: dict[str, list[datetime | None]] = {}
    for region, how, count, moment in connection.execute(rooms):
        shown.setdefault(region, {})[how] = count
        confirmed.setdefault(region, []).append(moment)
    return [
        Region(code, lat, lon, sheltering.get(code, 0), shown.get(code, {}), oldest(confirmed.get(code, ())))
        for code, lat, lon in connection.execute(places)
    ]


def answer(boards: Mapping[str, Board], region: str | None) -> dict[str, Any] | None:
    """Return the counts of a region with those it is counted with, or of everything; ``None``: no such region."""
    groups = [group for each in boards.values() for group in each.groups]
    chosen = [group for group in groups if region is None or region in group.regions]
    if region is not None and not chosen:
        return None
    return {
        "region": region,
        "regions": sorted(code for group in chosen for code in group.regions),
        "free": sum(group.free for group in chosen),
        "held": sum(group.held for group in chosen),
        "occupied": sum(group.occupied for group in chosen),
        "out_of_service": sum(group.out_of_service for group in chosen),
        "oldest_confirmation": oldest(group.oldest_confirmation for group in chosen),
    }
