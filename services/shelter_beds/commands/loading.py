"""Loading a jurisdiction: what is new is added, what differs is changed, what is gone is retired unless in use."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Table

from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.saying import loaded
from services.shelter_beds.domain.room import FREE
from services.shelter_beds.store import roster
from services.shelter_beds.tables import MUNICIPALITY, SHELTER
from shared.contracts.jurisdiction import Part
from shared.contracts.jurisdiction_sections import ShelterBedsSection
from shared.errors import Conflict, FieldError, Invalid
from shared.storage.transaction import Transaction
from shared.web.jurisdictions import Loaded

Key = TypeVar("Key", bound=Hashable)


@dataclass(frozen=True)
class _Difference(Generic[Key]):
    """What a document changes about one kind of thing, by code (rooms: by shelter and name)."""

    added: Sequence[Key]
    changed: Sequence[Key]
    removed: Sequence[Key]

    @property
    def moved(self) -> Sequence[Key]:
        """Whatever must be written."""
        return (*self.added, *self.changed)


def load(tx: Transaction, section: ShelterBedsSection) -> Loaded:
    """Bring shelters and rooms to what the document says, in one transaction, and serve who waited for them.

    What staff said stays: rooms' states and their confirmations, the address, whom the shelter is kept from.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    _check_owners(tx, section)
    allocation = Allocation(tx)
    places, rooms = [_load_head(tx, section), *_load_places(tx, section)], _load_rooms(tx, section)
    allocation.seek_all(section.code)
    allocation.serve()
    loaded(tx, section.code)
    return Loaded(
        added=sum(len(part.added) for part in places) + len(rooms.added),
        changed=sum(len(part.changed) for part in places) + len(rooms.changed),
        removed=sum(len(part.removed) for part in places) + len(rooms.removed),
    )


def _unknown_references(section: ShelterBedsSection) -> Iterator[FieldError]:
    """The sender has checked the whole document; a section that reaches the store must still hold together."""
    municipalities = {each.code for each in section.municipalities}
    for number, shelter in enumerate(section.shelters):
        if shelter.municipality not in municipalities:
            yield FieldError(f"shelters.{number}.municipality", "is not a municipality of the document")
        names = [room.name for room in shelter.rooms]
        if len(set(names)) < len(names):
            yield FieldError(f"shelters.{number}.rooms", "two rooms have one name")


def _check_owners(tx: Transaction, section: ShelterBedsSection) -> None:
    """Codes of shelters and municipalities are unique in a deployment: accounts belong to a shelter by its code."""
    wanted: Mapping[str, tuple[Table, Sequence[Any]]] = {
        "Shelter": (SHELTER, section.shelters),
        "Municipality": (MUNICIPALITY, section.municipalities),
    }
    for kind, (table, parts) in wanted.items():
        for code, owner in roster.owners(tx, table, [part.code for part in parts]).items():
            if owner != section.code:
                raise Conflict(f"{kind} {code} belongs to jurisdiction {owner}. Choose another code.")


def _load_head(tx: Transaction, section: ShelterBedsSection) -> _Difference[str]:
    wanted = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "neighbours": list(section.neighbours),
        "hold": section.deadlines.hold,
        "shelter_arrived": section.deadlines.shelter_arrived,
        "stale_room": section.deadlines.stale_room,
    }
    known = roster.head(tx, section.code)
    difference = _difference({section.code: dict(known)} if known else {}, {section.code: wanted})
    if difference.moved:
        roster.put_head(tx, wanted)
    return difference


def _load_places(tx: Transaction, section: ShelterBedsSection) -> tuple[_Difference[str], _Difference[str]]:
    """Load municipalities and shelters. One that lies in a municipality which is gone is gone too, or refused."""
    wanted_places = _rows(section.municipalities, ("code", "region", "latitude", "longitude"))
    wanted_shelters = {each.code: shelter_row(each) for each in section.shelters}
    places = _difference(roster.present(tx, MUNICIPALITY, section.code), wanted_places)
    known = roster.present(tx, SHELTER, section.code)
    shelters = _difference(known, {code: {**row, "by_hand": False} for code, row in wanted_shelters.items()})
    for code, shelter in known.items():
        if shelter["municipality"] in places.removed and code not in {*wanted_shelters, *shelters.removed}:
            raise Conflict(f"Municipality {shelter['municipality']} has shelter {code}, which is not in the document.")
    roster.put_municipalities(tx, section.code, [wanted_places[code] for code in places.moved])
    roster.put_shelters(tx, section.code, [wanted_shelters[code] for code in shelters.moved], by_hand=False)
    roster.forget_municipalities(tx, section.code, places.removed)
    roster.retire_shelters(tx, shelters.removed)
    return places, shelters


def shelter_row(shelter: Part) -> dict[str, Any]:
    """Return a shelter of a document as it is kept."""
    return shelter.model_dump(mode="json", exclude={"rooms"})


def _load_rooms(tx: Transaction, section: ShelterBedsSection) -> _Difference[tuple[str, str]]:
    wanted = {
        (shelter.code, room.name): {"shelter": shelter.code, **room.model_dump(mode="json")}
        for shelter in section.shelters
        for room in shelter.rooms
    }
    known = roster.present_rooms(tx, section.code)
    rooms = _difference(known, {name: {**row, "by_hand": False} for name, row in wanted.items()})
    gone = {code for code, _ in known} - roster.present(tx, SHELTER, section.code).keys()
    removed = [name for name in known if name in rooms.removed or name[0] in gone]
    for shelter, name in roster.taken_among(tx, removed):
        raise Conflict(f"Room {name} of shelter {shelter} has a placement. Load again when that has ended.")
    added = [{**wanted[name], "state": FREE} for name in rooms.added]
    roster.put_rooms(tx, section.code, added, by_hand=False)
    for place in rooms.changed:
        row = wanted[place]
        roster.change_room(tx, *place, beds=row["beds"], accessible=row["accessible"], by_hand=False)
    roster.retire_rooms(tx, removed)
    return _Difference(rooms.added, rooms.changed, removed)


def _rows(parts: Sequence[Part], names: Collection[str]) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json", include=set(names)) for part in parts)
    return {row["code"]: row for row in rows}


def _difference(known: Mapping[Key, Mapping[str, Any]], wanted: Mapping[Key, Mapping[str, Any]]) -> _Difference[Key]:
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
