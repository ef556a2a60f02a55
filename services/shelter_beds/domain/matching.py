"""Which room: it fits the family, its shelter takes them in, and it is safe from these perpetrators (DESIGN)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.placement import Placement
from shared.contracts.jurisdiction import Admission
from shared.geography import kilometres

NO_ROOM = "no_room"
NO_SHELTER = "no_shelter"
"""No shelter is known where it was sought: nothing is loaded there."""
CHILD_ALONE = "child_alone"
WHEELCHAIR = "wheelchair"


class Rule(StrEnum):
    """Why a candidate is not chosen; each candidate counts once, under the first rule that excludes it."""

    HELD = "held"
    OCCUPIED = "occupied"
    OUT_OF_SERVICE = "out_of_service"
    SIZE = "size"
    TRIED = "tried"
    """This request had it already, in vain."""
    SAFETY = "safety"
    """Near, known to a perpetrator, or kin: which of these is not told."""
    ADULTS = "adults"
    OLDEST_BOY = "oldest_boy"
    CHILDREN_MAX = "children_max"
    MOBILITY = "mobility"
    MEDICAL = "medical"
    PETS = "pets"
    LANGUAGES = "languages"
    DOCUMENTS = "documents"


RESERVATIONS = frozenset({Rule.LANGUAGES, Rule.DOCUMENTS, Rule.TRIED})
"""Better any safe room than none: such a room is chosen, but only when nothing better is found.

Nobody may speak her language there, papers that nobody asked her about may be wanted, or its shelter has declined
another room to this request.
"""


@dataclass(frozen=True)
class Candidate:
    """A room of a shelter, with what choosing needs of both. It has no position of its own, only a municipality's."""

    id: str
    shelter: str
    jurisdiction: str
    beds: int
    accessible: bool
    confirmed_at: datetime | None
    municipality: str
    admission: Admission
    latitude: float
    longitude: float


@dataclass(frozen=True)
class Tried:
    """A room that this request had in vain."""

    room: str
    shelter: str
    at: datetime
    refused: bool


@dataclass(frozen=True)
class Seeker:
    """A placement that needs a room, with what choosing needs of its incident."""

    placement: Placement
    incident: Incident
    tried: Sequence[Tried] = ()
    unsafe: frozenset[str] = frozenset()
    """Shelters that a perpetrator knows, or where somebody is his kin."""

    @property
    def family(self) -> Family:
        """Who needs the room."""
        return self.incident.family

    @property
    def avoided(self) -> frozenset[str]:
        """Municipalities too near to be safe; a supervisor may allow them."""
        near = frozenset({self.incident.municipality, *self.family.suspects})
        return frozenset() if self.incident.near_allowed else near


@dataclass(frozen=True)
class Choice:
    """The best of some candidates, and what stood against the others."""

    room: Candidate | None = None
    reservation: Rule | None = None
    passed: Sequence[tuple[str, Rule]] = field(default=())
    """Shelter and rule of every candidate that was looked at and not chosen."""


def excluded_by(seeker: Seeker, room: Candidate) -> Rule | None:
    """Return the rule by which a room cannot be theirs, if there is one."""
    family, admission = seeker.family, room.admission
    rules = (
        (Rule.SIZE, room.beds < family.people),
        (Rule.TRIED, _had_in_vain(seeker, room)),
        (Rule.SAFETY, not is_safe(seeker, room)),
        (Rule.ADULTS, not set(family.adults) <= set(admission.adults)),
        (Rule.OLDEST_BOY, _above(family.oldest_boy, admission.oldest_boy)),
        (Rule.CHILDREN_MAX, _above(family.children, admission.children_max)),
        (Rule.MOBILITY, not _can_move_there(family, room)),
        (Rule.MEDICAL, family.acute and not admission.acute_medical),
        (Rule.PETS, family.pets > admission.pets),
    )
    return next((rule for rule, excludes in rules if excludes), None)


