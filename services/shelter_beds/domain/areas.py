"""Counting free rooms without pointing at a shelter: a region with few shelters is counted with its neighbour (P6)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from shared.geography import kilometres

FEWEST_SHELTERS = 3


@dataclass(frozen=True)
class Region:
    """A region of one jurisdiction; its position is the middle of its municipalities."""

    code: str
    latitude: float
    longitude: float
    shelters: int = 0
    rooms: Mapping[str, int] = field(default_factory=dict)
    """How many rooms are shown how."""
    oldest_confirmation: datetime | None = None


@dataclass(frozen=True)
class _Group:
    regions: tuple[Region, ...]

    @property
    def shelters(self) -> int:
        return sum(region.shelters for region in self.regions)

    @property
    def latitude(self) -> float:
        return sum(region.latitude for region in self.regions) / len(self.regions)

    @property
    def longitude(self) -> float:
        return sum(region.longitude for region in self.regions) / len(self.regions)

    @property
    def name(self) -> str:
        return min(region.code for region in self.regions)


def grouped(regions: Iterable[Region]) -> list[tuple[Region, ...]]:
    """Return the regions of a jurisdiction in groups of at least three shelters; all in one if there are fewer.

    Whichever region of a group is asked for, the group is what is counted: no difference of two answers tells more.
    """
    groups = [_Group((region,)) for region in sorted(regions, key=lambda region: region.code)]
    while len(groups) > 1:
        least = min(groups, key=lambda group: (group.shelters, group.name))
        if least.shelters >= FEWEST_SHELTERS:
            break
        others = [group for group in groups if group is not least]
        nearest = min(others, key=lambda group: (kilometres(group, least), group.name))
        merged = _Group((*least.regions, *nearest.regions))
        groups = [*(group for group in others if group is not nearest), merged]
    return [tuple(sorted(group.regions, key=lambda region: region.code)) for group in groups]


def total(regions: Sequence[Region]) -> dict[str, int]:
    """Return how many rooms are shown how, in all of these regions."""
    found = {"free": 0, "held": 0, "occupied": 0, "out_of_service": 0}
    for region in regions:
        for shown, rooms in region.rooms.items():
            found[shown] += rooms
    return found


def oldest(moments: Iterable[datetime | None]) -> datetime | None:
    """Return the oldest of the confirmations that there are."""
    return min((moment for moment in moments if moment is not None), default=None)
