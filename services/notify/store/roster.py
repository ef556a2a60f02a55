"""Writing what a jurisdiction consists of: municipalities, centres with their rotas, offices."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import RowMapping, Table, delete, insert, select, update

from services.notify.tables import CENTRE, JURISDICTION, MUNICIPALITY, OFFICE, OFFICE_AREA, SERVICE_AREA
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_AT_ONCE = 500
"""Rows in one statement; a database takes only so many values at once."""

Rows = Mapping[str, Mapping[str, Any]]
"""Rows by their code."""


def present(tx: Transaction, table: Table, jurisdiction: str) -> dict[str, dict[str, Any]]:
    """Return the rows of a jurisdiction that are in service."""
    query = select(table).where(table.c.jurisdiction == jurisdiction)
    if "retired" in table.c:
        query = query.where(table.c.retired.is_(False))
    return {row["code"]: dict(row) for row in tx.all(query)}


def head(tx: Transaction, jurisdiction: str) -> RowMapping | None:
    """Return what is known of the jurisdiction itself."""
    return tx.first(select(JURISDICTION).where(JURISDICTION.c.code == jurisdiction))


def put_head(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write what is known of the jurisdiction itself."""
    _put(tx, JURISDICTION, [row])


def put(tx: Transaction, table: Table, jurisdiction: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write municipalities or offices."""
    _put(tx, table, [{**row, "jurisdiction": jurisdiction} for row in rows])


def put_centres(tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]], *, by_hand: bool) -> None:
    """Write centres with their rotas, each as its next version."""
    fixed = {"jurisdiction": jurisdiction, "by_hand": by_hand, "retired": False, "version": 1, "rota_version": 1}
    _put(tx, CENTRE, [{**row, **fixed} for row in rows])


def change_centre(tx: Transaction, centre: str, values: Mapping[str, Any]) -> None:
    """Write what an admin changed about a centre."""
    changed = {**values, "version": CENTRE.c.version + 1}
    tx.execute(update(CENTRE).where(CENTRE.c.code == centre).values(changed))


def put_rota(tx: Transaction, centre: str, entries: Sequence[Mapping[str, Any]]) -> None:
    """Write a rota as its staff changed it."""
    next_versions = {name: CENTRE.c[name] + 1 for name in ("version", "rota_version")}
    values = {"rota": list(entries), "rota_by_hand": True, **next_versions}
    tx.execute(update(CENTRE).where(CENTRE.c.code == centre).values(values))


def _put(tx: Transaction, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write rows, each in the place of the one with the same code and as its next version."""
    for first in range(0, len(rows), _AT_ONCE):
        some = [dict(row) for row in rows[first : first + _AT_ONCE]]
        statement = insert_into(tx.connection, table).values(some)
        replaced: dict[str, Any] = {name: statement.excluded[name] for name in some[0]}
        replaced |= {name: table.c[name] + 1 for name in ("version", "rota_version") if name in replaced}
        tx.execute(statement.on_conflict_do_update(index_elements=[table.c.code], set_=replaced))


def retire(tx: Transaction, codes: Collection[str]) -> None:
    """Take centres out of service."""
    tx.execute(update(CENTRE).where(CENTRE.c.code.in_(codes)).values(retired=True, version=CENTRE.c.version + 1))


def forget(tx: Transaction, table: Table, jurisdiction: str, codes: Collection[str]) -> None:
    """Forget municipalities or offices."""
    tx.execute(delete(table).where(table.c.jurisdiction == jurisdiction, table.c.code.in_(codes)))


def rebuild_areas(tx: Transaction, jurisdiction: str) -> None:
    """Bring the tables by which centres and offices are found up to what those say of themselves."""
    served = [
        {"municipality": municipality, "centre": code, "position": position}
        for code, centre in present(tx, CENTRE, jurisdiction).items()
        for position, municipality in enumerate(dict.fromkeys(centre["serves"]))
    ]
    covered = [
        {"municipality": municipality, "office": code}
        for code, office in present(tx, OFFICE, jurisdiction).items()
        for municipality in dict.fromkeys(office["municipalities"])
    ]
    mine = select(CENTRE.c.code).where(CENTRE.c.jurisdiction == jurisdiction)
    _replace(tx, SERVICE_AREA, SERVICE_AREA.c.centre.in_(mine), served)
    places = select(MUNICIPALITY.c.code).where(MUNICIPALITY.c.jurisdiction == jurisdiction)
    _replace(tx, OFFICE_AREA, OFFICE_AREA.c.municipality.in_(places), covered)


def _replace(tx: Transaction, table: Table, old: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    tx.execute(delete(table).where(old))
    if rows:
        tx.execute(insert(table), rows)


def owners(tx: Transaction, table: Table, codes: Collection[str]) -> dict[str, str]:
    """Return to which jurisdictions some codes belong already: code → jurisdiction."""
    query = select(table.c.code, table.c.jurisdiction).where(table.c.code.in_(codes))
    return {row["code"]: row["jurisdiction"] for row in tx.all(query)}
