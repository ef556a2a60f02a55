"""A delivery: one attempt to reach one person. What it is about is looked at again when it is sent."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import StrEnum

from shared.contracts.vocabulary import Mode

NO_LONGER_WANTED = "no_longer_wanted"


class Cause(StrEnum):
    """Why somebody is paged."""

    OFFERED = "offered"
    ESCALATED = "escalated"
    FORGOTTEN = "forgotten"
    OVERDUE = "overdue"
    CHILD = "child"


@dataclass(frozen=True)
class Page:
    """A delivery that waits to be sent."""

    id: str
    person: str
    channel: str
    mode: Mode
    jurisdiction: str
    called: AbstractSet[str]
    """Whom the handover and the notice that it is about are calling now."""

    @property
    def simulated(self) -> bool:
        """Whether it is a drill's: it touches nobody (P9)."""
        return self.mode.shadow

    @property
    def wanted(self) -> bool:
        """Whether its person is still being called: somebody else may have taken it on, or it has ended."""
        return self.person in self.called
