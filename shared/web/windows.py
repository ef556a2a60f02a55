"""Which time figures are asked for: ``?days=1`` is today, at most thirty with today the last."""

from __future__ import annotations

from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request

from shared.settings import Settings
from shared.window import MOST_DAYS, Window


def _window(
    request: Request, days: Annotated[int, Query(ge=1, le=MOST_DAYS, description="today is one of them")] = 1
) -> Window:
    settings: Settings = request.app.state.settings
    return Window(request.app.state.clock(), ZoneInfo(settings.time_zone), days)


Looked = Annotated[Window, Depends(_window)]
"""From midnight, on the clock that people here read, until now."""
