"""Safeguards switched off on purpose: a checker that does not notice is worth nothing.

Where two safeguards protect each other, both are switched off (see ``test_planted.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from shared.contracts.vocabulary import Service
from tests.faults.planted import in_kernel, in_relay, in_shelters

Plant = Callable[[Service], None]

PLANTS: Mapping[str, Plant] = {
    "version inbox": in_kernel.hear_everything,
    "containment": in_kernel.contain_everything,
    "outbox replay": in_relay.never_notice_a_loss,
    "re-ask": in_relay.never_ask_again,
    "room constraint": in_shelters.share_rooms,
    "hold expiry": in_shelters.hold_for_ever,
}


def plant(names: Sequence[str], service: Service) -> None:
    """Switch safeguards off in this process, which will be that service."""
    for name in names:
        PLANTS[name](service)
