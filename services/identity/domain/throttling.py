"""Guessing gets slower and slower; nobody is locked out for ever, for an operator must be able to sign in."""

from __future__ import annotations

import ipaddress

FREE_TRIES = 5
"""Tries at one account before each must wait."""
FREE_TRIES_OF_ADDRESS = 100
"""Tries from one address: a whole control room may share it, and all begin their shift at once."""
LONGEST_PAUSE = 15 * 60
"""Seconds."""
FORGOTTEN_AFTER = 60 * 60
"""Seconds after the last try."""
FAMILIAR_FOR = 30 * 24 * 60 * 60
"""Seconds for which an address where somebody signed in is counted by itself: strangers do not slow her down there."""

_LONGEST_POWER = LONGEST_PAUSE.bit_length()


def pause(tries: int, free: int) -> int:
    """Return how many seconds must pass after so many tries in vain before the next: 1, 2, 4 … up to 15 minutes."""
    if tries < free:
        return 0
    return min(LONGEST_PAUSE, 1 << min(tries - free, _LONGEST_POWER))


def block_of(address: str) -> str:
    """Return what counts as one address: of IPv6 the network that one household or office is given (/64)."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    return str(ipaddress.ip_network((parsed, 64), strict=False)) if parsed.version == 6 else address  # noqa: PLR2004  # a household's network
