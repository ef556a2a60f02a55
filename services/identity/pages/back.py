"""Where somebody comes back to after signing in: a page of ours, never another site's."""

from __future__ import annotations

import re
from urllib.parse import urlencode, urlsplit

from shared.contracts.vocabulary import Service

_HERE = Service.IDENTITY.prefix
START = f"{_HERE}/"
_LOCAL = re.compile(r"/(?![/\\])[!-\[\]-~]{0,1000}")
"""A path, an absolute one: no host (``//``), nothing that browsers read as one (a backslash, a blank they drop)."""
_ON_THE_WAY = {f"{_HERE}/{page}" for page in ("sign-in", "sign-out", "renew", "lock", "unlock", "language", "theme")}


def checked(address: str) -> str:
    """Return an address if it is a page to come back to, the start page otherwise."""
    if not _LOCAL.fullmatch(address) or urlsplit(address).path in _ON_THE_WAY:
        return START
    return address


def by_way_of(page: str, back: str) -> str:
    """Return the address of one of identity's pages, from which somebody comes back."""
    return f"{_HERE}/{page}?{urlencode({'next': back})}"
