"""A sealed part opens for its recipient, in its own message, and nowhere else (P6)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc import jwe

from shared.contracts.vocabulary import Service
from shared.errors import Poison
from shared.security.keys import ensure_keys, sealing_keys
from shared.security.sealing import Seals

CONTENT = {"victim": {"name": "Мария", "phone": "+359888000001"}}
BOUND: Mapping[str, Any] = {"incident": "an-incident", "entity": "an-entity", "version": 3}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of a deployment."""
    folder = tmp_path_factory.mktemp("keys")
    ensure_keys(folder)
    return folder


def of(keys: Path, service: Service) -> Seals:
    return Seals.from_folder(keys, service)


def sealed(keys: Path, content: Mapping[str, Any] = CONTENT) -> str:
    return of(keys, Service.INTAKE).seal(Service.DISPATCH, content=content, **BOUND)


def test_the_recipient_reads_what_was_sealed(keys: Path) -> None:
    assert of(keys, Service.DISPATCH).open(sealed(keys), **BOUND) == CONTENT


def test_nothing_of_it_can_be_read_on_the_way(keys: Path) -> None:
    token = sealed(keys)
    assert "888000001" not in token
    assert len(token.split(".")) == 5
    assert sealed(keys) != token


@pytest.mark.parametrize("other", [service for service in Service if service is not Service.DISPATCH])
def test_nobody_else_opens_it(keys: Path, other: Service) -> None:
    with pytest.raises(Poison):
        of(keys, other).open(sealed(keys), **BOUND)


@pytest.mark.parametrize("change", [{"incident": "another"}, {"entity": "another"}, {"version": 4}])
def test_in_another_message_it_is_poison(keys: Path, change: Mapping[str, Any]) -> None:
    with pytest.raises(Poison, match="belongs to another message"):
        of(keys, Service.DISPATCH).open(sealed(keys), **{**BOUND, **change})


def test_named_for_another_recipient_it_is_poison_even_if_the_key_fits(keys: Path) -> None:
    key = sealing_keys(keys)[Service.DISPATCH]
    header = {"alg": "ECDH-ES", "enc": "A256GCM", **BOUND, "recipient": "notify"}
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
    token = jwe.encrypt_compact(header, b"{}", key, registry=registry)
    with pytest.raises(Poison, match="belongs to another message"):
        of(keys, Service.DISPATCH).open(token, **BOUND)


@pytest.mark.parametrize("content", [b"[]", b"null", b"no json", b"7"])
def test_what_is_no_object_is_poison(keys: Path, content: bytes) -> None:
    key = sealing_keys(keys)[Service.DISPATCH]
    header = {"alg": "ECDH-ES", "enc": "A256GCM", **BOUND, "recipient": "dispatch"}
    registry = jwe.JWERegistry(algorithms=["ECDH-ES", "A256GCM"], strict_check_header=False)
    with pytest.raises(Poison):
        of(keys, Service.DISPATCH).open(jwe.encrypt_compact(header, content, key, registry=registry), **BOUND)


def test_altered_it_is_poison_and_the_reason_tells_nothing(keys: Path) -> None:
    token = sealed(keys)
    for position in range(0, len(token), 11):
        if token[position + 1 : position + 2] in {"", "."}:
            continue  # the last letter of a part has bits that mean nothing
        letter = "A" if token[position] != "A" else "B"
        with pytest.raises(Poison) as poison:
            of(keys, Service.DISPATCH).open(token[:position] + letter + token[position + 1 :], **BOUND)
        assert "Мария" not in poison.value.reason


@given(junk=st.one_of(st.text(max_size=60), st.from_regex(r"[A-Za-z0-9_-]{0,20}(\.[A-Za-z0-9_-]{0,20}){4}")))
def test_junk_is_poison(keys: Path, junk: str) -> None:
    with pytest.raises(Poison):
        of(keys, Service.DISPATCH).open(junk, **BOUND)


def test_another_deployment_opens_nothing(keys: Path, tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    with pytest.raises(Poison):
        of(tmp_path, Service.DISPATCH).open(sealed(keys), **BOUND)
