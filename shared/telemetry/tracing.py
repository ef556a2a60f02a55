"""W3C trace context: one trace per incident, from the operator's request through every service and back.

A ``Trace`` carries the identifiers, always. Whether spans are measured and exported is a matter of deployment:
without an endpoint there are no ``Spans``, and nothing is paid for them.
"""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, Self

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")
_STANDARD_VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


@dataclass(frozen=True)
class Trace:
    trace_id: str
    span_id: str
    flags: str = "01"
    parent_id: str = ""
    """The span that this one continues; empty: the trace begins here."""

    @classmethod
    def new(cls) -> Self:
        """Begin a trace."""
        return cls(secrets.token_hex(16), secrets.token_hex(8))

    @classmethod
    def continued(cls, traceparent: str | None) -> Self:
        """Continue the trace of a ``traceparent`` header, or begin one where there is none that can be read."""
        match = _TRACEPARENT.fullmatch(traceparent or "")
        if match is None or match[1] == "0" * 32 or match[2] == "0" * 16:
            return cls.new()
        return cls(match[1], secrets.token_hex(8), match[3], match[2])

    def child(self) -> Self:
        """Go on within this service."""
        return type(self)(self.trace_id, secrets.token_hex(8), self.flags, self.span_id)

    @property
    def traceparent(self) -> str:
        """The header for whoever hears of this next."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"


class SpanKind(StrEnum):
    """What a span measures, by OpenTelemetry's names."""

    REQUEST = "SERVER"
    USE_CASE = "INTERNAL"
    PUBLISH = "PRODUCER"
    CONSUME = "CONSUMER"


class Spans(Protocol):
    """Where finished spans go. Attributes are ids and codes; nothing personal ever is one (P6)."""

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
        """Hand over what ended just now; ``began`` is ``time.time_ns()`` of then."""

    def close(self) -> None:
        """Export what is left, within two seconds, and stop."""


def spans_of(service: str, endpoint: str) -> Spans | None:
    """Return where a service's spans go, or ``None`` if nobody wants them.

    Args:
        service: its name.
        endpoint: base address of an OTLP/HTTP receiver (``ZAKRILA_OTLP_ENDPOINT``); empty: OpenTelemetry's own
            environment variables say it, or nobody does.
    """
    if not endpoint and not any(os.environ.get(name) for name in _STANDARD_VARIABLES):
        return None
    from shared.telemetry.otlp import OtlpSpans  # noqa: PLC0415  # 25 MB that only those pay who want spans

    return OtlpSpans(service, endpoint)
