"""Places by what an operator types: Cyrillic or Latin, with or without diacritics, from the start of any word."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy import Connection, RowMapping, or_, select

from services.intake.tables import PLACE, PLACE_NAME

MUNICIPALITY, SETTLEMENT = "municipality", "settlement"
_LAST_LETTER = "\U0010ffff"
_MOST_LOOKED_AT = 400
_SHOWN = ("kind", "code", "municipality", "jurisdiction", "names")
# Bulgaria's Transliteration Act of 2009, and the Serbian letters that Bulgarian has not.
_CYRILLIC = [*"абвгдезийклмнопрстуфхъьј", *"жцчшщюяђљњћџ", "đ"]
_SEVERAL = ("zh", "ts", "ch", "sh", "sht", "yu", "ya", "dj", "lj", "nj", "c", "dz", "dj")
_LATIN = [*"abvgdeziyklmnoprstufhayj", *_SEVERAL]
_TO_LATIN = str.maketrans(dict(zip(_CYRILLIC, _LATIN, strict=True)))


def folded(text: str) -> str:
    """Return a name as it is searched: small Latin letters without diacritics, whichever way it was typed."""
    latin = unicodedata.normalize("NFC", text).casefold().translate(_TO_LATIN)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", latin) if not unicodedata.combining(letter))
    return " ".join("".join(letter if letter.isalnum() else " " for letter in plain).split())


def searched(names: Iterable[str]) -> list[str]:
    """Return every beginning under which a place with these names is found."""
    found = set()
    for name in names:
        words = folded(name).split()
        found |= {" ".join(words[start:]) for start in range(len(words))} | {name.casefold()}
    return sorted(each for each in found if each)


def places_named(connection: Connection, typed: str, most: int) -> list[dict[str, Any]]:
    """Return places one of whose names, or a word in it, begins as typed.

    Whole names come before words inside a name, municipalities before settlements, short names before long ones.
    """
    wanted = sorted({key for key in (folded(typed), typed.strip().casefold()) if key})
    if not wanted:
        return []
    begins_so = or_(*(PLACE_NAME.c.name.between(key, key + _LAST_LETTER) for key in wanted))
    found = select(PLACE_NAME.c.kind, PLACE_NAME.c.code).where(begins_so).distinct()
    first = found.order_by(PLACE_NAME.c.kind, PLACE_NAME.c.code).limit(_MOST_LOOKED_AT).subquery()
    query = select(PLACE).join(first, (PLACE.c.kind == first.c.kind) & (PLACE.c.code == first.c.code))
    rows = sorted(connection.execute(query).mappings(), key=lambda row: _rank(row, wanted))[:most]
    within = municipality_names(connection, {row["municipality"] for row in rows})
    return [{name: row[name] for name in _SHOWN} | {"within": within.get(row["municipality"], {})} for row in rows]


def municipality_names(connection: Connection, codes: Iterable[str]) -> dict[str, Mapping[str, str]]:
    """Return the names of municipalities, by language."""
    query = select(PLACE.c.code, PLACE.c.names).where(PLACE.c.kind == MUNICIPALITY, PLACE.c.code.in_(sorted(codes)))
    return {row.code: row.names for row in connection.execute(query)}


def settlement_names(connection: Connection, code: str) -> Mapping[str, str]:
    """Return the names of a settlement, by language; nothing for one that is not known."""
    query = select(PLACE.c.names).where(PLACE.c.kind == SETTLEMENT, PLACE.c.code == code)
    found: Mapping[str, str] = connection.execute(query).scalar() or {}
    return found


def municipalities(connection: Connection) -> list[tuple[str, Mapping[str, str]]]:
    """Return every municipality that this deployment serves, with its names."""
    query = select(PLACE.c.code, PLACE.c.names).where(PLACE.c.kind == MUNICIPALITY).order_by(PLACE.c.code)
    return [(row.code, row.names) for row in connection.execute(query)]


def _rank(row: RowMapping, wanted: Iterable[str]) -> tuple[bool, bool, int, str, str]:
    names = {folded(name) for name in row["names"].values()}
    whole = {name for name in names if any(name.startswith(key) for key in wanted)}
    return not whole, row["kind"] != MUNICIPALITY, min(map(len, whole or names)), min(names), row["code"]
