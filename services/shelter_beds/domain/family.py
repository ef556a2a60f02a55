"""The family that a room must fit, and whom it must be safe from: what choosing reads out of an incident's facts."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from shared.contracts.facts import Child, Facts
from shared.contracts.vocabulary import Decision, LinkedTo, Sex, Tri, Where

NOT_NEEDED = "not_needed"
_AWAY = frozenset({Where.WITH_PERPETRATOR, Where.ELSEWHERE})
_LETTERS = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Family:
    """Unknowns are left out: what nobody could say under stress excludes no room."""

    people: int
    """Beds needed: adults (one, if nobody asked) and children not known to be elsewhere. 0: a child alone."""
    adults: tuple[str, ...] = ()
    """Their sexes, as far as they are known."""
    children: int = 0
    oldest_boy: int | None = None
    mobility: str = "unrestricted"
    acute: bool = False
    pets: int = 0
    languages: tuple[str, ...] = ()
    decision: str = Decision.UNDECIDED
    suspects: tuple[str, ...] = ()
    """Municipalities of the perpetrators."""
    names: tuple[str, ...] = ()
    """Names of the perpetrators, as keyed hashes."""
    shelter_linked: bool = False
    """A perpetrator works at a shelter, or is close to one: a human must look."""

    @property
    def child_alone(self) -> bool:
        """Whether no adult comes along: never placed like a family."""
        return self.people == 0

    @classmethod
    def of(cls, facts: Facts, ambulance: str, hashed: Callable[[str], str]) -> Self:
        """Read the facts that were sealed for this service."""
        victim, suspects = facts.victim, facts.perpetrators
        children = [child for child in victim.children if child.where not in _AWAY]
        adults = 1 if victim.adults is None else len(victim.adults)
        names = {plain(each.name) for each in suspects if each.name} - {""}
        return cls(
            people=adults + len(children) if adults else 0,
            adults=tuple(sorted({each.sex.value for each in victim.adults or () if each.sex is not Sex.UNKNOWN})),
            children=len(children),
            oldest_boy=_oldest_boy(children),
            mobility=victim.mobility.value,
            acute=victim.injured is Tri.YES or ambulance != NOT_NEEDED,
            pets=victim.pets,
            languages=tuple(victim.languages),
            decision=victim.decision_shelter.value,
            suspects=tuple(sorted({each.municipality for each in suspects if each.municipality})),
            names=tuple(sorted(hashed(name) for name in names)),
            shelter_linked=any(each.linked_to is LinkedTo.SHELTER for each in suspects),
        )

    @classmethod
    def stored(cls, row: Mapping[str, Any]) -> Self:
        """Read a family as it was kept."""
        whole: dict[str, Any] = {name: tuple(each) if isinstance(each, list) else each for name, each in row.items()}
        return cls(**whole)

    @property
    def kept(self) -> dict[str, Any]:
        """Return the family as it is kept."""
        return asdict(self)


def _oldest_boy(children: list[Child]) -> int | None:
    ages = [child.age for child in children if child.sex is Sex.M and child.age is not None]
    return max(ages, default=None)


def plain(name: str) -> str:
    """Return a name as it is compared: whatever the case, the order of its parts and what stands between them."""
    parts = _LETTERS.findall(unicodedata.normalize("NFKC", name).casefold())
    return " ".join(sorted(parts))
