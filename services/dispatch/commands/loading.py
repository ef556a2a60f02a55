"""Loading a jurisdiction: what is new is added, what differs is changed, what is gone is retired unless in use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from services.dispatch.commands.allocation import Allocation
from services.dispatch.store import jobs, roster
from services.dispatch.tables import MUNICIPALITY, STATION, UNIT
from shared.contracts.jurisdiction import Part
from shared.contracts.jurisdiction_sections import DispatchSection
from shared.errors import Conflict, FieldError, Invalid
from shared.storage.transaction import Transaction
from shared.web.jurisdictions import Loaded


@dataclass(frozen=True)
class _Difference:
    """What a document changes about one kind of thing, by code."""

    added: Sequence[str]
    changed: Sequence[str]
    removed: Sequence[str]

    @property
    def moved(self) -> Sequence[str]:
        """Whatever must be written."""
        return (*self.added, *self.changed)


def load(tx: Transaction, section: DispatchSection) -> Loaded:
    """Bring stations and units to what the document says, in one transaction, and serve who waited for them.

    Where a unit stands and whether it is on duty is taken from the document only when the unit is new.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    _check_owners(tx, section)
    allocation = Allocation(tx, section.code)
    parts = [_load_head(tx, section), _load_municipalities(tx, section), *_load_stations_and_units(tx, section)]
    roster.rebuild_coverage(tx, section.code)
    for shadow in (False, True):
        allocation.look_at(section.code, shadow=shadow)
    allocation.serve()
    return Loaded(
        added=sum(len(part.added) for part in parts),
        changed=sum(len(part.changed) for part in parts),
        removed=sum(len(part.removed) for part in parts),
    )


def _unknown_references(section: DispatchSection) -> Iterator[FieldError]:
    """The sender has checked the whole document; a section that reaches the store must still hold together."""
    municipalities = {each.code for each in section.municipalities}
    stations = {each.code for each in section.stations}
    for number, station in enumerate(section.stations):
        if not {station.municipality, *station.covers} <= municipalities:
            yield FieldError(f"stations.{number}", "names a municipality that is not in the document")
    for number, unit in enumerate(section.units):
        if unit.station not in stations:
            yield FieldError(f"units.{number}.station", "is not a station of the document")


def _check_owners(tx: Transaction, section: DispatchSection) -> None:
    """Codes of stations and municipalities are unique in a deployment: accounts belong to a station by its code."""
    wanted: Mapping[str, tuple[Table, Sequence[Any]]] = {
        "Station": (STATION, section.stations),
        "Municipality": (MUNICIPALITY, section.municipalities),
    }
    for kind, (table, parts) in wanted.items():
        for code, owner in roster.owners(tx, table, [part.code for part in parts]).items():
            if owner != section.code:
                raise Conflict(f"{kind} {code} belongs to jurisdiction {owner}. Choose another code.")


def _load_head(tx: Transaction, section: DispatchSection) -> _Difference:
    wanted = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "police_accepted": section.deadlines.police_accepted,
    }
    known = roster.head(tx, section.code)
    difference = _difference({section.code: dict(known)} if known else {}, {section.code: wanted})
    if difference.moved:
        roster.put_head(tx, wanted)
    return difference


def _load_municipalities(tx: Transaction, section: DispatchSection) -> _Difference:
    wanted = _rows(section.municipalities, leave_out={"region", "population"})
    difference = _difference(roster.present(tx, MUNICIPALITY, section.code), wanted)
    for code in difference.removed:
        if jobs.live_in(tx, code):
            raise Conflict(f"Municipality {code} has a job under way. Load again when that has ended.")
    roster.put_municipalities(tx, section.code, [wanted[code] for code in difference.moved])
    roster.forget_municipalities(tx, section.code, difference.removed)
    return difference


def _load_stations_and_units(tx: Transaction, section: DispatchSection) -> tuple[_Difference, _Difference]:
    wanted_stations, wanted_units = _rows(section.stations), _rows(section.units)
    known_stations = roster.present(tx, STATION, section.code)
    known_units = roster.present(tx, UNIT, section.code)
    stations = _difference(known_stations, {c: {**row, "by_hand": False} for c, row in wanted_stations.items()})
    units = _difference(known_units, {c: {"station": r["station"], "by_hand": False} for c, r in wanted_units.items()})
    _check_not_in_use(tx, section.code, [*units.removed, *units.changed])
    for unit in known_units.values():
        if unit["by_hand"] and unit["code"] not in wanted_units and unit["station"] in stations.removed:
            raise Conflict(f"Station {unit['station']} has unit {unit['code']}, which is not in the document.")
    roster.put_stations(tx, section.code, [wanted_stations[code] for code in stations.moved], by_hand=False)
    roster.put_units(tx, section.code, [wanted_units[code] for code in units.added], by_hand=False)
    roster.move_units(tx, section.code, {code: wanted_units[code]["station"] for code in units.changed})
    roster.retire(tx, UNIT, section.code, units.removed)
    roster.retire(tx, STATION, section.code, stations.removed)
    return stations, units


def _check_not_in_use(tx: Transaction, jurisdiction: str, codes: Collection[str]) -> None:
    chosen = (UNIT.c.jurisdiction == jurisdiction, UNIT.c.code.in_(codes))
    ids = {row["id"]: row["code"] for row in tx.all(select(UNIT.c.id, UNIT.c.code).where(*chosen))}
    for unit in jobs.active_units(tx, list(ids)):
        raise Conflict(f"Unit {ids[unit]} has a job. Load again when it is cleared.")


def _rows(parts: Sequence[Part], leave_out: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json", exclude=set(leave_out)) for part in parts)
    return {row["code"]: row for row in rows}


def _difference(known: roster.Rows, wanted: roster.Rows) -> _Difference:
    """Compare rows by the fields that are wanted; what was made by hand is not the document's to remove."""
    return _Difference(
        added=[code for code in wanted if code not in known],
        changed=[
            code
            for code, row in wanted.items()
            if code in known and any(known[code][name] != value for name, value in row.items())
        ],
        removed=[code for code, row in known.items() if code not in wanted and not row.get("by_hand")],
    )
