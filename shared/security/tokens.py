"""Tokens: who an account is, signed by identity, verified by everybody without asking anybody.

Signed with Ed25519 (RFC 8037; named ``Ed25519`` in the header as RFC 9864 asks).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.contracts.vocabulary import Role
from shared.errors import NotSignedIn

_ALGORITHM = "Ed25519"
_ISSUER = "/zakrila/identity"
_REMEMBERED = 4096


@dataclass(frozen=True)
class Grant:
    """One role within one organisation; a crew's also names its unit."""

    role: Role
    organisation: str
    unit: str | None = None


@dataclass(frozen=True)
class Account:
    """Who is asking. ``id`` is a pseudonym; e-mail addresses stay in identity."""

    id: str
    session: str
    grants: tuple[Grant, ...]
    issued_at: float
    expires_at: float

    @property
    def roles(self) -> frozenset[Role]:
        """All roles, in whatever organisation."""
        return frozenset(grant.role for grant in self.grants)

    def organisations(self, *roles: Role) -> frozenset[str]:
        """Return the organisations in which the account holds one of these roles."""
        return frozenset(grant.organisation for grant in self.grants if grant.role in roles)

    def units(self) -> frozenset[str]:
        """Return the units whose crew this account belongs to."""
        return frozenset(grant.unit for grant in self.grants if grant.role is Role.CREW and grant.unit)


def sign(account: Account, key: OKPKey) -> str:
    """Return the account as a signed token."""
    claims = {
        "iss": _ISSUER,
        "sub": account.id,
        "sid": account.session,
        "iat": account.issued_at,
        "exp": account.expires_at,
        "grants": [
            {"role": g.role.value, "org": g.organisation, **({"unit": g.unit} if g.unit else {})}
            for g in account.grants
        ],
    }
    return jwt.encode({"alg": _ALGORITHM, "kid": key.kid}, claims, key, algorithms=[_ALGORITHM])


class Verifier:
    """Verifies tokens by public key; remembers what it verified, so that a busy account costs one signature check."""

    def __init__(self, keys: Mapping[str, OKPKey]) -> None:
        self._keys = KeySet(list(keys.values()))
        self._verified: dict[str, Account] = {}

    def account(self, token: str) -> Account:
        """Return who the token stands for.

        Raises:
            NotSignedIn: not a token of this deployment, or its time is over.
        """
        known = self._verified.get(token)
        if known is None:
            known = self._read(token)
            if len(self._verified) >= _REMEMBERED:
                self._verified.clear()
            self._verified[token] = known
        if known.expires_at <= time.time():
            self._verified.pop(token, None)
            raise NotSignedIn("This sign-in has ended. Sign in again.")
        return known

    def late(self, token: str, oldest: float) -> Account:
        """Return who a token stood for, its time over or not. Only for what no ended sign-in may stop.

        Args:
            token: as it was signed.
            oldest: Unix time; what was signed before is refused.

        Raises:
            NotSignedIn: not a token of this deployment, or too old even for that.
        """
        account = self._verified.get(token) or self._read(token)
        if account.issued_at < oldest:
            raise NotSignedIn("This sign-in has ended. Sign in again.")
        return account

    def _read(self, token: str) -> Account:
        try:
            claims = jwt.decode(token, self._keys, algorithms=[_ALGORITHM]).claims
            return _account(claims)
        except (JoseError, KeyError, TypeError, ValueError):
            raise NotSignedIn("This token is not valid here. Sign in again.") from None


def _account(claims: Mapping[str, Any]) -> Account:
    if claims["iss"] != _ISSUER:
        raise ValueError(claims["iss"])
    grants = tuple(Grant(Role(g["role"]), str(g["org"]), g.get("unit")) for g in claims["grants"])
    return Account(str(claims["sub"]), str(claims["sid"]), grants, float(claims["iat"]), float(claims["exp"]))
