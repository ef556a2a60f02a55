"""How long a sign-in lasts: a shift, as long as it is used; each of its tokens a quarter of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

TOKEN_LIVES = timedelta(minutes=15)
IDLE = timedelta(hours=12)
"""How long a session lives without being used."""
LONGEST = timedelta(hours=24)
"""How long a session lives at most; also the longest life of a token made at the command line."""
LOCKS_AFTER = timedelta(minutes=20)
"""How long a browser may leave a session without asking for its next token, before it must give the password again.

Longer than a token lives, or nobody could read a page for a quarter of an hour without JavaScript.
"""
KEPT = timedelta(hours=25)
"""When a session's row is of no use any more."""


def ends_at(began_at: datetime, used_at: datetime) -> datetime:
    """Return when a session ends unless it is used again."""
    return min(used_at + IDLE, began_at + LONGEST)


def token_ends_at(began_at: datetime, now: datetime) -> datetime:
    """Return when a token ends that a session is given now."""
    return min(now + TOKEN_LIVES, ends_at(began_at, now))


def is_locked(used_at: datetime, locked_at: datetime | None, now: datetime, *, browser: bool) -> bool:
    """Say whether a session goes on only once its owner gives the password again."""
    return locked_at is not None or (browser and now >= used_at + LOCKS_AFTER)
