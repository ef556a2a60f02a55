"""Exporting spans over OTLP/HTTP, in batches, from a thread of their own: a receiver that is away costs spans only."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.id_generator import IdGenerator, RandomIdGenerator
from opentelemetry.trace import (
    NonRecordingSpan,
    SpanContext,
    Status,
    StatusCode,
    TraceFlags,
    set_span_in_context,
)
from opentelemetry.trace import SpanKind as OtelKind

from shared.telemetry.tracing import SpanKind, Trace

_EXPORT_SECONDS = 2.0
_CLOSING_MILLISECONDS = 2_000


class _GivenIds(IdGenerator):
    """Gives spans the ids that our messages carry already."""

    def __init__(self) -> None:
        self._given = threading.local()
        self._random = RandomIdGenerator()

    def give(self, trace: Trace) -> None:
        self._given.ids = (int(trace.trace_id, 16), int(trace.span_id, 16))

    def generate_trace_id(self) -> int:
        ids: tuple[int, int] | None = getattr(self._given, "ids", None)
        return ids[0] if ids else self._random.generate_trace_id()

    def generate_span_id(self) -> int:
        ids: tuple[int, int] | None = getattr(self._given, "ids", None)
        return ids[1] if ids else self._random.generate_span_id()


class OtlpSpans:
    """``Spans`` that an OTLP receiver is told of."""

    def __init__(self, service: str, endpoint: str) -> None:
        address = f"{endpoint.rstrip('/')}/v1/traces" if endpoint else None
        self._ids = _GivenIds()
        # The provider is this object's own, never the process's: no library starts exporting by itself.
        self._provider = TracerProvider(
            resource=Resource.create({"service.name": service, "service.namespace": "zakrila"}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        exporter = OTLPSpanExporter(endpoint=address, timeout=_EXPORT_SECONDS)
        self._provider.add_span_processor(BatchSpanProcessor(exporter, schedule_delay_millis=1_000))
        self._tracer = self._provider.get_tracer("zakrila")

    def ended(
        self,
        trace: Trace,
        kind: SpanKind,
        name: str,
        began: int,
        attributes: Mapping[str, str | int | Sequence[str]],
        *,
        failed: bool = False,
    ) -> None:
        """Hand over a finished span."""
        parent = None
        if trace.parent_id:
            flags = TraceFlags(int(trace.flags, 16))
            context = SpanContext(int(trace.trace_id, 16), int(trace.parent_id, 16), is_remote=True, trace_flags=flags)
            parent = set_span_in_context(NonRecordingSpan(context))
        self._ids.give(trace)
        span = self._tracer.start_span(
            name, context=parent, kind=OtelKind[kind.value], attributes=dict(attributes), start_time=began
        )
        if failed:
            span.set_status(Status(StatusCode.ERROR))
        span.end(time.time_ns())

    def close(self) -> None:
        """Export what is left and stop."""
        self._provider.force_flush(_CLOSING_MILLISECONDS)
        self._provider.shutdown()
