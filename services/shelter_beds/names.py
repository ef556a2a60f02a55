"""Names that must be recognised and not kept: as hashes under this service's own secret."""

from __future__ import annotations

import hashlib
import hmac
from pathlib import Path

from shared.contracts.vocabulary import Service
from shared.security.keys import hash_secret


class Names:
    """Hashes names. The secret is read when it is first needed, so that describing the service needs no keys."""

    def __init__(self, keys: Path) -> None:
        self._keys = keys
        self._secret = b""

    def hashed(self, name: str) -> str:
        """Return the keyed hash of a plain name (``domain.family.plain``)."""
        self._secret = self._secret or hash_secret(self._keys, Service.SHELTER_BEDS)
        return hmac.new(self._secret, name.encode(), hashlib.sha256).hexdigest()
