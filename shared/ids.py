"""Identifiers: UUIDv7, so that ids sort by birth and pages of a list need no extra column."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

import uuid_utils

_ACCOUNTS = uuid.UUID("6f0d3c1e-7a55-5c1b-9c53-4d1f1c0c9a10")

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a new UUIDv7 in its usual lower-case form."""
    return str(uuid_utils.uuid7())


def first_id_at(moment: datetime) -> str:
    """Return an id that sorts before all that were made from a moment on: what is young is found by its key."""
    written = f"{max(0, int(moment.timestamp() * 1000)):012x}"
    return f"{written[:8]}-{written[8:]}-0000-0000-000000000000"


def account_id(email: str) -> str:
    """Return the id of the account with this address: the same everywhere, without asking anybody."""
    return str(uuid.uuid5(_ACCOUNTS, email.strip().lower()))


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id (of any UUID version)."""
    return _UUID.fullmatch(text) is not None
