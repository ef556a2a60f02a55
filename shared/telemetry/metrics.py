"""Prometheus metrics every service has. Labels are codes only; nothing personal ever is one."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from shared.contracts.events import FAMILIES

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class RunnerMetrics:
    """How the batches of one service go."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        registry = registry or CollectorRegistry()
        self._commits = Counter("zakrila_commits", "Batches committed or abandoned", registry=registry)
        self._inputs = Counter("zakrila_inputs", "Inputs run in batches", registry=registry)
        self.abandoned = Counter(
            "zakrila_store_failures", "Inputs refused because the store could not write them", registry=registry
        )
        self.waiting = Gauge("zakrila_inputs_waiting", "Inputs that wait to be written", registry=registry)
        self._seconds = Histogram(
            "zakrila_batch_seconds", "Time from BEGIN to COMMIT, seconds", buckets=_SECONDS, registry=registry
        )

    @contextmanager
    def batch(self, inputs: int) -> Iterator[None]:
        """Measure one batch."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._commits.inc()
            self._inputs.inc(inputs)
            self._seconds.observe(time.perf_counter() - began)


class BusMetrics:
    """How talking and listening on the bus goes."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.published = Counter("zakrila_published", "Events acknowledged by the bus", registry=registry)
        self.publish_failed = Counter(
            "zakrila_publish_failed", "Publishing that must be tried again", registry=registry
        )
        self.stream_losses = Counter(
            "zakrila_stream_losses", "Times the stream was found to have lost", registry=registry
        )
        self.consumed = Counter(
            "zakrila_consumed", "Messages handled, by type and result", ["type", "result"], registry=registry
        )
        self.consume_seconds = Histogram(
            "zakrila_consume_seconds",
            "Time from a message's arrival to its acknowledgement, seconds",
            ["stream"],
            buckets=_SECONDS,
            registry=registry,
        )
        self.consumer_lag = Gauge(
            "zakrila_consumer_lag",
            "Messages of a stream that this service has not handled",
            ["stream"],
            registry=registry,
        )
        self.seals = Counter(
            "zakrila_seals", "Sealed parts made and opened, by result", ["operation", "result"], registry=registry
        )
        for operation in ("seal", "open"):
            for result in ("ok", "failed"):
                self.seals.labels(operation, result)
        self.dead_letters = Gauge("zakrila_dead_letters", "Messages waiting for a human", registry=registry)
        self.connected = Gauge("zakrila_bus_connected", "1 while connected to the bus", registry=registry)


_TYPES = frozenset(event_type for family in FAMILIES for event_type in family.types)


def known_type(event_type: str) -> str:
    """Return an event type as a label: what no release knows is one value, so that nobody can make up many."""
    return event_type if event_type in _TYPES else "unknown"


class HttpMetrics:
    """Rate, errors and duration of every route."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.requests = Counter(
            "zakrila_http_requests",
            "Requests, by route and status",
            ["method", "route", "status"],
            registry=registry,
        )
        self.seconds = Histogram(
            "zakrila_http_seconds",
            "Duration of requests, seconds",
            ["route"],
            buckets=_SECONDS,
            registry=registry,
        )
