"""Figures of the domain: what a service counts in its own store when it is asked, and what its use cases measure.

The store is the truth about what waits and what is overdue, so those figures survive every restart and are never
added up wrongly. Labels are codes with few values; nothing personal ever is one (P6), and drills are told apart (P9).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from shared.contracts.vocabulary import Mode


@dataclass(frozen=True)
class Gauge:
    """Something counted in the store."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()

    def of(self, values: Mapping[tuple[str, ...], float]) -> Figure:
        """Return it as it stands, by its labels' values."""
        return Figure(self, values)


@dataclass(frozen=True)
class Figure:
    """A gauge as it stands now."""

    gauge: Gauge
    values: Mapping[tuple[str, ...], float]


@dataclass(frozen=True)
class Count:
    """Something that use cases count up; kept only if their transaction is."""

    name: str
    meaning: str
    labels: tuple[str, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()
    """Label values that begin at zero, so that the first one counted is seen as an increase."""


@dataclass(frozen=True)
class Timing:
    """Something that use cases time, in seconds; kept only if their transaction is."""

    name: str
    meaning: str
    labels: tuple[str, ...]
    buckets: tuple[float, ...]


Measure = Count | Timing
Measured = tuple[Measure, float, tuple[str, ...]]
"""A measure, its value, and the values of its labels."""
Read = Callable[[Connection, datetime], Iterable[Figure]]


@dataclass(frozen=True)
class Figures:
    """Everything that one service tells of itself beside what every service does."""

    gauges: Sequence[Gauge] = ()
    read: Read = lambda _connection, _now: ()
    measures: Sequence[Measure] = ()


def mode_of(*, shadow: bool) -> str:
    """Return the ``mode`` of a unit or room: twins are there for drills (P9)."""
    return (Mode.EXERCISE if shadow else Mode.ACTUAL).value
