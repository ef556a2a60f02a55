"""Optional values as they were typed: read where they can be, kept where they cannot; and what links two calls."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.reading import keyed_hash, links, phone_number, unverified
from shared.contracts.facts import Facts


def facts(**given_: Any) -> Facts:
    return Facts.model_validate(given_)


def nobody(_number: str) -> bool:
    return False


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("+359888000001", "+359888000001"),
        ("0888 000 001", "+359888000001"),
        ("(0888) 000-001", "+359888000001"),
        ("00359 888 000 001", "+359888000001"),
        ("+383 44 000 001", "+38344000001"),
        ("осем осем", None),
        ("112", None),
        ("+", None),
        ("", None),
    ],
)
def test_phones_are_read_as_people_write_them(typed: str, read: str | None) -> None:
    assert phone_number(typed, "BG") == read


@given(st.text(max_size=40), st.sampled_from(["BG", "XK", "ZZ", ""]))
def test_no_text_makes_a_phone_stumble(typed: str, country: str) -> None:
    assert phone_number(typed, country) is None or typed


@pytest.mark.parametrize(
    ("given_", "paths"),
    [
        ({}, []),
        ({"caller": {"phone": "0888000001"}, "victim": {"languages": ["bg", "zh-Hant"]}}, []),
        ({"caller": {"phone": "?"}, "callback": {"phone": "12"}}, ["callback.phone", "caller.phone"]),
        ({"victim": {"languages": ["bg", "български"]}}, ["victim.languages"]),
        ({"perpetrators": [{"municipality": "RSE27"}, {"municipality": "?"}]}, ["perpetrators.1.municipality"]),
        ({"consent": {"at": "2026-11-22T03:00:00Z"}}, []),
        ({"consent": {"at": "снощи"}}, ["consent.at"]),
    ],
)
def test_what_cannot_be_read_is_named(given_: dict[str, Any], paths: list[str]) -> None:
    assert unverified(facts(**given_), "BG", lambda code: code == "RSE27") == paths


@pytest.mark.parametrize(
    ("given_", "kinds"),
    [
        ({}, set()),
        ({"callback": {"phone": "0888000001"}}, {"phone"}),
        ({"caller": {"relation": "victim", "phone": "0888000001"}}, {"phone"}),
        ({"caller": {"relation": "child", "phone": "0888000001"}}, set()),
        ({"callback": {"phone": "112"}}, set()),
        ({"callback": {"phone": "не знае"}}, set()),
        ({"location": {"address": "у тях"}}, set()),
        ({"location": {"address": "ул. Тиха 1"}}, {"address"}),
        ({"channel": "chat", "external_ref": "7"}, {"external_ref"}),
    ],
)
def test_what_may_link_two_calls(given_: dict[str, Any], kinds: set[str]) -> None:
    assert set(links(facts(**given_), "RSE27", "BG", nobody)) == kinds


def test_an_organisations_number_links_nobody() -> None:
    both = facts(callback={"phone": "082123456"}, caller={"relation": "victim", "phone": "0888000001"})
    assert links(both, "RSE27", "BG", lambda number: number == "+35982123456") == {"phone": "+359888000001"}


@pytest.mark.parametrize("written", ["ул. „Тиха“ №1", "УЛ ТИХА 1", "ул.  Тиха, 1", "ул. Тиха № 1"])
def test_an_address_is_the_same_however_it_is_written(written: str) -> None:
    assert links(facts(location={"address": written}), "RSE27", "BG", nobody) == {"address": "RSE27 ул тиха 1"}


def test_a_hash_needs_the_key_and_tells_the_kinds_apart() -> None:
    assert keyed_hash(b"a", "phone", "1") != keyed_hash(b"b", "phone", "1")
    assert keyed_hash(b"a", "phone", "1") != keyed_hash(b"a", "address", "1")
    assert keyed_hash(b"a", "phone", "1") == keyed_hash(b"a", "phone", "1")
