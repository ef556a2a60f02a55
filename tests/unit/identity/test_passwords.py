"""What a password must be."""

from __future__ import annotations

import pytest

from services.identity.domain.passwords import LONGEST, SHORTEST, prepared, weakness

EMAIL = "maria@test.example"


@pytest.mark.parametrize("password", ["x" * SHORTEST, "x" * LONGEST, "дванадесет!!", "with spaces in it", "😀" * 12])
def test_length_is_enough(password: str) -> None:
    assert weakness(password, EMAIL) is None


@pytest.mark.parametrize("password", ["", "x" * (SHORTEST - 1), "x" * (LONGEST + 1), EMAIL, EMAIL.upper()])
def test_what_is_guessed_at_once_is_refused_without_being_repeated(password: str) -> None:
    says = weakness(password, EMAIL)
    assert says
    assert not password or password not in says


def test_one_letter_in_two_spellings_is_one_letter() -> None:
    assert prepared("\u0438\u0306") == prepared("й")
    assert weakness("\u0438\u0306" * (SHORTEST - 1), EMAIL)
