"""The login throttle: counts tries in Valkey, so that replicas count together; without Valkey, in this process.

Every try is counted before the password is looked at and taken back when it was right, so that a thousand tries at once
are a thousand. Beyond the free ones each closes a gate for a while, and only one try at a time gets to close it. Within
a process the tries at one account come one by one, so that somebody with many windows does not count against herself.
"""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from weakref import WeakValueDictionary

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from services.identity.domain import throttling
from shared.errors import TooMany

if TYPE_CHECKING:
    from shared.service import Chassis

log = structlog.get_logger()

Result = TypeVar("Result")

_PATIENCE_SECONDS = 0.25
_AWAY_SECONDS = 2.0
"""How long Valkey is left alone once it did not answer."""
_MOST_REMEMBERED = 20_000


@dataclass(frozen=True)
class Subject:
    """Something tries are counted for: an account, an address, or an account at an address where it is at home."""

    name: str
    free: int


@dataclass(frozen=True)
class Try:
    """One try to sign in."""

    account: Subject
    address: Subject
    pair: str


class Tally(Protocol):
    """Where tries are counted."""

    async def is_familiar(self, pair: str) -> bool:
        """Say whether this account signed in from this address lately."""

    async def gates(self, names: Sequence[str]) -> Sequence[float]:
        """Return for how many seconds each subject's gate is still closed; 0: it is open."""

    async def count(self, names: Sequence[str]) -> Sequence[int]:
        """Count a try for each subject and return how many there are now."""

    async def close(self, name: str, seconds: int) -> bool:
        """Close a subject's gate; ``False``: somebody was faster."""

    async def settle(self, tried: Try) -> None:
        """Forget the account's tries, take back the address's one, and remember that they belong together."""

    async def halve(self, tried: Try) -> None:
        """Take back the address's one alone."""


