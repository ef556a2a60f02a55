"""What is told of every use case once it is over: its steps in the log, what it measured, its span."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import structlog

from shared.telemetry.exposition import Measures
from shared.telemetry.figures import Measured
from shared.telemetry.tracing import SpanKind, Spans, Trace

log = structlog.get_logger()


class Told(Protocol):
    """What a committed transaction leaves behind to be told of."""

    outgoing: list[dict[str, object]]
    measured: list[Measured]


class Chronicle:
    """Tells of one service's use cases."""

    def __init__(self, measures: Measures | None = None, spans: Spans | None = None) -> None:
        self._measures = measures
        self._spans = spans

    def begins(self, trace: Trace | None) -> Trace:
        """Return the trace under which a use case runs: a span of its own, if spans are measured."""
        if trace is None:
            return Trace.new()
        return trace.child() if self._spans is not None else trace

    def committed(self, trace: Trace, began: int, transaction: Told) -> None:
        """Tell of a use case whose transaction is committed."""
        if transaction.measured and self._measures is not None:
            self._measures.add(transaction.measured)
        for row in transaction.outgoing:
            if row["told"] and row["incident"] is not None:
                log.info(
                    "said",
                    type=row["type"],
                    incident=row["incident"],
                    entity=row["entity"],
                    version=row["version"],
                    trace_id=trace.trace_id,
                )
        if self._spans is not None and (trace.parent_id or transaction.outgoing):
            self._span(self._spans, trace, began, transaction.outgoing)

    def refused(self, trace: Trace, began: int, error: BaseException) -> None:
        """Tell of a use case that was refused or failed; nothing of it was kept."""
        if self._spans is not None and trace.parent_id:
            attributes = {"error.type": type(error).__name__}
            self._spans.ended(trace, SpanKind.USE_CASE, "use case", began, attributes, failed=True)

    @staticmethod
    def _span(spans: Spans, trace: Trace, began: int, outgoing: Sequence[dict[str, object]]) -> None:
        said = sorted({str(row["type"]) for row in outgoing})
        attributes: dict[str, str | Sequence[str]] = {"zakrila.said": said} if said else {}
        incidents = sorted({str(row["incident"]) for row in outgoing if row["incident"]})
        if incidents:
            attributes["zakrila.incident"] = incidents[0] if len(incidents) == 1 else incidents
        spans.ended(trace, SpanKind.USE_CASE, "use case", began, attributes)
