"""One-time codes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyotp
from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.otp import secret_of, step_of, uri

NOW = datetime(2026, 11, 25, 3, 0, 10, tzinfo=UTC)
SECRET = secret_of(b"the deployment's", "one")


def code(at: datetime) -> str:
    return pyotp.TOTP(SECRET).at(at)


def test_the_numbers_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, the SHA-1 row at 59 s, cut to six digits."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"  # the standard's own example
    assert step_of(secret, "287082", datetime.fromtimestamp(59, UTC), used=0) == 1


def test_a_code_is_good_for_half_a_minute_either_way() -> None:
    for seconds, good in ((-60, False), (-30, True), (0, True), (30, True), (60, False)):
        found = step_of(SECRET, code(NOW + timedelta(seconds=seconds)), NOW, used=0)
        assert (found is not None) == good, seconds


def test_a_code_is_good_once_and_none_before_it_afterwards() -> None:
    spent = step_of(SECRET, code(NOW), NOW, used=0)
    assert spent is not None
    for seconds in (-30, 0):
        assert step_of(SECRET, code(NOW + timedelta(seconds=seconds)), NOW, used=spent) is None
    assert step_of(SECRET, code(NOW + timedelta(seconds=30)), NOW, used=spent) == spent + 1


@given(guess=st.text(max_size=8))
def test_whatever_is_typed_is_no_error(guess: str) -> None:
    step_of(SECRET, guess.encode("ascii", "ignore").decode(), NOW, used=0)


def test_each_enrolment_has_a_secret_of_its_own_and_none_can_be_told_from_the_store() -> None:
    assert len({secret_of(secret, name) for secret in (b"a", b"b") for name in ("one", "two")}) == 4
    assert len(SECRET) == 32
    assert uri(SECRET, "maria@test.example").startswith("otpauth://totp/Zakrila:maria%40test.example?secret=")