class Throttle:
    """Slows down guessing (``domain.throttling``)."""

    def __init__(self, url: str, secret: bytes) -> None:
        self._secret = secret
        self._client = Redis.from_url(
            url,
            socket_timeout=_PATIENCE_SECONDS,
            socket_connect_timeout=_PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._shared: Tally = ValkeyTally(self._client)
        self._own: Tally = OwnTally()
        self._away_until = 0.0
        self._is_away = False
        self._turns: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()

    def turn(self, account: str) -> asyncio.Lock:
        """Return what a try at an account holds while the password is looked at."""
        return self._turns.setdefault(account, asyncio.Lock())

    async def begin(self, account: str, address: str) -> Try:
        """Count a try of an account from an address.

        Raises:
            TooMany: it comes too soon after others; nothing was counted.
        """
        block = throttling.block_of(address)
        return await self._on_either(lambda tally: self._begin(tally, account, block))

    async def succeeded(self, tried: Try) -> None:
        """Take back what was counted for a try that was right."""
        await self._on_either(lambda tally: tally.settle(tried))

    async def got_halfway(self, tried: Try) -> None:
        """Take back what was counted for the address: the password was right, and a code is asked for next.

        The account's tries stay: whoever knows the password could otherwise guess codes for ever.
        """
        await self._on_either(lambda tally: tally.halve(tried))

    async def answers(self) -> bool:
        """Say whether Valkey answers."""
        try:
            return bool(await self._client.ping())
        except (RedisError, OSError, TimeoutError):
            return False

    async def close_with(self, _chassis: Chassis) -> None:
        """Close the connection when the service stops."""
        try:
            await asyncio.Event().wait()
        finally:
            await self._client.aclose()

    async def _begin(self, tally: Tally, account: str, address: str) -> Try:
        pair = self._hashed("pair", account, address)
        # Somebody at the usual place is counted there by herself: a stranger's guesses do not keep her out.
        name = pair if await tally.is_familiar(pair) else self._hashed("account", account)
        subjects = (
            Subject(name, throttling.FREE_TRIES),
            Subject(self._hashed("address", address), throttling.FREE_TRIES_OF_ADDRESS),
        )
        names = [subject.name for subject in subjects]
        _refuse_while(max(await tally.gates(names)))
        for subject, tries in zip(subjects, await tally.count(names), strict=True):
            seconds = throttling.pause(tries, subject.free)
            if seconds and not await tally.close(subject.name, seconds):
                _refuse_while(seconds)
        return Try(*subjects, pair)

    async def _on_either(self, work: Callable[[Tally], Awaitable[Result]]) -> Result:
        if time.monotonic() >= self._away_until:
            try:
                result = await work(self._shared)
            except (RedisError, OSError, TimeoutError) as error:
                self._away_until = time.monotonic() + _AWAY_SECONDS
                if not self._is_away:
                    log.warning("sign-ins are counted in this process alone", error=type(error).__name__)
                self._is_away = True
            else:
                self._is_away = False
                return result
        return await work(self._own)

    def _hashed(self, kind: str, *parts: str) -> str:
        """Name a subject without saying whose it is (P6)."""
        text = "\x1f".join((kind, *parts))
        return f"zakrila:signin:{hashlib.blake2b(text.encode(), key=self._secret, digest_size=16).hexdigest()}"


def _refuse_while(seconds: float) -> None:
    if seconds > 0:
        raise TooMany("Too many tries to sign in. Wait before the next.", seconds)


def _gate(name: str) -> str:
    return f"{name}:gate"


def _familiar(pair: str) -> str:
    return f"{pair}:familiar"


class ValkeyTally:
    """Counts for all replicas."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def is_familiar(self, pair: str) -> bool:
        return bool(await self._client.exists(_familiar(pair)))

    async def gates(self, names: Sequence[str]) -> Sequence[float]:
        left = await self._together(lambda pipe: [pipe.pttl(_gate(name)) for name in names])
        return [max(0, milliseconds) / 1000 for milliseconds in left]

    async def count(self, names: Sequence[str]) -> Sequence[int]:
        def commands(pipe: Any) -> None:
            for name in names:
                pipe.incr(name)
                pipe.expire(name, throttling.FORGOTTEN_AFTER)

        return [int(answer) for answer in (await self._together(commands))[::2]]

    async def close(self, name: str, seconds: int) -> bool:
        return bool(await self._client.set(_gate(name), 1, nx=True, ex=seconds))

    async def settle(self, tried: Try) -> None:
        def commands(pipe: Any) -> None:
            pipe.delete(tried.account.name, _gate(tried.account.name))
            pipe.decr(tried.address.name)
            pipe.expire(tried.address.name, throttling.FORGOTTEN_AFTER)
            pipe.set(_familiar(tried.pair), 1, ex=throttling.FAMILIAR_FOR)

        await self._together(commands)

    async def halve(self, tried: Try) -> None:
        def commands(pipe: Any) -> None:
            pipe.decr(tried.address.name)
            pipe.expire(tried.address.name, throttling.FORGOTTEN_AFTER)

        await self._together(commands)

    async def _together(self, commands: Callable[[Any], Any]) -> list[Any]:
        async with self._client.pipeline(transaction=True) as pipe:
            commands(pipe)
            answers: list[Any] = await pipe.execute()
            return answers


class OwnTally:
    """Counts in this process alone. What is kept is bounded; forgetting only lets somebody try again."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._tries: dict[str, tuple[int, float]] = {}
        self._gates: dict[str, float] = {}
        self._familiar: dict[str, float] = {}

    async def is_familiar(self, pair: str) -> bool:
        return self._familiar.get(pair, 0.0) > self._now()

    async def gates(self, names: Sequence[str]) -> Sequence[float]:
        return [max(0.0, self._gates.get(name, 0.0) - self._now()) for name in names]

    async def count(self, names: Sequence[str]) -> Sequence[int]:
        for kept in (self._tries, self._gates, self._familiar):
            if len(kept) >= _MOST_REMEMBERED:
                kept.clear()
        return [self._add(name, 1) for name in names]

    async def close(self, name: str, seconds: int) -> bool:
        if self._gates.get(name, 0.0) > self._now():
            return False
        self._gates[name] = self._now() + seconds
        return True

    async def settle(self, tried: Try) -> None:
        self._tries.pop(tried.account.name, None)
        self._gates.pop(tried.account.name, None)
        self._add(tried.address.name, -1)
        self._familiar[tried.pair] = self._now() + throttling.FAMILIAR_FOR

    async def halve(self, tried: Try) -> None:
        self._add(tried.address.name, -1)

    def _add(self, name: str, change: int) -> int:
        tries, until = self._tries.get(name, (0, 0.0))
        tries = (tries if until > self._now() else 0) + change
        self._tries[name] = (max(0, tries), self._now() + throttling.FORGOTTEN_AFTER)
        return tries
