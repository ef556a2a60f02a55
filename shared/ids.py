"""Identifiers: UUIDv7, so that ids sort by birth and pages of a list need no extra column."""

from __future__ import annotations

import re

import uuid_utils

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def new_id() -> str:
    """Return a new UUIDv7 in its usual lower-case form."""
    return str(uuid_utils.uuid7())


def is_id(text: str) -> bool:
    """Say whether a text has the form of an id (of any UUID version)."""
    return _UUID.fullmatch(text) is not None
