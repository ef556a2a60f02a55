"""What must hold between the parts of a jurisdiction, and between the jurisdictions of a deployment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from shared.geography import Positioned, kilometres

if TYPE_CHECKING:
    from shared.contracts.jurisdiction import Duty, Jurisdiction, Shelter

Where = tuple[int | str, ...]

FARTHEST_WITHIN_KM: Final = 150
"""A place farther than this from its municipality or station is a slip of the pen."""
FARTHEST_NEIGHBOUR_KM: Final = 300

ROLE_HOMES: Final = {
    "dispatcher": "station",
    "crew": "station",
    "shelter_staff": "shelter",
    "centre_staff": "centre",
}
"""The kind of organisation a role is held in; every other role is held in the whole mechanism."""


class Problem(NamedTuple):
    """One thing that is wrong: the path of the field in the document, and a sentence about it."""

    where: Where
    reason: str


class Coded(Protocol):
    @property
    def code(self) -> str: ...


def problems(document: Jurisdiction) -> Iterator[Problem]:
    """Everything wrong between the parts of one document."""
    yield from _repeated_codes(document)
    yield from _languages(document)
    yield from _unknown_municipalities(document)
    yield from _neighbours(document)
    yield from _uncovered(document)
    yield from _positions(document)
    yield from _shelters(document)
    yield from _duties(document)
    yield from _rotas(document)
    yield from _deadlines(document)


def together(documents: Sequence[Jurisdiction]) -> list[str]:
    """Why these jurisdictions cannot share a deployment: whatever they name alike. Nothing, if they can."""
    owners: dict[tuple[str, str], list[str]] = {}
    for index, document in enumerate(documents):
        addressed = document.addressed(first=index == 0)
        named = {("jurisdiction", document.code)}
        named |= {("municipality", part.code) for part in document.municipalities}
        named |= {("settlement", part.code) for part in document.settlements}
        named |= {("unit", part.code) for part in document.units}
        named |= {("organisation", code) for code in organisations(document)} - {("organisation", document.code)}
        named |= {("child protection office", part.code) for part in document.child_protection}
        named |= {("account", person.login) for person in addressed.people if person.login.endswith("demo.example")}
        for name in named:
            owners.setdefault(name, []).append(document.code)
    return [
        f"{kind} {code} is in more than one jurisdiction: {', '.join(codes)}"
        for (kind, code), codes in sorted(owners.items())
        if len(codes) > 1
    ]


def organisations(document: Jurisdiction) -> dict[str, str]:
    """Every organisation in which a role can be held: code → `mechanism | station | shelter | centre`."""
    return (
        {document.code: "mechanism"}
        | {station.code: "station" for station in document.stations}
        | {shelter.code: "shelter" for shelter in document.shelters}
        | {centre.code: "centre" for centre in document.centres}
    )


def _repeated(words: Iterable[object], where: Where, *tail: str, kind: str) -> Iterator[Problem]:
    seen = set()
    for index, word in enumerate(words):
        if word in seen:
            yield Problem((*where, index, *tail), f"{kind} {word} is already there")
        seen.add(word)


def _repeated_codes(document: Jurisdiction) -> Iterator[Problem]:
    lists: dict[str, Sequence[Coded]] = {
        "municipalities": document.municipalities,
        "settlements": document.settlements,
        "stations": document.stations,
        "units": document.units,
        "shelters": document.shelters,
        "centres": document.centres,
        "child_protection": document.child_protection,
    }
    for name, parts in lists.items():
        yield from _repeated((part.code for part in parts), (name,), "code", kind="code")
    yield from _repeated((person.login for person in document.people), ("people",), "login", kind="login")
    yield from _repeated(document.languages, ("languages",), kind="language")
    yield from _repeated(document.neighbours, ("neighbours",), kind="jurisdiction")
    if document.code in document.neighbours:
        yield Problem(("neighbours",), f"{document.code} is named as its own neighbour")
    yield from _shared_organisation_codes(document)


def _shared_organisation_codes(document: Jurisdiction) -> Iterator[Problem]:
    """An account belongs to an organisation by its code alone, so no two may share one."""
    owner: dict[str, str] = {}
    for name in ("stations", "shelters", "centres"):
        parts: Sequence[Coded] = getattr(document, name)
        for index, part in enumerate(parts):
            if owner.setdefault(part.code, name) != name:
                yield Problem((name, index, "code"), f"code {part.code} is already one of the {owner[part.code]}")


def _languages(document: Jurisdiction) -> Iterator[Problem]:
    default = document.languages[0]
    for where, named in _named(document):
        if default not in named:
            yield Problem(where, f"has no {default}, the jurisdiction's first language")
        for language in named:
            if language not in document.languages:
                yield Problem((*where, language), f"{language} is not one of the jurisdiction's languages")


def _named(document: Jurisdiction) -> Iterator[tuple[Where, dict[str, str]]]:
    yield ("name",), document.name
    for name in ("municipalities", "settlements", "stations", "centres", "child_protection"):
        for index, part in enumerate(getattr(document, name)):
            yield (name, index, "name"), part.name
    for index, shelter in enumerate(document.shelters):
        for place, point in enumerate(shelter.meeting_points):
            yield ("shelters", index, "meeting_points", place, "text"), point.text


def _unknown_municipalities(document: Jurisdiction) -> Iterator[Problem]:
    known = {municipality.code for municipality in document.municipalities}
    for name in ("settlements", "stations", "shelters"):
        for index, part in enumerate(getattr(document, name)):
            if part.municipality not in known:
                yield Problem((name, index, "municipality"), f"there is no municipality {part.municipality}")
    for name, field in (
        ("municipalities", "neighbours"),
        ("stations", "covers"),
        ("centres", "serves"),
        ("child_protection", "municipalities"),
    ):
        for index, part in enumerate(getattr(document, name)):
            codes: Sequence[str] = getattr(part, field)
            yield from _repeated(codes, (name, index, field), kind="municipality")
            for place, code in enumerate(codes):
                if code not in known:
                    yield Problem((name, index, field, place), f"there is no municipality {code}")


def _neighbours(document: Jurisdiction) -> Iterator[Problem]:
    by_code = {municipality.code: municipality for municipality in document.municipalities}
    for index, municipality in enumerate(document.municipalities):
        for place, code in enumerate(municipality.neighbours):
            where = ("municipalities", index, "neighbours", place)
            neighbour = by_code.get(code)
            if neighbour is None:
                continue
            if code == municipality.code:
                yield Problem(where, f"{code} is named as its own neighbour")
            elif municipality.code not in neighbour.neighbours:
                yield Problem(where, f"{code} does not name {municipality.code} as its neighbour in return")
            elif (distance := kilometres(municipality, neighbour)) > FARTHEST_NEIGHBOUR_KM:
                yield Problem(where, f"{code} is {distance:.0f} km away: one of the two positions is wrong")


def _uncovered(document: Jurisdiction) -> Iterator[Problem]:
    patrolled = {code for station in document.stations for code in station.covers}
    protected = {code for office in document.child_protection for code in office.municipalities}
    for index, municipality in enumerate(document.municipalities):
        if municipality.code not in patrolled:
            yield Problem(("municipalities", index), f"no station covers {municipality.code}")
        if municipality.code not in protected:
            yield Problem(
                ("municipalities", index),
                f"no child protection office is told of children in {municipality.code}",
            )


def _positions(document: Jurisdiction) -> Iterator[Problem]:
    municipalities = {municipality.code: municipality for municipality in document.municipalities}
    stations = {station.code: station for station in document.stations}
    for index, settlement in enumerate(document.settlements):
        yield from _too_far(settlement, municipalities.get(settlement.municipality), ("settlements", index))
    for index, station in enumerate(document.stations):
        yield from _too_far(station, municipalities.get(station.municipality), ("stations", index))
    for index, unit in enumerate(document.units):
        if unit.station not in stations:
            yield Problem(("units", index, "station"), f"there is no station {unit.station}")
        yield from _too_far(unit, stations.get(unit.station), ("units", index))


def _too_far(here: Positioned, home: Positioned | None, where: Where) -> Iterator[Problem]:
    if home is not None and (distance := kilometres(here, home)) > FARTHEST_WITHIN_KM:
        yield Problem(
            (*where, "latitude"),
            f"is {distance:.0f} km from where it belongs: are latitude and longitude swapped?",
        )


def _shelters(document: Jurisdiction) -> Iterator[Problem]:
    regions = {municipality.code: municipality.region for municipality in document.municipalities}
    for index, shelter in enumerate(document.shelters):
        yield from _shelter(shelter, regions, ("shelters", index))


def _shelter(shelter: Shelter, regions: dict[str, str], where: Where) -> Iterator[Problem]:
    if regions.get(shelter.municipality, shelter.region) != shelter.region:
        yield Problem((*where, "region"), f"{shelter.municipality} lies in region {regions[shelter.municipality]}")
    if not shelter.rooms:
        yield Problem((*where, "rooms"), f"shelter {shelter.code} has no rooms")
    elif "wheelchair" in shelter.admission.mobility and not any(room.accessible for room in shelter.rooms):
        yield Problem((*where, "admission", "mobility"), "takes in wheelchair users, but no room is accessible")
    if not shelter.meeting_points:
        yield Problem((*where, "meeting_points"), f"shelter {shelter.code} has no meeting point")
    yield from _repeated((room.name for room in shelter.rooms), (*where, "rooms"), "name", kind="room")
    codes = (point.code for point in shelter.meeting_points)
    yield from _repeated(codes, (*where, "meeting_points"), "code", kind="meeting point")
    for field in ("adults", "mobility", "languages"):
        words: Sequence[str] = getattr(shelter.admission, field)
        yield from _repeated(words, (*where, "admission", field), kind=f"in {field},")


def _duties(document: Jurisdiction) -> Iterator[Problem]:
    kinds = organisations(document)
    stations = {unit.code: unit.station for unit in document.units}
    for index, person in enumerate(document.people):
        duties = [(duty.role, duty.organisation, duty.unit) for duty in person.roles]
        yield from _repeated(duties, ("people", index, "roles"), kind="role")
        for place, duty in enumerate(person.roles):
            where = ("people", index, "roles", place)
            home = ROLE_HOMES.get(duty.role, "mechanism")
            kind = kinds.get(duty.organisation)
            if kind is None:
                yield Problem((*where, "organisation"), f"there is no organisation {duty.organisation}")
            elif kind != home:
                yield Problem(
                    (*where, "organisation"),
                    f"{duty.role} is a role in a {home}, and {duty.organisation} is a {kind}",
                )
            yield from _crew_unit(duty, stations, where)


def _crew_unit(duty: Duty, stations: dict[str, str], where: Where) -> Iterator[Problem]:
    if (duty.role == "crew") != (duty.unit is not None):
        yield Problem(where, "a crew, and nobody else, names its unit")
    elif duty.unit is not None and stations.get(duty.unit) != duty.organisation:
        yield Problem((*where, "unit"), f"there is no unit {duty.unit} at station {duty.organisation}")


def _rotas(document: Jurisdiction) -> Iterator[Problem]:
    staffed = {
        (person.login, duty.organisation)
        for person in document.people
        for duty in person.roles
        if duty.role == "centre_staff"
    }
    for index, centre in enumerate(document.centres):
        where = ("centres", index, "rota")
        yield from _repeated((step.order for step in centre.rota), where, "order", kind="step")
        for place, step in enumerate(centre.rota):
            if (step.person, centre.code) not in staffed:
                yield Problem(
                    (*where, place, "person"),
                    f"there is no person {step.person} with the role centre_staff here",
                )


def _deadlines(document: Jurisdiction) -> Iterator[Problem]:
    deadlines = document.deadlines
    for first, then in (
        *pairwise(("police_answered", "police_accepted", "police_on_scene")),
        *pairwise(("shelter_answered", "shelter_accepted", "shelter_arrived")),
        *pairwise(("centre_answered", "centre_accepted", "centre_done")),
        ("shelter_accepted", "hold"),
    ):
        if getattr(deadlines, first) > getattr(deadlines, then):
            yield Problem(("deadlines", then), f"is shorter than {first}")
