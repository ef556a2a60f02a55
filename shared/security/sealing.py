"""Sealing: personal fields on the bus, one JWE per receiving service (P6).

The protected header names incident, entity, version and recipient; a sealed part found in another message, or
opened by another service, is poison.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import orjson
from joserfc import jwe
from joserfc.jwk import OKPKey

from shared.contracts.vocabulary import Service
from shared.errors import Poison
from shared.security.keys import opening_key, sealing_keys

_ALGORITHM, _ENCRYPTION = "ECDH-ES", "A256GCM"
_REGISTRY = jwe.JWERegistry(algorithms=[_ALGORITHM, _ENCRYPTION], strict_check_header=False)


class Seals:
    """Seals for every service, opens for one."""

    def __init__(self, service: Service, opening: OKPKey, sealing: Mapping[Service, OKPKey]) -> None:
        self._service = service
        self._opening = opening
        self._sealing = sealing

    @classmethod
    def from_folder(cls, folder: Path, service: Service) -> Self:
        """Read the keys a service needs from the keys folder."""
        return cls(service, opening_key(folder, service), sealing_keys(folder))

    def seal(self, recipient: Service, incident: str, entity: str, version: int, content: Mapping[str, Any]) -> str:
        """Return the content as a compact JWE that only the recipient opens, bound to one event's entity."""
        key = self._sealing[recipient]
        header = {
            "alg": _ALGORITHM,
            "enc": _ENCRYPTION,
            "kid": key.kid,
            "incident": incident,
            "entity": entity,
            "version": version,
            "recipient": recipient.value,
        }
        return jwe.encrypt_compact(header, orjson.dumps(content), key, registry=_REGISTRY)

    def open(self, token: str, incident: str, entity: str, version: int) -> dict[str, Any]:
        """Open what was sealed for this service in the event of that entity and version.

        Raises:
            Poison: it cannot be opened, or belongs to another event or recipient.
        """
        try:
            opened = jwe.decrypt_compact(token, self._opening, registry=_REGISTRY)
            content = orjson.loads(opened.plaintext or b"null")
        except Exception as error:  # noqa: BLE001  # a forged header trips the library in many ways; each is poison
            raise Poison(f"the sealed part cannot be opened: {type(error).__name__}") from None
        bound = {name: opened.protected.get(name) for name in ("incident", "entity", "version", "recipient")}
        expected = {
            "incident": incident,
            "entity": entity,
            "version": version,
            "recipient": self._service.value,
        }
        if bound != expected:
            raise Poison("the sealed part belongs to another message")
        if not isinstance(content, dict):
            raise Poison("the sealed part is not an object")
        return content
