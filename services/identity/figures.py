"""What identity tells of itself: how many people are signed in. Who tries and fails is seen in its requests."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select

from services.identity.domain.sessions import IDLE, LONGEST
from services.identity.tables import SESSION
from shared.telemetry.figures import Figure, Figures, Gauge

SESSIONS = Gauge("zakrila_sessions", "Sign-ins that are good now")


def read(connection: Connection, now: datetime) -> Iterable[Figure]:
    """Count sessions that have not ended by themselves or by signing out."""
    good = (SESSION.c.began_at > now - LONGEST, SESSION.c.used_at > now - IDLE, SESSION.c.ended_at.is_(None))
    yield SESSIONS.of({(): connection.execute(select(func.count()).select_from(SESSION).where(*good)).scalar_one()})


FIGURES = Figures((SESSIONS,), read)
