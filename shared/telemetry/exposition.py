"""What a service's figures look like to Prometheus, and what reading them may cost."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Iterator, Sequence

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from sqlalchemy.exc import SQLAlchemyError

from shared.clock import Clock
from shared.storage.engine import Store
from shared.telemetry.figures import Count, Figure, Figures, Measure, Measured, Timing

log = structlog.get_logger()

_REST_SECONDS = 2.0
_REST_TIMES = 20.0
"""After counting, the answer is good for so many times as long as the counting took: at most a twentieth of a core."""


class Measures:
    """What use cases counted and timed, as Prometheus reads it."""

    def __init__(self, registry: CollectorRegistry, measures: Iterable[Measure]) -> None:
        self._counters: dict[Count, Counter] = {}
        self._histograms: dict[Timing, Histogram] = {}
        for measure in measures:
            if isinstance(measure, Count):
                counter = Counter(measure.name, measure.meaning, measure.labels, registry=registry)
                for values in measure.known:
                    counter.labels(*values)
                self._counters[measure] = counter
            else:
                self._histograms[measure] = Histogram(
                    measure.name, measure.meaning, measure.labels, buckets=measure.buckets, registry=registry
                )

    def add(self, measured: Iterable[Measured]) -> None:
        """Take over what committed transactions measured."""
        for measure, value, labels in measured:
            if isinstance(measure, Count):
                counter = self._counters[measure]
                (counter.labels(*labels) if labels else counter).inc(value)
            else:
                self._histograms[measure].labels(*labels).observe(value)


class StoreFigures(Collector):
    """Counts in the store when Prometheus asks. A store that cannot be read has no figures, and says so."""

    def __init__(self, store: Store, clock: Clock, parts: Sequence[Figures]) -> None:
        self._store = store
        self._clock = clock
        self._parts = parts
        self._lock = threading.Lock()
        self._read: Sequence[Figure] | None = None
        self._good_until = 0.0

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Give every gauge, those without a value too: what is declared is exported."""
        figures = self._figures()
        readable = GaugeMetricFamily("zakrila_store_readable", "1 while the store can be read")
        readable.add_metric((), figures is not None)
        yield readable
        values = {figure.gauge: figure.values for figure in figures or ()}
        for gauge in (gauge for part in self._parts for gauge in part.gauges):
            family = GaugeMetricFamily(gauge.name, gauge.meaning, labels=gauge.labels)
            for labels, value in values.get(gauge, {}).items():
                family.add_metric(labels, value)
            yield family

    def _figures(self) -> Sequence[Figure] | None:
        with self._lock:
            began = time.monotonic()
            if began >= self._good_until:
                self._read = self._count()
                took = time.monotonic() - began
                self._good_until = time.monotonic() + max(_REST_SECONDS, took * _REST_TIMES)
            return self._read

    def _count(self) -> Sequence[Figure] | None:
        try:
            with self._store.reading() as connection:
                now = self._clock()
                return [figure for part in self._parts for figure in part.read(connection, now)]
        except SQLAlchemyError as error:
            log.warning("figures cannot be counted", error=type(error).__name__)
            return None
