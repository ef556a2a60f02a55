"""Only what this deployment signed, unaltered and in time, is a token."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import OctKey, OKPKey

from shared.contracts.vocabulary import Role
from shared.errors import NotSignedIn
from shared.security.keys import ensure_keys, signing_key, verifying_keys
from shared.security.tokens import Account, Grant, Verifier, sign

GRANTS = (Grant(Role.CREW, "north", "N-1"), Grant(Role.OPERATOR, "TST"), Grant(Role.SUPERVISOR, "OTH"))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The keys of a deployment."""
    folder = tmp_path_factory.mktemp("keys")
    ensure_keys(folder)
    return folder


def account(seconds: float = 60) -> Account:
    now = time.time()
    return Account("an-account", "a-session", GRANTS, now, now + seconds)


def token(keys: Path, seconds: float = 60) -> str:
    return sign(account(seconds), signing_key(keys))


def claims(**other: object) -> dict[str, object]:
    now = time.time()
    usual = {"iss": "/zakrila/identity", "sub": "a", "sid": "s", "iat": now, "exp": now + 60, "grants": []}
    return usual | other


def verifier(keys: Path) -> Verifier:
    return Verifier(verifying_keys(keys))


def test_what_was_signed_is_read_the_same(keys: Path) -> None:
    who = account()
    assert verifier(keys).account(sign(who, signing_key(keys))) == who
    assert who.roles == {Role.CREW, Role.OPERATOR, Role.SUPERVISOR}
    assert who.organisations(Role.OPERATOR, Role.SUPERVISOR) == {"TST", "OTH"}
    assert who.organisations(Role.ADMIN) == frozenset()
    assert who.units() == {"N-1"}


def test_a_token_whose_time_is_over_is_refused_even_if_it_was_good_before(keys: Path) -> None:
    knows = verifier(keys)
    short = token(keys, 0.2)
    assert knows.account(short).id == "an-account"
    deadline = time.monotonic() + 5
    with pytest.raises(NotSignedIn):  # noqa: PT012  # asked until it is over
        while time.monotonic() < deadline:
            knows.account(short)
    with pytest.raises(NotSignedIn):
        verifier(keys).account(token(keys, -1))


def test_another_deployments_token_is_refused(keys: Path, tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    with pytest.raises(NotSignedIn):
        verifier(keys).account(token(tmp_path))


def test_after_a_change_of_keys_old_and_new_tokens_are_good(tmp_path: Path) -> None:
    ensure_keys(tmp_path)
    old = token(tmp_path)
    (tmp_path / "signing.jwk").unlink()
    ensure_keys(tmp_path)
    knows = verifier(tmp_path)
    assert knows.account(old).id == knows.account(token(tmp_path)).id == "an-account"


@pytest.mark.parametrize("place", [0, 1, 2])
def test_an_altered_token_is_refused(keys: Path, place: int) -> None:
    parts = token(keys).split(".")
    raw = bytearray(base64.urlsafe_b64decode(parts[place] + "=="))
    for position in range(0, len(raw), 7):
        altered = bytearray(raw)
        altered[position] ^= 1
        changed = base64.urlsafe_b64encode(bytes(altered)).decode().rstrip("=")
        with pytest.raises(NotSignedIn):
            verifier(keys).account(".".join([*parts[:place], changed, *parts[place + 1 :]]))


def test_roles_cannot_be_added_without_the_key(keys: Path) -> None:
    head, _body, signature = token(keys).split(".")
    richer = json.dumps(claims(grants=[{"role": "admin", "org": "*"}])).encode()
    with pytest.raises(NotSignedIn):
        verifier(keys).account(".".join([head, base64.urlsafe_b64encode(richer).decode().rstrip("="), signature]))


def test_no_algorithm_but_the_one_is_accepted(keys: Path) -> None:
    public = verifying_keys(keys)
    kid = next(iter(public))
    unsigned = ".".join(
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")
        for part in ({"alg": "none", "kid": kid}, claims())
    )
    secret = OctKey.import_key(json.dumps(public[kid].as_dict(private=False)))
    by_public_key = jwt.encode({"alg": "HS256", "kid": kid}, claims(), secret)
    with pytest.warns(SecurityWarning):
        older_name = jwt.encode({"alg": "EdDSA", "kid": kid}, claims(), signing_key(keys), algorithms=["EdDSA"])
    for forged in (unsigned + ".", by_public_key, older_name):
        with pytest.raises(NotSignedIn):
            verifier(keys).account(forged)


@pytest.mark.parametrize(
    "wrong",
    [{"iss": "/somebody/else"}, {"grants": [{"role": "king", "org": "x"}]}, {"grants": None}, {"exp": "later"}],
)
def test_what_identity_would_not_sign_is_refused(keys: Path, wrong: dict[str, object]) -> None:
    key = signing_key(keys)
    signed = jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims(**wrong), key, algorithms=["Ed25519"])
    with pytest.raises(NotSignedIn):
        verifier(keys).account(signed)


def test_a_key_that_is_not_known_is_refused(keys: Path) -> None:
    stranger = OKPKey.generate_key("Ed25519", {"use": "sig"}, auto_kid=True)
    with pytest.raises(NotSignedIn):
        verifier(keys).account(sign(account(), stranger))


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.b.c", "a.b.c.d", "ж.ж.ж", "." * 5000, "e30.e30.e30"])
def test_what_is_no_token_is_refused_without_being_repeated(keys: Path, text: str) -> None:
    with pytest.raises(NotSignedIn) as refused:
        verifier(keys).account(text)
    assert len(text) < 5 or text not in refused.value.detail
