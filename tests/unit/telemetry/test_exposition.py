"""Reading figures costs little: what was counted is good for a while, longer if counting took long."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry, generate_latest
from sqlalchemy import Connection

from shared.clock import utc_now
from shared.storage.engine import Store
from shared.telemetry.exposition import Measures, StoreFigures
from shared.telemetry.figures import Count, Figure, Figures, Gauge, Timing

LEGS = Gauge("zakrila_legs", "Unfinished promises", ("kind",))
LATE = Count("zakrila_late", "Late", ("kind",), known=(("police",),))
SECONDS = Timing("zakrila_seconds", "Time", ("kind",), (1, 2))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = Store(f"sqlite:///{tmp_path}/store.sqlite3")
    yield made
    made.close()


def registry_of(store: Store, *, takes: float) -> tuple[CollectorRegistry, list[float]]:
    looks: list[float] = []

    def read(_connection: Connection, _now: datetime) -> Iterable[Figure]:
        looks.append(time.monotonic())
        deadline = looks[-1] + takes
        while time.monotonic() < deadline:
            continue  # busy, as a slow look is
        yield LEGS.of({("police",): len(looks)})

    registry = CollectorRegistry()
    registry.register(StoreFigures(store, utc_now, [Figures((LEGS,), read)]))
    return registry, looks


def test_two_readers_at_once_cost_one_count(store: Store) -> None:
    registry, looks = registry_of(store, takes=0)
    assert registry.get_sample_value("zakrila_legs", {"kind": "police"}) == 1
    assert registry.get_sample_value("zakrila_legs", {"kind": "police"}) == 1
    assert len(looks) == 1


def test_slow_counting_rests_twenty_times_as_long(store: Store) -> None:
    registry, looks = registry_of(store, takes=0.15)
    registry.get_sample_value("zakrila_store_readable")
    (collector,) = registry._collector_to_names
    assert isinstance(collector, StoreFigures)
    assert collector._good_until - looks[0] >= 0.15 * 20


def test_what_is_declared_is_exported_without_a_value() -> None:
    registry = CollectorRegistry()
    Measures(registry, (LATE, SECONDS))
    text = generate_latest(registry).decode()
    assert 'zakrila_late_total{kind="police"} 0.0' in text
    assert "# TYPE zakrila_seconds histogram" in text


def test_a_measure_that_no_house_declared_is_a_mistake_that_shows() -> None:
    with pytest.raises(KeyError):
        Measures(CollectorRegistry(), ()).add([(LATE, 1, ("police",))])
