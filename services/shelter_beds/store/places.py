"""Jurisdictions, their clocks and neighbours; what is loaded."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping, select

from services.shelter_beds.tables import JURISDICTION
from shared.contracts.jurisdiction import Deadlines
from shared.storage.transaction import Transaction

_ALL = select(JURISDICTION)


@dataclass(frozen=True)
class Area:
    """What a jurisdiction says about rooms; the defaults where nothing is loaded."""

    code: str
    neighbours: tuple[str, ...] = ()
    language: str = "en"
    hold: timedelta = timedelta(seconds=Deadlines().hold)
    arrive: timedelta = timedelta(seconds=Deadlines().shelter_arrived)

    @property
    def searched(self) -> tuple[str, ...]:
        """The jurisdictions in which a room is sought, its own first."""
        return (self.code, *self.neighbours)


class Areas:
    """The jurisdictions of the deployment: there are few, and a search may lead into any of them."""

    def __init__(self, tx: Transaction) -> None:
        self._areas = {row["code"]: _area(row) for row in tx.all(_ALL)}

    def of(self, code: str) -> Area:
        """Return what a jurisdiction says about rooms."""
        return self._areas.get(code) or Area(code)

    def looking_to(self, codes: Collection[str]) -> list[str]:
        """Return the jurisdictions whose families may get a room in one of these."""
        found = {each.code for each in self._areas.values() if not set(codes).isdisjoint(each.searched)}
        return sorted(found.union(codes))


def _area(row: RowMapping) -> Area:
    return Area(
        row["code"],
        tuple(row["neighbours"]),
        row["languages"][0],
        timedelta(seconds=row["hold"]),
        timedelta(seconds=row["shelter_arrived"]),
    )


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(select(JURISDICTION).order_by(JURISDICTION.c.code)).mappings()
    return [{"code": row["code"], "name": row["name"], "languages": row["languages"]} for row in rows]
