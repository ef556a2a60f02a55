"""Every sentence that people are shown stands in every language."""

from __future__ import annotations

import pytest

from tests.contract.catalogues import HOUSES, TRANSLATED, said, wrong


@pytest.mark.parametrize("language", TRANSLATED)
@pytest.mark.parametrize("house", HOUSES)
def test_every_sentence_is_translated(house: str, language: str) -> None:
    found = wrong(house, language)
    assert not found, "\n".join([*found, "Then: python -m tests.contract.catalogues, and translate what is empty."])


def test_sentences_are_found_at_all() -> None:
    sentences = [each.id for each in said("shared")]
    assert "Sign out" in sentences  # in a template
    assert "not met" in sentences  # marked in code
    assert "The store cannot be read just now. Try again shortly." in sentences  # a refusal
    assert "unit assigned" in sentences  # in data