def reservation_about(seeker: Seeker, room: Candidate) -> Rule | None:
    """Return what speaks against a room that could be theirs, if something does."""
    family = seeker.family
    if any(each.shelter == room.shelter and each.refused for each in seeker.tried):
        return Rule.TRIED
    if family.languages and not _languages(family.languages) & _languages(room.admission.languages):
        return Rule.LANGUAGES
    return Rule.DOCUMENTS if room.admission.documents_required else None


def is_safe(seeker: Seeker, room: Candidate) -> bool:
    """Say whether a room is safe from these perpetrators. Only nearness can be allowed, by a supervisor."""
    return room.shelter not in seeker.unsafe and room.municipality not in seeker.avoided


def _had_in_vain(seeker: Seeker, room: Candidate) -> bool:
    """Say whether this room was refused; or nobody answered for it, and nobody has spoken for it since."""
    return any(
        each.room == room.id and (each.refused or room.confirmed_at is None or room.confirmed_at <= each.at)
        for each in seeker.tried
    )


def _above(value: int | None, limit: int | None) -> bool:
    return value is not None and limit is not None and value > limit


def _can_move_there(family: Family, room: Candidate) -> bool:
    admitted = family.mobility in room.admission.mobility
    return admitted and (room.accessible or family.mobility != WHEELCHAIR)


def _languages(codes: Collection[str]) -> set[str]:
    """Return the languages of some codes: scripts and countries do not matter to who speaks."""
    return {code.lower().partition("-")[0] for code in codes}


def order(seeker: Seeker, room: Candidate) -> tuple[int, float, float, str]:
    """Sort the best room first: the smallest, the most freshly confirmed, the nearest; then any fixed order."""
    fresh = -room.confirmed_at.timestamp() if room.confirmed_at else 0.0
    return (room.beds, fresh, kilometres(room, seeker.incident), room.id)


def choose(seeker: Seeker, rooms: Iterable[Candidate]) -> Choice:
    """Choose among free rooms: the first in order that nothing speaks against, else the first that can be theirs."""
    chosen = Choice()
    for room in sorted(rooms, key=lambda each: order(seeker, each)):
        rule = excluded_by(seeker, room)
        if rule is None:
            chosen = better(chosen, Choice(room, reservation_about(seeker, room)))
            if chosen.reservation is None:
                break
        else:
            chosen = replace(chosen, passed=[*chosen.passed, (room.shelter, rule)])
    return chosen


def better(first: Choice, then: Choice) -> Choice:
    """Return the choice of two that stands; the first stands unless only the second is without reservation."""
    stands, gives_way = (first, then)
    if first.room is None or (first.reservation and then.room is not None and then.reservation is None):
        stands, gives_way = (then, first)
    left = [(gives_way.room.shelter, gives_way.reservation)] if gives_way.room and gives_way.reservation else []
    return replace(stands, passed=[*first.passed, *then.passed, *left])


def counted(passed: Iterable[tuple[str, str]]) -> dict[str, int]:
    """Return how many candidates each rule excluded."""
    totals: dict[str, int] = {}
    for _, rule in passed:
        totals[rule] = totals.get(rule, 0) + 1
    return totals


def by_shelter(passed: Iterable[tuple[str, str]], others: Iterable[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
    """Return what excluded the rooms of each shelter: shelter → rule → rooms."""
    found: dict[str, dict[str, int]] = {}
    for shelter, rule, rooms in [*((shelter, rule, 1) for shelter, rule in passed), *others]:
        rules = found.setdefault(shelter, {})
        rules[str(rule)] = rules.get(str(rule), 0) + rooms
    return found


def totals(candidates: Mapping[str, Mapping[str, int]]) -> dict[str, int]:
    """Return how many candidates each rule excluded, in all shelters."""
    found: dict[str, int] = {}
    for rules in candidates.values():
        for rule, rooms in rules.items():
            found[rule] = found.get(rule, 0) + rooms
    return dict(sorted(found.items()))
