"""Loading a jurisdiction: what is new is added, what differs is changed, what is gone is retired unless in use."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Table

from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.saying import loaded
from services.shelter_beds.domain.room import FREE
from services.shelter_beds.store import roster
from services.shelter_beds.tables import MUNICIPALITY, SHELTER
from shared.contracts.jurisdiction import Part
from shared.contracts.jurisdiction_sections import ShelterBedsSection
from shared.errors import FieldError, Invalid
from shared.loading import Difference, Loaded, Plan, Preview, Remark
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_

RoomName = tuple[str, str]
"""A room by its shelter and its own name."""


def plan(tx: Transaction, section: ShelterBedsSection) -> Plan:
    """Bring shelters and rooms to what the document says, in one transaction, and serve who waited for them.

    What staff said stays: rooms' states and their confirmations, the address, whom the shelter is kept from. What
    stands in the way: a code that belongs to another jurisdiction, or what would be retired and is in use.
    """
    if wrong := list(_unknown_references(section)):
        raise Invalid(wrong)
    allocation = Allocation(tx)
    found = _compared(tx, section)
    differences = (found.head, found.municipalities, found.shelters, found.rooms)
    obstacles = [*_taken_codes(tx, section), *_in_use(tx, found)]

    def write() -> None:
        _write(tx, section.code, found)
        allocation.seek_all(section.code)
        allocation.serve()
        loaded(tx, section.code)

    return Plan(Preview(Loaded(differences, list(_warnings(tx, found))), obstacles), write)


@dataclass(frozen=True)
class _Compared:
    """What a document changes, kind by kind."""

    head: Difference[str]
    municipalities: Difference[str]
    shelters: Difference[str]
    rooms: Difference[RoomName]


def _compared(tx: Transaction, section: ShelterBedsSection) -> _Compared:
    head = {
        "code": section.code,
        "name": dict(section.name),
        "languages": list(section.languages),
        "neighbours": list(section.neighbours),
        "hold": section.deadlines.hold,
        "shelter_arrived": section.deadlines.shelter_arrived,
        "stale_room": section.deadlines.stale_room,
    }
    known = roster.head(tx, section.code)
    municipalities = _rows(section.municipalities, ("code", "region", "latitude", "longitude"))
    shelters = Difference.between(
        "shelter",
        roster.present(tx, SHELTER, section.code),
        {each.code: {**shelter_row(each), "by_hand": False} for each in section.shelters},
    )
    return _Compared(
        Difference.between("jurisdiction", {section.code: dict(known)} if known else {}, {section.code: head}),
        Difference.between("municipality", roster.present(tx, MUNICIPALITY, section.code), municipalities),
        shelters,
        _compared_rooms(tx, section, shelters.removed),
    )


def _compared_rooms(tx: Transaction, section: ShelterBedsSection, gone: Collection[str]) -> Difference[RoomName]:
    """Compare rooms. Those made by hand go too when their shelter does."""
    wanted = {
        (shelter.code, room.name): {"shelter": shelter.code, **room.model_dump(mode="json"), "by_hand": False}
        for shelter in section.shelters
        for room in shelter.rooms
    }
    known = roster.present_rooms(tx, section.code)
    rooms = Difference.between("room", known, wanted)
    return replace(rooms, removed=[name for name in known if name in rooms.removed or name[0] in gone])


def _unknown_references(section: ShelterBedsSection) -> Iterator[FieldError]:
    """The sender has checked the whole document; a section that reaches the store must still hold together."""
    municipalities = {each.code for each in section.municipalities}
    for number, shelter in enumerate(section.shelters):
        if shelter.municipality not in municipalities:
            yield FieldError(f"shelters.{number}.municipality", "is not a municipality of the document")
        names = [room.name for room in shelter.rooms]
        if len(set(names)) < len(names):
            yield FieldError(f"shelters.{number}.rooms", "two rooms have one name")


def _taken_codes(tx: Transaction, section: ShelterBedsSection) -> Iterator[Remark]:
    """Codes of shelters and municipalities are unique in a deployment: accounts belong to a shelter by its code."""
    wanted: Sequence[tuple[Table, Sequence[Any], str]] = (
        (SHELTER, section.shelters, N_("Shelter %(code)s belongs to jurisdiction %(owner)s. Choose another code.")),
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


def _in_use(tx: Transaction, found: _Compared) -> Iterator[Remark]:
    for code, shelter in found.shelters.known.items():
        stays = code not in found.shelters.wanted and code not in found.shelters.removed
        if stays and shelter["municipality"] in found.municipalities.removed:
            yield Remark(
                N_("Municipality %(municipality)s has shelter %(shelter)s, which is not in the document."),
                {"municipality": shelter["municipality"], "shelter": code},
            )
    for shelter_code, name in roster.taken_among(tx, found.rooms.removed):
        yield Remark(
            N_("Room %(room)s of shelter %(shelter)s has a placement. Load again when that has ended."),
            {"room": name, "shelter": shelter_code},
        )


def _warnings(tx: Transaction, found: _Compared) -> Iterator[Remark]:
    for shelter, name in roster.taken_among(tx, found.rooms.changed):
        yield Remark(
            N_("Room %(room)s of shelter %(shelter)s is changed while a placement has it."),
            {"room": name, "shelter": shelter},
        )
    yield from found.shelters.taken_over()
    yield from found.rooms.taken_over()


def _write(tx: Transaction, jurisdiction: str, found: _Compared) -> None:
    """Write what differs. A shelter that lies in a municipality which is gone is gone too."""
    head, municipalities, shelters, rooms = found.head, found.municipalities, found.shelters, found.rooms
    if head.moved:
        roster.put_head(tx, head.wanted[jurisdiction])
    roster.put_municipalities(tx, jurisdiction, [municipalities.wanted[code] for code in municipalities.moved])
    roster.put_shelters(tx, jurisdiction, [shelters.wanted[code] for code in shelters.moved], by_hand=False)
    roster.forget_municipalities(tx, jurisdiction, municipalities.removed)
    roster.retire_shelters(tx, shelters.removed)
    roster.put_rooms(tx, jurisdiction, [{**rooms.wanted[name], "state": FREE} for name in rooms.added], by_hand=False)
    for place in rooms.changed:
        row = rooms.wanted[place]
        roster.change_room(tx, *place, beds=row["beds"], accessible=row["accessible"], by_hand=False)
    roster.retire_rooms(tx, rooms.removed)


def shelter_row(shelter: Part) -> dict[str, Any]:
    """Return a shelter of a document as it is kept."""
    return shelter.model_dump(mode="json", exclude={"rooms"})


def _rows(parts: Sequence[Part], names: Collection[str]) -> dict[str, dict[str, Any]]:
    rows = (part.model_dump(mode="json", include=set(names)) for part in parts)
    return {row["code"]: row for row in rows}
