"""Where she is: the municipality follows from whatever the caller could say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.places import FARTHEST_KM, Place, locate
from shared.contracts.facts import Location
from shared.errors import Invalid
from shared.geography import kilometres

RUSE = Place("RSE27", "RSE27", "RSE", 43.8564, 25.9707)
BYALA = Place("RSE04", "RSE04", "RSE", 43.4583, 25.7250)
VILLAGE = Place("63427", "RSE04", "RSE", 43.5000, 25.7000)


class Area:
    """Three places."""

    def municipality(self, code: str) -> Place | None:
        return {place.code: place for place in (RUSE, BYALA)}.get(code)

    def settlement(self, code: str) -> Place | None:
        return VILLAGE if code == VILLAGE.code else None

    def near(self, latitude: float, kilometres: float) -> Iterable[Place]:  # noqa: ARG002  # all are near enough
        return [RUSE, BYALA, VILLAGE]


def located(**given_: Any) -> Any:
    return locate(Location.model_validate(given_), Area())


@pytest.mark.parametrize(
    ("said", "municipality", "by", "unverified"),
    [
        ({"municipality": "RSE27"}, "RSE27", "municipality", ()),
        ({"settlement": "63427"}, "RSE04", "settlement", ()),
        ({"municipality": "RSE04", "settlement": "63427"}, "RSE04", "settlement", ()),
        ({"latitude": 43.86, "longitude": 25.97}, "RSE27", "coordinates", ()),
        ({"latitude": 43.50, "longitude": 25.70}, "RSE04", "coordinates", ()),
        ({"municipality": "RSE27", "latitude": 43.86, "longitude": 25.97}, "RSE27", "coordinates", ()),
        ({"municipality": "RSE27", "settlement": "63427"}, "RSE27", "municipality", ("location.settlement",)),
        ({"municipality": "RSE27", "settlement": "Пролет"}, "RSE27", "municipality", ("location.settlement",)),
        ({"settlement": "?", "latitude": 43.5, "longitude": 25.7}, "RSE04", "coordinates", ("location.settlement",)),
        ({"municipality": "RSE27", "latitude": 0, "longitude": 0}, "RSE27", "municipality", ("location.latitude",)),
        ({"municipality": "RSE27", "latitude": 43.86}, "RSE27", "municipality", ("location.latitude",)),
        ({"municipality": "RSE27", "longitude": 25.97}, "RSE27", "municipality", ("location.longitude",)),
    ],
)
def test_what_was_said_and_where_that_is(
    said: dict[str, Any], municipality: str, by: str, unverified: tuple[str, ...]
) -> None:
    found = located(**said)
    assert (found.municipality, found.jurisdiction, found.position.by) == (municipality, "RSE", by)
    assert found.unverified == unverified


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({}, "location"),
        ({"address": "ул. Тиха 1"}, "location"),
        ({"latitude": 43.86}, "location"),
        ({"municipality": "PDV22"}, "location.municipality"),
        ({"municipality": "PDV22", "latitude": 43.86, "longitude": 25.97}, "location.municipality"),
        ({"settlement": "00000"}, "location.settlement"),
        ({"latitude": 0.0, "longitude": 0.0}, "location.latitude"),
    ],
)
def test_what_tells_nothing_is_refused_by_name(said: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refusal:
        located(**said)
    assert [error.field for error in refusal.value.errors] == [field]


@given(st.floats(43.0, 44.5), st.floats(25.0, 27.0))
def test_coordinates_find_the_nearest_place_or_are_outside(latitude: float, longitude: float) -> None:
    here = Place("", "", "", latitude, longitude)
    nearest = min((RUSE, BYALA, VILLAGE), key=lambda place: kilometres(here, place))
    if kilometres(here, nearest) > FARTHEST_KM:
        with pytest.raises(Invalid):
            located(latitude=latitude, longitude=longitude)
    else:
        assert located(latitude=latitude, longitude=longitude).municipality == nearest.municipality
