"""Where stations are, what they cover, and how long a unit has to acknowledge."""

from __future__ import annotations

from collections.abc import Collection
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, bindparam, select

from services.dispatch.domain.choosing import Map, Station
from services.dispatch.tables import COVERAGE, JURISDICTION, MUNICIPALITY, STATION
from shared.contracts.jurisdiction import Deadlines
from shared.storage.transaction import Transaction

_TIME = select(JURISDICTION.c.police_accepted).where(JURISDICTION.c.code == bindparam("code"))
_BESIDE = select(MUNICIPALITY.c.code, MUNICIPALITY.c.neighbours).where(
    MUNICIPALITY.c.code.in_(bindparam("codes", expanding=True))
)
_FOR_CHOOSING = (
    STATION.c.code,
    STATION.c.directorate,
    STATION.c.covers,
    STATION.c.latitude,
    STATION.c.longitude,
)
_ALL = select(*_FOR_CHOOSING).where(STATION.c.jurisdiction == bindparam("jurisdiction"), STATION.c.retired.is_(False))
_COVERING = _ALL.where(
    STATION.c.code.in_(
        select(COVERAGE.c.station).where(COVERAGE.c.municipality.in_(bindparam("municipalities", expanding=True)))
    )
)


def time_to_acknowledge(tx: Transaction, jurisdiction: str) -> timedelta:
    """Return the deadline of an assignment; the default where nothing is loaded."""
    seconds = tx.execute(_TIME, {"code": jurisdiction}).scalar()
    return timedelta(seconds=Deadlines().police_accepted if seconds is None else seconds)


def map_of(tx: Transaction, jurisdiction: str, municipalities: Collection[str], *, whole: bool) -> Map:
    """Return the stations that answer for these municipalities or those beside them; ``whole``: all there are."""
    found = tx.execute(_BESIDE, {"codes": list(municipalities)})
    neighbours = {row.code: frozenset(row.neighbours) for row in found}
    if whole:
        rows = tx.execute(_ALL, {"jurisdiction": jurisdiction})
    else:
        wanted = frozenset(municipalities).union(*neighbours.values())
        rows = tx.execute(_COVERING, {"jurisdiction": jurisdiction, "municipalities": list(wanted)})
    stations = [Station(r.code, r.directorate, frozenset(r.covers), r.latitude, r.longitude) for r in rows]
    return Map(stations, neighbours)


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(select(JURISDICTION).order_by(JURISDICTION.c.code)).mappings()
    return [{"code": row["code"], "name": row["name"], "languages": row["languages"]} for row in rows]
