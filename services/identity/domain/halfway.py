"""Halfway in: the password was right, the one-time code is still to come.

What a browser brings back with the code is a signed note that says so for a few minutes: the password itself is asked
once and is in no page. Whoever steals the note still lacks the code, and each try at one is counted.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime, timedelta

LIVES = timedelta(minutes=5)
_SECONDS = re.compile(r"[0-9]{1,12}")


def proof(deployment_secret: bytes, account: str, password_hash: str, now: datetime) -> str:
    """Return the note for an account whose password was right."""
    until = int((now + LIVES).timestamp())
    return f"{account}.{until}.{_signed(deployment_secret, account, until, password_hash)}"


def account_of(note: str) -> str:
    """Return whose note it says it is; unproven."""
    return note.partition(".")[0]


def holds(note: str, deployment_secret: bytes, password_hash: str, now: datetime) -> bool:
    """Say whether a note is ours, in time, and of the password that the account has now."""
    account, _, rest = note.partition(".")
    until, _, signature = rest.partition(".")
    if not _SECONDS.fullmatch(until) or int(until) <= now.timestamp():
        return False
    return hmac.compare_digest(
        _signed(deployment_secret, account, int(until), password_hash).encode(), signature.encode()
    )


def _signed(deployment_secret: bytes, account: str, until: int, password_hash: str) -> str:
    text = "\x1f".join(("halfway", account, str(until), password_hash))
    return hmac.digest(deployment_secret, text.encode(), "sha256").hex()
