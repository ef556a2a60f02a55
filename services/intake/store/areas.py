"""The area served: its places, deadlines and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, delete, insert, select

from services.intake.domain.places import Place
from services.intake.store.names import MUNICIPALITY, SETTLEMENT, searched
from services.intake.tables import JURISDICTION, ORGANISATION_NUMBER, PLACE, PLACE_NAME
from shared.contracts.jurisdiction import Deadlines, Municipality, Settlement
from shared.contracts.jurisdiction_sections import IntakeSection
from shared.geography import EARTH_RADIUS_KM
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_KM_PER_DEGREE = EARTH_RADIUS_KM * 3.141592653589793 / 180

_AREA = select(JURISDICTION.c.country, JURISDICTION.c.deadlines).where(JURISDICTION.c.code == bindparam("of"))
_PHONES = select(JURISDICTION.c.duty_phones).where(JURISDICTION.c.code == bindparam("of"))
_REGION = select(PLACE.c.region).where(PLACE.c.kind == MUNICIPALITY, PLACE.c.code == bindparam("of"))
_NUMBER = select(ORGANISATION_NUMBER.c.number).where(ORGANISATION_NUMBER.c.number == bindparam("of")).limit(1)
_PLACE = select(PLACE).where(PLACE.c.kind == bindparam("kind"), PLACE.c.code == bindparam("of"))
_BAND = select(PLACE).where(PLACE.c.latitude.between(bindparam("south"), bindparam("north")))


@dataclass(frozen=True)
class Area:
    """What intake must know of a jurisdiction at every call."""

    code: str
    country: str
    deadlines: Deadlines


def area(connection: Connection, code: str) -> Area:
    """Return a jurisdiction's rules; one that is not loaded (any more) has the defaults."""
    row = connection.execute(_AREA, {"of": code}).first()
    if row is None:
        return Area(code, "ZZ", Deadlines())
    return Area(code, row.country, Deadlines.model_construct(**row.deadlines))


def jurisdictions(connection: Connection) -> list[dict[str, Any]]:
    """Return what is loaded."""
    rows = connection.execute(select(JURISDICTION).order_by(JURISDICTION.c.code))
    return [{"code": row.code, "name": row.name, "languages": row.languages} for row in rows]


def duty_phones(connection: Connection, code: str, municipality: str) -> list[dict[str, Any]]:
    """Return whom an operator rings about a municipality when a promise is not answered."""
    phones = connection.execute(_PHONES, {"of": code}).scalar() or []
    return [phone for phone in phones if municipality in phone["municipalities"]]


def region_of(connection: Connection, municipality: str) -> str:
    """Return the region a municipality is counted with; itself if that is not known."""
    return connection.execute(_REGION, {"of": municipality}).scalar() or municipality


def is_organisation_number(connection: Connection, number: str) -> bool:
    """Say whether a phone number is an organisation's."""
    return connection.execute(_NUMBER, {"of": number}).first() is not None


def replace_jurisdiction(tx: Transaction, section: IntakeSection) -> None:
    """Put a jurisdiction in the place of what was known of it."""
    whole = section.model_dump(mode="json")
    row = {name: whole[name] for name in ("code", "name", "country", "languages", "deadlines", "duty_phones")}
    statement = insert_into(tx.connection, JURISDICTION).values(**row)
    tx.execute(statement.on_conflict_do_update(index_elements=[JURISDICTION.c.code], set_=row))
    for table in (PLACE, PLACE_NAME, ORGANISATION_NUMBER):
        tx.execute(delete(table).where(table.c.jurisdiction == section.code))
    places = place_rows(section)
    tx.execute(insert(PLACE), places)
    tx.execute(insert(PLACE_NAME), [name for place in places for name in _name_rows(place)])
    numbers = [{"number": number, "jurisdiction": section.code} for number in section.organisation_numbers]
    if numbers:
        tx.execute(insert(ORGANISATION_NUMBER), numbers)


def head(tx: Transaction, jurisdiction: str) -> dict[str, Any] | None:
    """Return what is known of the jurisdiction itself."""
    row = tx.first(select(JURISDICTION).where(JURISDICTION.c.code == jurisdiction))
    return dict(row) if row else None


def places(tx: Transaction, jurisdiction: str) -> list[dict[str, Any]]:
    """Return the places of a jurisdiction."""
    return [dict(row) for row in tx.all(select(PLACE).where(PLACE.c.jurisdiction == jurisdiction))]


def numbers(tx: Transaction, jurisdiction: str) -> list[str]:
    """Return the numbers of a jurisdiction's organisations."""
    query = select(ORGANISATION_NUMBER.c.number).where(ORGANISATION_NUMBER.c.jurisdiction == jurisdiction)
    return list(tx.execute(query.order_by(ORGANISATION_NUMBER.c.number)).scalars())


def other_owners(tx: Transaction, section: IntakeSection) -> list[tuple[str, str]]:
    """Return those places of a document that belong to other jurisdictions: code, jurisdiction."""
    wanted = {(row["kind"], row["code"]) for row in place_rows(section)}
    query = select(PLACE.c.kind, PLACE.c.code, PLACE.c.jurisdiction).where(PLACE.c.jurisdiction != section.code)
    return [(row.code, row.jurisdiction) for row in tx.execute(query) if (row.kind, row.code) in wanted]


class StoredGazetteer:
    """The places this deployment serves, read as they are needed."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def municipality(self, code: str) -> Place | None:
        """Return a municipality's seat."""
        return self._find(MUNICIPALITY, code)

    def settlement(self, code: str) -> Place | None:
        """Return a settlement."""
        return self._find(SETTLEMENT, code)

    def near(self, latitude: float, kilometres: float) -> Iterable[Place]:
        """Return places whose latitude is within a distance; the caller measures exactly."""
        band = kilometres / _KM_PER_DEGREE
        rows = self._connection.execute(_BAND, {"south": latitude - band, "north": latitude + band})
        return [_place(row) for row in rows.mappings()]

    def _find(self, kind: str, code: str) -> Place | None:
        row = self._connection.execute(_PLACE, {"kind": kind, "of": code}).mappings().first()
        return _place(row) if row else None


def _place(row: RowMapping) -> Place:
    return Place(row["code"], row["municipality"], row["jurisdiction"], row["latitude"], row["longitude"])


def place_rows(section: IntakeSection) -> list[dict[str, Any]]:
    """Return the places of a document as they are kept."""
    rows = []
    for municipality in section.municipalities:
        more = {"kind": MUNICIPALITY, "municipality": municipality.code, "region": municipality.region}
        rows.append({**_place_row(section.code, municipality), **more})
    for settlement in section.settlements:
        more = {"kind": SETTLEMENT, "municipality": settlement.municipality, "region": ""}
        rows.append({**_place_row(section.code, settlement), **more})
    return rows


def _place_row(jurisdiction: str, place: Municipality | Settlement) -> dict[str, Any]:
    return {
        "code": place.code,
        "jurisdiction": jurisdiction,
        "latitude": place.latitude,
        "longitude": place.longitude,
        "names": dict(place.name),
    }


def _name_rows(place: Mapping[str, Any]) -> list[dict[str, Any]]:
    row = {name: place[name] for name in ("kind", "code", "jurisdiction")}
    return [{**row, "name": name} for name in searched(place["names"].values())]
