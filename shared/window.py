"""Today, or some days until today, as people count them: from a midnight of their own clock until now."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shared.ids import first_id_at

MOST_DAYS = 30
"""How far figures look back, today being one of the days."""
_SKEW = timedelta(days=1)
"""An id is made a little before or after the moment that stands beside it; what is too old is left out by that."""


@dataclass(frozen=True)
class Window:
    """The time that figures are of."""

    now: datetime
    zone: ZoneInfo
    days: int

    @property
    def first_day(self) -> date:
        """The day it begins."""
        return self.now.astimezone(self.zone).date() - timedelta(days=self.days - 1)

    @property
    def dates(self) -> list[date]:
        """Its days, today last."""
        return [self.first_day + timedelta(days=day) for day in range(self.days)]

    @property
    def since(self) -> datetime:
        """The midnight it begins with."""
        return self._midnight(self.first_day)

    @property
    def first_id(self) -> str:
        """What no id of this time sorts before."""
        return first_id_at(self.since - _SKEW)

    @property
    def starts(self) -> Sequence[datetime]:
        """Where its parts begin: the hours of a day until now, or each of its days."""
        if self.days == 1:
            hours = int((self.now - self.since) / timedelta(hours=1)) + 1
            return [self.since + timedelta(hours=hour) for hour in range(hours)]
        return [self._midnight(day) for day in self.dates]

    def hour_of_day(self, hour: str) -> int:
        """Return which hour of their day an hour of UTC (``2026-11-22 03``) is for people here."""
        return self._local(hour).hour

    def day_of(self, hour: str) -> date:
        """Return which day of theirs an hour of UTC lies in."""
        return self._local(hour).date()

    def _local(self, hour: str) -> datetime:
        return datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC).astimezone(self.zone)

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)
