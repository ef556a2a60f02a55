"""W3C trace context: one trace per incident, from the operator's request through every service and back.

Only the identifiers travel here; exporting spans is a matter of deployment.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import Self

_TRACEPARENT = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})")


@dataclass(frozen=True)
class Trace:
    trace_id: str
    span_id: str
    flags: str = "01"

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
        return cls(match[1], secrets.token_hex(8), match[3])

    @property
    def traceparent(self) -> str:
        """The header for whoever hears of this next."""
        return f"00-{self.trace_id}-{self.span_id}-{self.flags}"
