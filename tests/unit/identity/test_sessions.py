"""How long a sign-in lasts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.sessions import IDLE, KEPT, LONGEST, TOKEN_LIVES, ends_at, token_ends_at

BEGAN = datetime(2026, 11, 25, 20, 0, tzinfo=UTC)
TIMES = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=2))


def test_a_token_lives_a_quarter_of_an_hour() -> None:
    assert token_ends_at(BEGAN, BEGAN) == BEGAN + timedelta(minutes=15)


def test_a_night_shift_is_one_sign_in() -> None:
    assert ends_at(BEGAN, BEGAN) >= BEGAN + timedelta(hours=12)


@given(later=TIMES)
def test_no_token_outlives_its_session(later: timedelta) -> None:
    now = BEGAN + later
    ends = token_ends_at(BEGAN, now)
    assert ends <= ends_at(BEGAN, now) <= BEGAN + LONGEST
    assert ends <= now + TOKEN_LIVES


@given(used=TIMES)
def test_a_session_that_is_not_used_ends_and_its_row_is_kept_until_then(used: timedelta) -> None:
    assert ends_at(BEGAN, BEGAN + used) <= min(BEGAN + used + IDLE, BEGAN + KEPT)
