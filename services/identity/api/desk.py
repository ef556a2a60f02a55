"""What identity's routes need besides reading and writing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Request
from joserfc.jwk import OKPKey

from services.identity.passwords import Passwords
from services.identity.throttle import Throttle
from shared.storage.runner import Runner
from shared.storage.transaction import Transaction
from shared.web.access import only_own_port

Result = TypeVar("Result")


@dataclass(frozen=True)
class Tools:
    """Made once by the composition root."""

    passwords: Passwords
    throttle: Throttle
    signing_key: OKPKey
    public_keys: Mapping[str, Any]
    """The JWKS document."""
    secret: bytes
    """What one-time secrets are derived from."""


class Desk:
    """Where people sign in, for one request. Its writes are remembered by no ``Idempotency-Key``: they show secrets."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self._runner: Runner = request.app.state.runner
        self.tools: Tools = request.app.state.tools

    @property
    def address(self) -> str:
        """Who is at the other end: the gateway says it of what it passes on."""
        forwarded = self._request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
        if forwarded and not only_own_port(self._request):
            return forwarded
        return self._request.client.host if self._request.client else ""

    async def run(self, use_case: Callable[[Transaction], Result]) -> Result:
        """Run a use case and return its result after the commit."""
        return await self._runner.run(use_case, trace=self._request.state.trace)


AtDesk = Annotated[Desk, Depends(Desk)]
