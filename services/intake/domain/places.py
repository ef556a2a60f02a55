"""Where an incident is: the municipality follows from what the caller could say."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.facts import Location
from shared.contracts.sealed import Position
from shared.errors import Invalid
from shared.geography import Point, kilometres

FARTHEST_KM = 40.0
"""Coordinates farther than this from every settlement and municipality seat are outside the area served."""
_FAR_FROM_HOME_KM = 60.0
_NUMBER = r"([+-]?\d{1,3}(?:\.\d+|,\d+)?)\s*°?"
_POINT = re.compile(rf"\(?\s*{_NUMBER}\s*[NnСс]?\s*(?:[,;]\s*|\s+){_NUMBER}\s*[EeИи]?\s*\)?")


@dataclass(frozen=True)
class Place:
    """A municipality's seat, or a settlement."""

    code: str
    municipality: str
    jurisdiction: str
    latitude: float
    longitude: float


class Gazetteer(Protocol):
    """The places this deployment serves."""

    def municipality(self, code: str) -> Place | None: ...

    def settlement(self, code: str) -> Place | None: ...

    def near(self, latitude: float, kilometres: float) -> Iterable[Place]:
        """Return at least every place within so many kilometres of a latitude."""
        ...


@dataclass(frozen=True)
class Located:
    """An incident's municipality, the best known position, and what could not be read of it."""

    municipality: str
    jurisdiction: str
    position: Position
    unverified: tuple[str, ...] = ()


def locate(location: Location, gazetteer: Gazetteer) -> Located:
    """Find the municipality of an incident.

    Raises:
        Invalid: nothing given tells where she is, naming the field to fill.
    """
    home = _home(location, gazetteer)
    settlement = gazetteer.settlement(location.settlement) if location.settlement else None
    unverified = []
    if location.settlement and (settlement is None or settlement.municipality != home.municipality):
        unverified.append("location.settlement")
        settlement = None
    if (location.latitude is None) != (location.longitude is None):  # half of a position
        unverified.append("location.longitude" if location.latitude is None else "location.latitude")
    point = _point(location)
    if point is not None and kilometres(point, settlement or home) > _FAR_FROM_HOME_KM:
        unverified.append("location.latitude")
        point = None
    if point is not None:
        position = Position(latitude=point.latitude, longitude=point.longitude, by="coordinates")
    elif settlement is not None:
        position = Position(latitude=settlement.latitude, longitude=settlement.longitude, by="settlement")
    else:
        position = Position(latitude=home.latitude, longitude=home.longitude, by="municipality")
    return Located(home.municipality, home.jurisdiction, position, tuple(unverified))


def coordinates(text: str) -> tuple[float, float] | None:
    """Return latitude and longitude as they are read out or pasted: ``43.85, 25.97``; ``None`` for anything else."""
    match = _POINT.fullmatch(text.strip())
    if match is None:
        return None
    latitude, longitude = (float(number.replace(",", ".")) for number in match.groups())
    return latitude, longitude


def _home(location: Location, gazetteer: Gazetteer) -> Place:
    if location.municipality is not None:
        known = gazetteer.municipality(location.municipality)
        if known is None:
            raise Invalid.field("location.municipality", "is not a municipality this deployment serves")
        return known
    if location.settlement is not None and (settlement := gazetteer.settlement(location.settlement)):
        return gazetteer.municipality(settlement.municipality) or settlement
    point = _point(location)
    if point is not None:
        nearest = min(
            gazetteer.near(point.latitude, FARTHEST_KM),
            key=lambda place: kilometres(point, place),
            default=None,
        )
        if nearest is None or kilometres(point, nearest) > FARTHEST_KM:
            raise Invalid.field("location.latitude", "lies outside the area this deployment serves")
        return gazetteer.municipality(nearest.municipality) or nearest
    if location.settlement is not None:
        raise Invalid.field("location.settlement", "is not a settlement this deployment serves")
    raise Invalid.field("location", "give a municipality, a settlement (EKATTE code) or latitude and longitude")


def _point(location: Location) -> Point | None:
    if location.latitude is None or location.longitude is None:
        return None
    return Point(location.latitude, location.longitude)
