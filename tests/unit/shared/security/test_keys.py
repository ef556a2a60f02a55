"""Keys are made once, each readable by its owner alone; public files hold nothing private."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest

from shared.contracts.vocabulary import Service
from shared.security.keys import (
    BUS_USERS,
    ensure_keys,
    hash_secret,
    nkey_public,
    opening_key,
    sealing_keys,
    signing_key,
    verifying_keys,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with keys, made while everybody may read new files."""
    ensure_keys(tmp_path / "keys")
    return tmp_path / "keys"


def files(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_only_the_owner_may_read_them(folder: Path) -> None:
    for path in (folder, *folder.rglob("*")):
        wanted = 0o700 if path.is_dir() else 0o600
        assert stat.S_IMODE(path.stat().st_mode) == wanted, path


def test_made_again_they_are_the_same_and_no_draft_is_left(folder: Path) -> None:
    before = files(folder)
    ensure_keys(folder)
    assert files(folder) == before
    assert not [name for name in before if Path(name).name.startswith(".")]


def test_one_that_is_missing_is_made_and_the_others_stay(folder: Path) -> None:
    before = files(folder)
    (folder / "seal" / "notify.jwk").unlink()
    ensure_keys(folder)
    after = files(folder)
    assert before.keys() == after.keys()
    assert {name for name in before if before[name] != after[name]} == {"seal/notify.jwk", "seal/public.json"}


def test_public_files_hold_nothing_private(folder: Path) -> None:
    (signing,) = json.loads((folder / "jwks.json").read_text())["keys"]
    public = json.loads((folder / "seal" / "public.json").read_text())
    assert public.keys() == {service.value for service in Service}
    assert all("d" not in key for key in (signing, *public.values()))
    assert signing["kid"] == signing_key(folder).kid


def test_everybody_has_a_key_of_ones_own(folder: Path) -> None:
    assert len({opening_key(folder, service).kid for service in Service}) == len(Service)
    assert {service: key.kid for service, key in sealing_keys(folder).items()} == {
        service: opening_key(folder, service).kid for service in Service
    }
    assert len({nkey_public(folder, user) for user in BUS_USERS}) == len(BUS_USERS)
    assert len({hash_secret(folder, service) for service in Service}) == len(Service)
    assert all(len(hash_secret(folder, service)) == 32 for service in Service)


def test_a_new_signing_key_stands_beside_the_one_before_until_that_is_taken_out(folder: Path) -> None:
    old = signing_key(folder).kid
    (folder / "signing.jwk").unlink()
    ensure_keys(folder)
    new = signing_key(folder).kid
    assert list(verifying_keys(folder)) == [new, old]
    document = json.loads((folder / "jwks.json").read_text())
    (folder / "jwks.json").write_text(json.dumps({"keys": document["keys"][:1]}))
    ensure_keys(folder)
    assert list(verifying_keys(folder)) == [new]
