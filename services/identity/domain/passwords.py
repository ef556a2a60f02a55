"""What a password must be (NIST SP 800-63B §3.1.1: length, no rules of composition)."""

from __future__ import annotations

import unicodedata

SHORTEST, LONGEST = 12, 256


def prepared(password: str) -> str:
    """Return a password in the one form it is hashed in: ``й`` is the same letter from whatever keyboard."""
    return unicodedata.normalize("NFKC", password)


def weakness(password: str, email: str) -> str | None:
    """Say why a password is not accepted; ``None`` if it is."""
    text = prepared(password)
    if not SHORTEST <= len(text) <= LONGEST:
        return f"{SHORTEST} to {LONGEST} characters, of whatever kind"
    if text.casefold() == email.casefold():
        return "anything but the e-mail address"
    return None
