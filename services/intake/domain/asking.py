"""Ask until answered (P5): when an incident is said again to those who have not answered for its present version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from services.intake.domain.legs import Leg
from shared.contracts.vocabulary import LegKind, Service

FIRST = timedelta(seconds=2)
LONGEST = timedelta(seconds=8)
KEEP_ALIVE = timedelta(minutes=5)
"""How often an incident with an unfinished leg is said again although everybody has answered."""
MOST_PER_SECOND = 50


def listeners(legs: Mapping[LegKind, Leg], *, children: bool) -> list[Leg]:
    """Return the legs whose services must answer: all ever asked, and notify wherever a child is involved."""
    return [leg for leg in legs.values() if leg.request > 0 or (children and leg.kind.service is Service.NOTIFY)]


def lagging(legs: Mapping[LegKind, Leg], version: int, *, children: bool) -> list[Service]:
    """Return the services that have not answered for this version."""
    return [leg.kind.service for leg in listeners(legs, children=children) if leg.quoted < version]


def after_change(now: datetime) -> datetime:
    """Return when to ask first about a new version."""
    return now + FIRST


def after_ask(now: datetime, asks: int) -> datetime:
    """Return when to ask again, having asked so many times for this version: after 2, 4, 8, 8 … seconds."""
    return now + min(FIRST * (1 << min(asks, 8)), LONGEST)


def after_answer(now: datetime, *, promises_left: bool) -> datetime | None:
    """Return when to say it again once everybody has answered; ``None`` when no leg is unfinished."""
    return now + KEEP_ALIVE if promises_left else None


def worth_asking(published_at: int | None, delivered: Mapping[Service, int | None], behind: list[Service]) -> bool:
    """Say whether asking can help: not while the last words about it are still on their way.

    Args:
        published_at: sequence in the stream of what was last said of the incident; ``None``: not published yet.
        delivered: how far each service's consumer has been given the stream; ``None``: unknown.
        behind: the services that have not answered.
    """
    if published_at is None:
        return False
    reached = [delivered.get(service) for service in behind]
    return not reached or any(seq is None or seq >= published_at for seq in reached)
