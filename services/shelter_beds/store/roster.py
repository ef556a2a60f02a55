"""Writing what a jurisdiction consists of: municipalities, shelters, rooms with their shadow twins."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Column, RowMapping, Table, delete, select, update

from services.shelter_beds.domain.room import FREE
from services.shelter_beds.tables import JURISDICTION, MUNICIPALITY, ROOM, SHELTER
from shared.ids import new_id
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_AT_ONCE = 500
"""Rows in one statement; a database takes only so many values at once."""

Rows = Mapping[Any, Mapping[str, Any]]
"""Rows by their code; rooms by their shelter and name."""


def present(tx: Transaction, table: Table, jurisdiction: str) -> dict[str, dict[str, Any]]:
    """Return the municipalities or shelters of a jurisdiction that are in service."""
    query = select(table).where(table.c.jurisdiction == jurisdiction)
    if "retired" in table.c:
        query = query.where(table.c.retired.is_(False))
    return {row["code"]: dict(row) for row in tx.all(query)}


def present_rooms(tx: Transaction, jurisdiction: str) -> dict[tuple[str, str], dict[str, Any]]:
    """Return the rooms of a jurisdiction that are in service, without shadow twins, by shelter and name."""
    chosen = (ROOM.c.jurisdiction == jurisdiction, ROOM.c.retired.is_(False), ROOM.c.shadow.is_(False))
    return {(row["shelter"], row["name"]): dict(row) for row in tx.all(select(ROOM).where(*chosen))}


def head(tx: Transaction, jurisdiction: str) -> RowMapping | None:
    """Return what is known of the jurisdiction itself."""
    return tx.first(select(JURISDICTION).where(JURISDICTION.c.code == jurisdiction))


def put_head(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Write what is known of the jurisdiction itself."""
    _put(tx, JURISDICTION, [row])


def put_municipalities(tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write municipalities."""
    _put(tx, MUNICIPALITY, [{**row, "jurisdiction": jurisdiction} for row in rows])


def put_shelters(tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]], *, by_hand: bool) -> None:
    """Write shelters, each as its next version. Where they are and whom they are kept from is not touched."""
    fixed = {"jurisdiction": jurisdiction, "by_hand": by_hand, "retired": False, "version": 1}
    _put(tx, SHELTER, [{**row, **fixed} for row in rows])


def put_rooms(
    tx: Transaction, jurisdiction: str, rows: Sequence[Mapping[str, Any]], *, by_hand: bool
) -> list[RowMapping]:
    """Put rooms into service, each with its shadow twin, which is always free; return all of them."""
    fixed = {
        "jurisdiction": jurisdiction,
        "by_hand": by_hand,
        "retired": False,
        "version": 1,
        "placement": None,
        "confirmed_at": None,
        "confirmed_role": None,
        "confirmed_by": None,
    }
    twins = [
        {**row, **fixed, "id": new_id(), "shadow": shadow, "state": state, "shown": state}
        for row in rows
        for shadow, state in ((False, row["state"]), (True, FREE))
    ]
    return _put(tx, ROOM, twins, key=(ROOM.c.shelter, ROOM.c.name, ROOM.c.shadow))


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


def change_room(tx: Transaction, shelter: str, name: str, **values: Any) -> None:
    """Write how a room (real and twin) is built. Its state is not touched."""
    chosen = (ROOM.c.shelter == shelter, ROOM.c.name == name)
    tx.execute(update(ROOM).where(*chosen).values(**values, version=ROOM.c.version + 1))


def retire_shelters(tx: Transaction, codes: Collection[str]) -> None:
    """Take shelters out of service."""
    statement = update(SHELTER).where(SHELTER.c.code.in_(codes))
    tx.execute(statement.values(retired=True, version=SHELTER.c.version + 1))


def retire_rooms(tx: Transaction, names: Collection[tuple[str, str]]) -> None:
    """Take rooms (real and twin), named by shelter and name, out of service."""
    for shelter, name in names:
        change_room(tx, shelter, name, retired=True)


def taken_among(tx: Transaction, names: Collection[tuple[str, str]]) -> list[tuple[str, str]]:
    """Return those of some rooms, named by shelter and name, of which a placement has the real one or its twin."""
    query = select(ROOM.c.shelter, ROOM.c.name).where(
        ROOM.c.shelter.in_({shelter for shelter, _ in names}), ROOM.c.placement.is_not(None)
    )
    return sorted({(row["shelter"], row["name"]) for row in tx.all(query)}.intersection(names)) if names else []


def forget_municipalities(tx: Transaction, jurisdiction: str, codes: Collection[str]) -> None:
    """Forget municipalities."""
    tx.execute(delete(MUNICIPALITY).where(MUNICIPALITY.c.jurisdiction == jurisdiction, MUNICIPALITY.c.code.in_(codes)))


def owners(tx: Transaction, table: Table, codes: Collection[str]) -> dict[str, str]:
    """Return to which jurisdictions some codes belong already: code → jurisdiction."""
    query = select(table.c.code, table.c.jurisdiction).where(table.c.code.in_(codes))
    return {row["code"]: row["jurisdiction"] for row in tx.all(query)}
