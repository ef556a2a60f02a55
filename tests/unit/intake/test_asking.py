"""When an incident is said again (P5)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.asking import (
    KEEP_ALIVE,
    after_answer,
    after_ask,
    after_change,
    lagging,
    listeners,
    worth_asking,
)
from services.intake.domain.legs import Leg
from shared.contracts.vocabulary import LegKind, Service

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DISPATCH, NOTIFY = Service.DISPATCH, Service.NOTIFY


def legs(police: int | None, shelter: int | None, centre: int | None) -> dict[LegKind, Leg]:
    """Return legs that quoted these versions; ``None``: never asked for."""
    quoted = dict(zip(LegKind, (police, shelter, centre), strict=True))
    return {
        kind: Leg(kind.value, kind, request=0 if version is None else 1, quoted=version or 0)
        for kind, version in quoted.items()
    }


def test_after_two_seconds_doubling_to_eight() -> None:
    seconds = [after_change(NOW), *(after_ask(NOW, asks) for asks in (1, 2, 3, 1000))]
    assert seconds == [NOW + timedelta(seconds=each) for each in (2, 4, 8, 8, 8)]


@given(st.integers(1, 10**6))
def test_never_longer_than_eight_seconds_while_unanswered(asks: int) -> None:
    assert timedelta(seconds=2) <= after_ask(NOW, asks) - NOW <= timedelta(seconds=8)


def test_answered_it_is_said_only_while_a_promise_is_left() -> None:
    assert after_answer(NOW, promises_left=True) == NOW + KEEP_ALIVE
    assert after_answer(NOW, promises_left=False) is None


@pytest.mark.parametrize(
    ("quoted", "children", "behind"),
    [
        ((2, None, None), False, []),
        ((1, None, None), False, [Service.DISPATCH]),
        ((1, 1, 2), False, [Service.DISPATCH, Service.SHELTER_BEDS]),
        ((3, 3, 3), False, []),
        ((2, None, None), True, [Service.NOTIFY]),
        ((2, None, 2), True, []),
    ],
)
def test_who_has_not_answered(
    quoted: tuple[int | None, int | None, int | None], children: bool, behind: list[Service]
) -> None:
    assert lagging(legs(*quoted), 2, children=children) == behind


def test_who_was_ever_asked_must_answer() -> None:
    asked = listeners(legs(None, 1, None), children=False)
    assert [leg.kind for leg in asked] == [LegKind.SHELTER]


@pytest.mark.parametrize(
    ("published_at", "delivered", "worth"),
    [
        (None, {DISPATCH: 99, NOTIFY: 99}, False),  # the relay has it still
        (7, {DISPATCH: 6, NOTIFY: 6}, False),  # nobody has got that far
        (7, {DISPATCH: 7, NOTIFY: 6}, True),  # one was given it, and has not answered
        (7, {DISPATCH: None, NOTIFY: 6}, True),  # one is gone; who knows what it had
        (7, {}, True),
    ],
)
def test_asking_waits_for_what_is_on_its_way(
    published_at: int | None, delivered: dict[Service, int | None], worth: bool
) -> None:
    assert worth_asking(published_at, delivered, [DISPATCH, NOTIFY]) is worth
