"""Times: always UTC, always aware; written as RFC 3339 with ``Z``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the present moment in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """Write a moment as RFC 3339 in UTC with milliseconds and ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


@dataclass(frozen=True)
class Offset:
    """How another clock stands to ours, as far as a question and its answer can tell."""

    ahead: float
    """Seconds that it is ahead; negative: behind."""
    unsure: float
    """It may be so many seconds more or less: half of the time that the answer took."""

    @classmethod
    def between(cls, asked: float, there: datetime, answered: float) -> Offset:
        """Compare a clock that was read between two moments of ours (seconds since 1970)."""
        return cls(there.timestamp() - (asked + answered) / 2, (answered - asked) / 2)
