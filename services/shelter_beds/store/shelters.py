"""Shelters: what is known of one, where it is, and whom it must be kept from."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, select

from services.shelter_beds.tables import ACQUAINTANCE, ADDRESS, OFFERED_POINT, SHELTER
from shared.contracts.vocabulary import Service
from shared.errors import NotFound
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into, on_both

KIN = ""
"""In the place of a family's incident: flagged by staff."""

_BY_CODE = select(SHELTER).where(SHELTER.c.code == bindparam("code"))
_ADDRESS = select(ADDRESS).where(ADDRESS.c.shelter == bindparam("shelter"))
_ACQUAINT = on_both(ACQUAINTANCE, lambda insert: insert.on_conflict_do_nothing())


def shelter(tx: Transaction, code: str) -> RowMapping:
    """Return a shelter, retired or not.

    Raises:
        NotFound: there is none.
    """
    row = tx.first(_BY_CODE, {"code": code})
    if row is None:
        raise NotFound("shelter")
    return row


def in_service(tx: Transaction, code: str) -> RowMapping:
    """Return a shelter in service.

    Raises:
        NotFound: there is none.
    """
    row = shelter(tx, code)
    if row["retired"]:
        raise NotFound("shelter")
    return row


def address_is_set(tx: Transaction, code: str) -> bool:
    """Say whether staff have typed where their shelter is."""
    return tx.first(_ADDRESS, {"shelter": code}) is not None


def address(tx: Transaction, code: str) -> str | None:
    """Open a shelter's address. Whoever asks must be entitled, and the look noted."""
    row = tx.first(_ADDRESS, {"shelter": code})
    if row is None:
        return None
    return str(tx.seals.open(row["sealed"], "", code, row["version"])["address"])


def put_address(tx: Transaction, code: str, text: str) -> None:
    """Seal a shelter's address: the store alone, or a copy of it, does not tell where the shelter is."""
    known = tx.first(_ADDRESS, {"shelter": code})
    version = known["version"] + 1 if known else 1
    sealed = tx.seals.seal(Service.SHELTER_BEDS, "", code, version, {"address": text})
    row = {"shelter": code, "version": version, "sealed": sealed, "at": tx.now}
    statement = insert_into(tx.connection, ADDRESS).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=[ADDRESS.c.shelter], set_=row))


def used_points(connection: Connection, codes: Collection[str]) -> dict[str, list[dict[str, Any]]]:
    """Return the meeting points that shelters' staff used, by shelter, the last first."""
    query = select(OFFERED_POINT).where(OFFERED_POINT.c.shelter.in_(codes))
    found: dict[str, list[dict[str, Any]]] = {}
    for row in connection.execute(query.order_by(OFFERED_POINT.c.used_at.desc())).mappings() if codes else ():
        found.setdefault(row["shelter"], []).append(dict(row))
    return found


def use_point(tx: Transaction, shelter_code: str, code: str, kind: str | None = None, text: str | None = None) -> None:
    """Keep that a meeting point was used now. Kind and text are of one in the staff's own words, the first time."""
    row = {"shelter": shelter_code, "code": code, "kind": kind, "text": text, "used_at": tx.now}
    statement = insert_into(tx.connection, OFFERED_POINT).values(**row)
    key = [OFFERED_POINT.c.shelter, OFFERED_POINT.c.code]
    tx.execute(statement.on_conflict_do_update(index_elements=key, set_={"used_at": tx.now}))


def acquaint(tx: Transaction, code: str, names: Collection[str], incident: str) -> None:
    """Keep that somebody (hashed names) may know a shelter, because a family stayed there, or is kin of its people."""
    for name in names:
        tx.on_both(_ACQUAINT, {"shelter": code, "name": name, "incident": incident})


def replace_kin(tx: Transaction, code: str, names: Collection[str]) -> None:
    """Flag whoever is kin of a shelter's people, in the place of whoever was flagged before."""
    tx.execute(delete(ACQUAINTANCE).where(ACQUAINTANCE.c.shelter == code, ACQUAINTANCE.c.incident == KIN))
    acquaint(tx, code, names, KIN)


def flagged(connection: Connection, code: str) -> int:
    """Return how many names are flagged as kin."""
    mine = (ACQUAINTANCE.c.shelter == code, ACQUAINTANCE.c.incident == KIN)
    return int(connection.execute(select(func.count()).select_from(ACQUAINTANCE).where(*mine)).scalar_one())
