"""How far apart two places are. Everybody who must choose "the nearest" chooses it by this."""

from math import asin, cos, radians, sin, sqrt
from typing import NamedTuple, Protocol

EARTH_RADIUS_KM = 6371.0088
"""Mean radius of the Earth (IUGG)."""


class Positioned(Protocol):
    """Anything with a position in degrees (WGS 84)."""

    @property
    def latitude(self) -> float: ...

    @property
    def longitude(self) -> float: ...


class Point(NamedTuple):
    """A place and no more, in degrees (WGS 84)."""

    latitude: float
    longitude: float


def kilometres(here: Positioned, there: Positioned) -> float:
    """The great-circle distance between two places, in kilometres (haversine)."""
    north, south = radians(here.latitude), radians(there.latitude)
    rise = sin((south - north) / 2) ** 2
    turn = sin(radians(there.longitude - here.longitude) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * asin(sqrt(min(1.0, rise + cos(north) * cos(south) * turn)))
