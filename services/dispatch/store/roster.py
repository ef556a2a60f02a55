"""Writing what a jurisdiction consists of: municipalities, stations, units with their shadow twins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, RowMapping, Table, delete, insert, select, update

from services.dispatch.tables import COVERAGE, JURISDICTION, MUNICIPALITY, STATION, UNIT
from shared.ids import new_id
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_AT_ONCE = 500
"""Rows in one statement; a database takes only so many values at once."""

Rows = Mapping[str, Mapping[str, Any]]
"""Rows by their code."""


def present(tx: Transaction, table: Table, jurisdiction: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a jurisdiction that count: in service, and no shadow twins."""
    query = select(table).where(table.c.jurisdiction == jurisdiction)
    if "retired" in table.c:
        query = query.where(table.c.retired.is_(False))
    if "shadow" in table.c:
        query = query.where(table.c.shadow.is_(False))
    return {row["code"]: dict(row) for row in tx.all(query)}


def head(tx: Transaction, jurisdiction: str) -> RowMapping | None:
    """Return what is known of the jurisdiction itself."""
    return tx.first(select(JURISDICTION).where(JURISDICTION.c.code == jurisdiction))


def put_head(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write what is known of the jurisdiction itself."""
    _put(tx, JURISDICTION, [row])


def put_municipalities(tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write municipalities."""
    _put(tx, MUNICIPALITY, [{**row, "jurisdiction": jurisdiction} for row in rows])


def put_stations(tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]], *, by_hand: bool) -> None:
    """Write stations, each as its next version."""
    fixed = {"jurisdiction": jurisdiction, "by_hand": by_hand, "retired": False, "version": 1}
    _put(tx, STATION, [{**row, **fixed} for row in rows])


def put_units(
    tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]], *, by_hand: bool
) -> list[RowMapping]:
    """Put units into service, each with its shadow twin; return all of them."""
    fixed = {"jurisdiction": jurisdiction, "by_hand": by_hand, "retired": False, "version": 1, "position_at": tx.now}
    twins = [{**row, **fixed, "id": new_id(), "shadow": shadow} for row in rows for shadow in (False, True)]
    return _put(tx, UNIT, twins, key=(UNIT.c.jurisdiction, UNIT.c.code, UNIT.c.shadow))


def _put(
    tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]], key: Sequence[Column[Any]] = ()
) -> list[RowMapping]:
    """Write rows, each in the place of the one with the same key (usually its code) and as its next version."""
    written: list[RowMapping] = []
    for first in range(0, len(rows), _AT_ONCE):
        some = [dict(row) for row in rows[first : first + _AT_ONCE]]
        statement = insert_into(tx.connection, table)
        replaced: dict[str, Any] = {name: statement.excluded[name] for name in some[0] if name != "id"}
        if "version" in replaced:
            replaced["version"] = table.c.version + 1
        statement = statement.on_conflict_do_update(index_elements=key or [table.c.code], set_=replaced)
        written += tx.execute(statement.returning(*table.c), some).mappings().all()
    return written


def move_units(tx: Transaction, jurisdiction: str, stations: Mapping[str, str]) -> None:
    """Give units (real and twin) to other stations: unit code → station. Where they stand is not touched."""
    for code, station in stations.items():
        chosen = (UNIT.c.jurisdiction == jurisdiction, UNIT.c.code == code)
        values = {"station": station, "by_hand": False, "version": UNIT.c.version + 1}
        tx.execute(update(UNIT).where(*chosen).values(**values))


def retire(tx: Transaction, table: Table, jurisdiction: str, codes: Collection[str]) -> None:
    """Take stations or units (real and twin) out of service."""
    chosen = (table.c.jurisdiction == jurisdiction, table.c.code.in_(codes))
    tx.execute(update(table).where(*chosen).values(retired=True, version=table.c.version + 1))


def forget_municipalities(tx: Transaction, jurisdiction: str, codes: Collection[str]) -> None:
    """Forget municipalities."""
    tx.execute(delete(MUNICIPALITY).where(MUNICIPALITY.c.jurisdiction == jurisdiction, MUNICIPALITY.c.code.in_(codes)))


def rebuild_coverage(tx: Transaction, jurisdiction: str) -> None:
    """Bring the table by which stations are found up to what the stations cover."""
    mine = select(STATION.c.code).where(STATION.c.jurisdiction == jurisdiction)
    tx.execute(delete(COVERAGE).where(COVERAGE.c.station.in_(mine)))
    rows = [
        {"municipality": municipality, "station": code}
        for code, station in present(tx, STATION, jurisdiction).items()
        for municipality in sorted(set(station["covers"]))
    ]
    if rows:
        tx.execute(insert(COVERAGE), rows)


def owners(tx: Transaction, table: Table, codes: Collection[str]) -> dict[str, str]:
    """Return to which jurisdictions some codes belong already: code → jurisdiction."""
    query = select(table.c.code, table.c.jurisdiction).where(table.c.code.in_(codes))
    return {row["code"]: row["jurisdiction"] for row in tx.all(query)}
