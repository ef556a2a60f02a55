"""Keeps one part running: starts it, waits until it answers, and starts it again when it ends."""

import asyncio
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import structlog

from deploy.embedded.layout import Layout
from deploy.embedded.logs import last_words
from deploy.embedded.parts import Part
from deploy.embedded.process import Identity, Process
from deploy.embedded.state import State
from deploy.errors import CommandError
from shared.settings import CONFIGURATION_ERROR

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 10.0
HEALTHY_SECONDS = 30.0
LOOK_SECONDS = 0.05
AILING_SECONDS = 2.0
AILING_LOOKS = 2

# A part that ends this often before it was ready for the first time makes the whole start fail.
FIRST_ATTEMPTS = 5


class Backoff:
    """How long to wait before the next start: doubling, and short again after half a minute of health."""

    def __init__(self) -> None:
        self._next = FIRST_DELAY_SECONDS

    def after(self, healthy: float) -> float:
        if healthy >= HEALTHY_SECONDS:
            self._next = FIRST_DELAY_SECONDS
        delay, self._next = self._next, min(self._next * 2, LONGEST_DELAY_SECONDS)
        return delay


@dataclass(frozen=True)
class _Ending:
    """How one run of a part ended."""

    status: int
    healthy: float
    """Seconds for which it had been ready."""
    words: str


class Keeper:
    def __init__(
        self,
        name: str,
        describe: Callable[[], Part],
        layout: Layout,
        changed: Callable[[], None],
    ) -> None:
        self.name = name
        self.state: State = "starting"
        self.restarts = 0
        self._describe = describe
        self._log = layout.log(name)
        self._journal = structlog.get_logger(part=name)
        self._changed = changed
        self._process: Process | None = None
        self._asked_to_stop = asyncio.Event()
        self._settled = asyncio.Event()
        self._failure = ""
        self._task: asyncio.Task[None] | None = None

    @property
    def identity(self) -> Identity | None:
        return self._process.identity if self._process else None

    def begin(self) -> None:
        self._task = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def first_ready(self) -> None:
        """Return when the part answered for the first time; CommandError when it never will."""
        await self._settled.wait()
        if self._failure:
            raise CommandError(self._failure)

    def signal(self, number: signal.Signals) -> None:
        if self.identity:
            self.identity.send(number)

    async def stop(self) -> None:
        self._asked_to_stop.set()
        if self._task:
            await self._task

    async def _keep(self) -> None:
        backoff = Backoff()
        while not self._asked_to_stop.is_set():
            ending = await self._run_once()
            if self._asked_to_stop.is_set():
                break
            self._journal.warning("ended", status=ending.status, cause=ending.words)
            never_ready = not self._settled.is_set()
            if ending.status == CONFIGURATION_ERROR or (never_ready and self.restarts + 1 >= FIRST_ATTEMPTS):
                self._fail(ending.words)
                return
            self.restarts += 1
            self._become("restarting")
            await self._pause(backoff.after(ending.healthy))
        self._become("stopped")

    async def _run_once(self) -> _Ending:
        since = self._log.stat().st_size if self._log.exists() else 0
        try:
            part = self._describe()
            self._process = await Process.begin(part.command, part.environment, self._log)
        except CommandError as error:
            return _Ending(CONFIGURATION_ERROR, healthy=0, words=str(error))
        except OSError as error:
            return _Ending(status=127, healthy=0, words=str(error))
        self._become(self.state)
        self._journal.info("begun", pid=self._process.pid)
        ended = asyncio.create_task(self._process.wait())
        ready_at = await self._until_ready(part, ended)
        await self._until_over(part, ended)
        if not ended.done():
            await self._process.stop(part.grace)
        status, self._process = await ended, None
        healthy = time.monotonic() - ready_at if ready_at else 0.0
        return _Ending(status, healthy, last_words(self._log, since))

    async def _until_ready(self, part: Part, ended: asyncio.Task[int]) -> float | None:
        """When it became ready; None if it ended, or was asked to stop, before."""
        while not (ended.done() or self._asked_to_stop.is_set()):
            if await part.is_ready():
                self._become("ready")
                self._settled.set()
                return time.monotonic()
            await asyncio.wait({ended}, timeout=LOOK_SECONDS)
        return None

    async def _until_over(self, part: Part, ended: asyncio.Task[int]) -> None:
        """Return when it ended, must end, or has said for a while that only a new start helps."""
        asked = asyncio.create_task(self._asked_to_stop.wait())
        ailing = 0
        while ailing < AILING_LOOKS:
            every = AILING_SECONDS if part.is_ailing else None
            done, _ = await asyncio.wait({ended, asked}, timeout=every, return_when=asyncio.FIRST_COMPLETED)
            if done or part.is_ailing is None:
                break
            ailing = ailing + 1 if await part.is_ailing() else 0
        else:
            self._journal.error("ails and is started again")
        asked.cancel()

    async def _pause(self, seconds: float) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(self._asked_to_stop.wait(), seconds)

    def _become(self, state: State) -> None:
        self.state = state
        self._changed()

    def _fail(self, words: str) -> None:
        self._failure = f"{self.name} cannot start: {words} (its log: {self._log})."
        self._become("failed")
        self._settled.set()
