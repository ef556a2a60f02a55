"""Loading a jurisdiction: what is new is added, what differs is changed, what is gone is retired unless in use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Table, select

from services.dispatch.commands.allocation import Allocation
from services.dispatch.store import jobs, roster
from services.dispatch.tables import MUNICIPALITY, STATION, UNIT
from shared.contracts.jurisdiction import Part
from shared.contracts.jurisdiction_sections import DispatchSection
from shared.contracts.vocabulary import UnitState
from shared.errors import FieldError, Invalid
from shared.loading import Difference, Loaded, Plan, Preview, Remark
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_


def plan(tx: Transaction, section: DispatchSection) -> Plan:
    """Bring stations and units to what the document says, in one transaction, and serve who waited for them.

    Where a unit stands and whether it is on duty is taken from the document only when the unit is new. What stands in
    the way: a code that belongs to another jurisdiction, or what would be retired or moved and is in use.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    allocation = Allocation(tx, section.code)
    found = _compared(tx, section)
    loaded = Loaded((found.head, found.municipalities, found.stations, found.units), list(_warnings(found)))
    obstacles = [*_taken_codes(tx, section), *_in_use(tx, section.code, found)]

    def write() -> None:
        _write(tx, section.code, found)
        for shadow in (False, True):
            allocation.look_at(section.code, shadow=shadow)
        allocation.serve()

    return Plan(Preview(loaded, obstacles), write)


@dataclass(frozen=True)
class _Compared:
    """What a document changes, kind by kind."""

    head: Difference[str]
    municipalities: Difference[str]
    stations: Difference[str]
    units: Difference[str]
    new_units: roster.Rows
    """Units as the document has them: where one stands counts only when it is new."""


def _compared(tx: Transaction, section: DispatchSection) -> _Compared:
    head = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "police_accepted": section.deadlines.police_accepted,
    }
    known = roster.head(tx, section.code)
    municipalities = _rows(section.municipalities, leave_out={"region", "population"})
    stations = {code: {**row, "by_hand": False} for code, row in _rows(section.stations).items()}
    units = _rows(section.units)
    return _Compared(
        Difference.between("jurisdiction", {section.code: dict(known)} if known else {}, {section.code: head}),
        Difference.between("municipality", roster.present(tx, MUNICIPALITY, section.code), municipalities),
        Difference.between("station", roster.present(tx, STATION, section.code), stations),
        Difference.between(
            "unit",
            roster.present(tx, UNIT, section.code),
            {code: {"station": row["station"], "by_hand": False} for code, row in units.items()},
        ),
        units,
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


def _taken_codes(tx: Transaction, section: DispatchSection) -> Iterator[Remark]:
    """Codes of stations and municipalities are unique in a deployment: accounts belong to a station by its code."""
    wanted: Sequence[tuple[Table, Sequence[Any], str]] = (
        (
            STATION,
            section.stations,
            N_("Station %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
        ),
        (
            MUNICIPALITY,
            section.municipalities,
            N_("Municipality %(code)s belongs to jurisdiction %(owner)s. Choose another code."),
        ),
    )
    for table, parts, sentence in wanted:
        for code, owner in roster.owners(tx, table, [part.code for part in parts]).items():
            if owner != section.code:
                yield Remark(sentence, {"code": code, "owner": owner})


def _in_use(tx: Transaction, jurisdiction: str, found: _Compared) -> Iterator[Remark]:
    for code in found.municipalities.removed:
        if jobs.live_in(tx, code):
            yield Remark(
                N_("Municipality %(code)s has a job under way. Load again when that has ended."), {"code": code}
            )
    for code in _busy(tx, jurisdiction, [*found.units.removed, *found.units.changed]):
        yield Remark(N_("Unit %(code)s has a job. Load again when it is cleared."), {"code": code})
    for unit in found.units.known.values():
        if unit["by_hand"] and unit["code"] not in found.units.wanted and unit["station"] in found.stations.removed:
            yield Remark(
                N_("Station %(station)s has unit %(unit)s, which is not in the document."),
                {"station": unit["station"], "unit": unit["code"]},
            )


def _busy(tx: Transaction, jurisdiction: str, codes: Collection[str]) -> list[str]:
    chosen = (UNIT.c.jurisdiction == jurisdiction, UNIT.c.code.in_(codes))
    ids = {row["id"]: row["code"] for row in tx.all(select(UNIT.c.id, UNIT.c.code).where(*chosen))}
    return sorted({ids[unit] for unit in jobs.active_units(tx, list(ids))})


def _warnings(found: _Compared) -> Iterator[Remark]:
    for code in found.units.removed:
        if found.units.known[code]["state"] == UnitState.AVAILABLE:
            yield Remark(N_("Unit %(code)s is on duty now, and is retired."), {"code": code})
    yield from found.stations.taken_over()
    yield from found.units.taken_over()


def _write(tx: Transaction, jurisdiction: str, found: _Compared) -> None:
    head, municipalities, stations, units = found.head, found.municipalities, found.stations, found.units
    if head.moved:
        roster.put_head(tx, head.wanted[jurisdiction])
    roster.put_municipalities(tx, jurisdiction, [municipalities.wanted[code] for code in municipalities.moved])
    roster.forget_municipalities(tx, jurisdiction, municipalities.removed)
    roster.put_stations(tx, jurisdiction, [stations.wanted[code] for code in stations.moved], by_hand=False)
    roster.put_units(tx, jurisdiction, [found.new_units[code] for code in units.added], by_hand=False)
    roster.move_units(tx, jurisdiction, {code: found.new_units[code]["station"] for code in units.changed})
    roster.retire(tx, UNIT, jurisdiction, units.removed)
    roster.retire(tx, STATION, jurisdiction, stations.removed)
    roster.rebuild_coverage(tx, jurisdiction)


def _rows(parts: Sequence[Part], leave_out: Collection[str] = ()) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json", exclude=set(leave_out)) for part in parts)
    return {row["code"]: row for row in rows}
