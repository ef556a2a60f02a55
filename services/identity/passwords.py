"""Hashing passwords: memory-hard on purpose, so beside the event loop and the writer, a few at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import VerificationError

from services.identity.domain.passwords import prepared
from shared.errors import Unavailable

Result = TypeVar("Result")

_MEMORY_KIB, _PASSES, _LANES = 19_456, 2, 1
"""OWASP's least for Argon2id: 19 MiB, two passes. Measured: 34 ms of one core; its other choice, 46 MiB and one, 83."""
_AT_ONCE = 2
_MOST_WAITING = 64


class Passwords:
    """Hashes and compares. What waits longer than a person would is refused instead (P10)."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(time_cost=_PASSES, memory_cost=_MEMORY_KIB, parallelism=_LANES)
        self._pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="passwords")
        self._nobodys = self._hasher.hash(secrets.token_urlsafe())
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the hash to keep.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._run(lambda: self._hasher.hash(prepared(password)))

    async def match(self, password_hash: str | None, password: str) -> bool:
        """Say whether a password is the one. ``None`` takes as long, matches nothing: who has an account is not told.

        Raises:
            Unavailable: too many wait already.
        """
        return await self._run(lambda: self._match(password_hash or self._nobodys, password)) and bool(password_hash)

    def _match(self, password_hash: str, password: str) -> bool:
        try:
            return self._hasher.verify(password_hash, prepared(password))
        except VerificationError:
            return False

    async def _run(self, work: Callable[[], Result]) -> Result:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Too many sign in at this moment. Try again shortly.")
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._pool, work)
        finally:
            self._waiting -= 1
