"""Units: who is free, who is where."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, bindparam, exists, func, select, update

from services.dispatch.domain.choosing import FreeUnit
from services.dispatch.tables import IS_ACTIVE, JOB, STATION, UNIT
from shared.contracts.vocabulary import UnitState
from shared.errors import NotFound
from shared.ids import is_id
from shared.storage.transaction import Transaction

POSITION_HIDDEN = timedelta(minutes=30)
"""How long after a journey with a family the unit's position stays with its own station (P6)."""

HAS_JOB = exists().where(JOB.c.unit == UNIT.c.id, IS_ACTIVE)

_FREE = (
    select(
        UNIT.c.id,
        UNIT.c.code,
        UNIT.c.station,
        func.coalesce(UNIT.c.latitude, STATION.c.latitude).label("latitude"),
        func.coalesce(UNIT.c.longitude, STATION.c.longitude).label("longitude"),
    )
    .join(STATION, STATION.c.code == UNIT.c.station)
    .where(
        UNIT.c.station.in_(bindparam("stations", expanding=True)),
        UNIT.c.shadow == bindparam("shadow"),
        UNIT.c.state == UnitState.AVAILABLE.value,
        UNIT.c.retired.is_(False),
        ~HAS_JOB,
    )
)
_ANY_FREE = (
    select(UNIT.c.id)
    .where(
        UNIT.c.jurisdiction == bindparam("jurisdiction"),
        UNIT.c.shadow == bindparam("shadow"),
        UNIT.c.state == UnitState.AVAILABLE.value,
        UNIT.c.retired.is_(False),
        ~HAS_JOB,
    )
    .limit(1)
)

_NEXT_VERSION = (
    update(UNIT).where(UNIT.c.id == bindparam("changed")).values(version=UNIT.c.version + 1).returning(*UNIT.c)
)


def carries(now: datetime) -> ColumnElement[bool]:
    """Say of a unit whether it carries a family, or did so a moment ago."""
    lately = JOB.c.ended_at.is_(None) | (JOB.c.ended_at > now - POSITION_HIDDEN)
    return exists().where(JOB.c.unit == UNIT.c.id, JOB.c.carried.is_(True), lately)


class FreeUnits:
    """The units of one kind, real or shadow, that could go now; read station by station as they are needed."""

    def __init__(self, tx: Transaction, *, shadow: bool) -> None:
        self._tx = tx
        self._shadow = shadow
        self._by_station: dict[str, list[FreeUnit]] = {}

    def at(self, stations: Collection[str]) -> Iterable[FreeUnit]:
        """Return the free units of some stations."""
        unread = [station for station in stations if station not in self._by_station]
        if unread:
            self._by_station |= {station: [] for station in unread}
            for unit_ in self._read(unread):
                self._by_station[unit_.station].append(unit_)
        return [unit_ for station in stations for unit_ in self._by_station[station]]

    def take(self, taken: FreeUnit) -> None:
        """Count a unit as free no longer."""
        self._by_station[taken.station].remove(taken)

    def _read(self, stations: Collection[str]) -> list[FreeUnit]:
        rows = self._tx.execute(_FREE, {"stations": list(stations), "shadow": self._shadow})
        return [FreeUnit(r.id, r.code, r.station, r.latitude, r.longitude) for r in rows]


def any_free(tx: Transaction, jurisdiction: str, *, shadow: bool) -> bool:
    """Say whether there is any unit at all that could go."""
    return tx.first(_ANY_FREE, {"jurisdiction": jurisdiction, "shadow": shadow}) is not None


def unit(tx: Transaction, unit_id: str) -> RowMapping:
    """Return a unit in service.

    Raises:
        NotFound: there is none.
    """
    row = tx.first(select(UNIT).where(UNIT.c.id == unit_id, UNIT.c.retired.is_(False)))
    if row is None:
        raise NotFound("unit")
    return row


def named(tx: Transaction, jurisdiction: str, name: str, *, shadow: bool) -> RowMapping | None:
    """Return a unit in service by its id or its code."""
    column = UNIT.c.id if is_id(name) else UNIT.c.code
    kind = (UNIT.c.jurisdiction == jurisdiction, UNIT.c.shadow == shadow, UNIT.c.retired.is_(False))
    return tx.first(select(UNIT).where(column == name, *kind))


def change(tx: Transaction, unit_id: str, **values: Any) -> RowMapping:
    """Write a unit's next version and return it."""
    statement = _NEXT_VERSION.values(**values) if values else _NEXT_VERSION
    return tx.execute(statement, {"changed": unit_id}).mappings().one()


def crewed_by(tx: Transaction, crews: Collection[tuple[str, str]]) -> Sequence[str]:
    """Return the ids of the units, real and shadow, of some crews: pairs of station and unit code."""
    ids: list[str] = []
    for station, code in crews:
        ids += tx.execute(select(UNIT.c.id).where(UNIT.c.station == station, UNIT.c.code == code)).scalars()
    return ids
