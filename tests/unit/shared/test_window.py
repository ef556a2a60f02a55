"""Days as people count them, whatever their clocks do."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from shared.ids import first_id_at, new_id
from shared.window import Window

SOFIA = ZoneInfo("Europe/Sofia")


def test_today_begins_at_the_midnight_of_peoples_clock() -> None:
    window = Window(datetime(2026, 7, 1, 22, 30, tzinfo=UTC), SOFIA, 1)
    assert window.since == datetime(2026, 7, 1, 21, 0, tzinfo=UTC)
    assert window.dates == [date(2026, 7, 2)]
    assert window.starts == [datetime(2026, 7, 1, 21, 0, tzinfo=UTC), datetime(2026, 7, 1, 22, 0, tzinfo=UTC)]
    assert window.hour_of_day("2026-07-01 22") == 1
    assert window.day_of("2026-07-01 20") == date(2026, 7, 1)


def test_thirty_days_end_today_and_a_day_may_have_25_hours() -> None:
    window = Window(datetime(2026, 11, 1, 12, 0, tzinfo=UTC), SOFIA, 30)
    assert (window.dates[0], window.dates[-1]) == (date(2026, 10, 3), date(2026, 11, 1))
    hours = {window.dates[place]: (b - a).total_seconds() / 3600 for place, (a, b) in enumerate(_pairs(window))}
    assert {day: length for day, length in hours.items() if length != 24} == {date(2026, 10, 25): 25}


def test_an_id_sorts_after_the_first_of_its_moment() -> None:
    before = datetime.now(UTC)
    made = new_id()
    assert first_id_at(before) <= made
    assert made < first_id_at(datetime.fromtimestamp(before.timestamp() + 60, UTC))


def _pairs(window: Window) -> list[tuple[datetime, datetime]]:
    return list(zip(window.starts, window.starts[1:], strict=False))
