"""The keys of one deployment: made once, on first start, each readable by its owner alone.

``KEYS/signing.jwk``      identity's private key for tokens (Ed25519); ``KEYS/jwks.json`` is its public half, with those
                          of the keys before it: move ``signing.jwk`` away and a new one is made; old tokens live out.
``KEYS/seal/NAME.jwk``    what is sealed for service NAME is opened with (X25519); ``KEYS/seal/public.json`` seals.
``KEYS/nats/NAME.nk``     nkey seed of a service, of the ``supervisor`` of the bus and of the ``observer``.
``KEYS/NAME.hash``        secret under which service NAME hashes what it must recognise but not keep in clear.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nkeys
from joserfc.jwk import OKPKey

from shared.contracts.vocabulary import Service
from shared.files import write_whole

SUPERVISOR = "supervisor"
OBSERVER = "observer"
BUS_USERS: tuple[str, ...] = (*(service.value for service in Service), SUPERVISOR, OBSERVER)


def ensure_keys(folder: Path) -> None:
    """Make whatever key is missing; what is there stays as it is."""
    for part in (folder, folder / "seal", folder / "nats"):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    signing = _ensure_jwk(folder / "signing.jwk", "Ed25519", "sig")
    _publish(folder / "jwks.json", signing)
    public = {
        service.value: _ensure_jwk(folder / "seal" / f"{service}.jwk", "X25519", "enc").as_dict(private=False)
        for service in Service
    }
    write_whole(folder / "seal" / "public.json", json.dumps(public))
    for user in BUS_USERS:
        _ensure(folder / "nats" / f"{user}.nk", _new_nkey_seed)
    _ensure(folder / "observer.nk", (folder / "nats" / f"{OBSERVER}.nk").read_text)
    for service in Service:
        _ensure(folder / f"{service}.hash", lambda: secrets.token_hex(32))


def files_of(service: Service) -> tuple[Path, ...]:
    """Return which files of the folder one service may have, relative to it, where each gets a folder of its own."""
    own = (Path("jwks.json"), Path("seal/public.json"), Path("seal") / f"{service}.jwk", Path(f"{service}.hash"))
    bus = (nkey_seed_file(Path(), service),)
    return (*own, *bus, Path("signing.jwk")) if service is Service.IDENTITY else (*own, *bus)


def signing_key(folder: Path) -> OKPKey:
    """Return the private key that tokens are signed with (identity and the local command line only)."""
    return _jwk(json.loads((folder / "signing.jwk").read_text()))


def verifying_keys(folder: Path) -> dict[str, OKPKey]:
    """Return the public keys that tokens are verified with, by key id."""
    keys = json.loads((folder / "jwks.json").read_text())["keys"]
    return {key["kid"]: _jwk(key) for key in keys}


def opening_key(folder: Path, service: Service) -> OKPKey:
    """Return the private key with which one service opens what was sealed for it."""
    return _jwk(json.loads((folder / "seal" / f"{service}.jwk").read_text()))


def sealing_keys(folder: Path) -> dict[Service, OKPKey]:
    """Return the public keys with which anybody seals something for a service."""
    public: Mapping[str, Any] = json.loads((folder / "seal" / "public.json").read_text())
    return {Service(name): _jwk(key) for name, key in public.items()}


def hash_secret(folder: Path, service: Service) -> bytes:
    """Return the secret for a service's keyed hashes."""
    return bytes.fromhex((folder / f"{service}.hash").read_text().strip())


def nkey_seed_file(folder: Path, user: str) -> Path:
    """Return where the nkey seed of a bus user lies."""
    return folder / "nats" / f"{user}.nk"


def nkey_public(folder: Path, user: str) -> str:
    """Return the public nkey of a bus user, as the server's configuration names it."""
    seed = nkey_seed_file(folder, user).read_text().strip()
    return str(nkeys.from_seed(seed.encode()).public_key.decode())


def _new_nkey_seed() -> str:
    return str(nkeys.encode_seed(secrets.token_bytes(32), nkeys.PREFIX_BYTE_USER).decode())


def _publish(file: Path, signing: OKPKey) -> None:
    """Put the signing key's public half first; those of keys before it stay until a person takes them out."""
    known = json.loads(file.read_text())["keys"] if file.exists() else []
    others = [key for key in known if key["kid"] != signing.kid]
    write_whole(file, json.dumps({"keys": [signing.as_dict(private=False), *others]}))


def _jwk(data: Mapping[str, Any]) -> OKPKey:
    return OKPKey.import_key(dict(data))


def _ensure_jwk(file: Path, curve: str, use: str) -> OKPKey:
    def make() -> str:
        key = OKPKey.generate_key(curve, {"use": use}, auto_kid=True)  # type: ignore[arg-type]  # a literal
        return json.dumps(key.as_dict(private=True))

    _ensure(file, make)
    return _jwk(json.loads(file.read_text()))


def _ensure(file: Path, make: Any) -> None:
    if not file.exists():
        write_whole(file, make())
