"""One process: begun so that it cannot outlive its supervisor, and recognised for certain."""

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_ROOT = Path(__file__).resolve().parents[2]
_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Identity:
    """A process, not merely its number: numbers are given out again, start times within one boot are not."""

    pid: int
    began: str

    @classmethod
    def of(cls, pid: int) -> Self | None:
        began = _began(pid)
        return cls(pid, began) if began else None

    def is_alive(self) -> bool:
        return _began(self.pid) == self.began

    def send(self, number: signal.Signals) -> None:
        if self.is_alive():
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)


class Process:
    """A running part."""

    def __init__(self, child: asyncio.subprocess.Process, identity: Identity | None) -> None:
        self._child = child
        self.identity = identity

    @property
    def pid(self) -> int:
        return self._child.pid

    @classmethod
    async def begin(cls, command: Sequence[str], environment: Mapping[str, str], log: Path) -> Self:
        """Start it in a session of its own: a terminal's Ctrl-C is for the supervisor alone."""
        with log.open("ab") as output:
            child = await asyncio.create_subprocess_exec(
                *command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=dict(environment),
                cwd=_ROOT,
                start_new_session=True,
                preexec_fn=_die_with(os.getpid()),
            )
        return cls(child, Identity.of(child.pid))

    async def wait(self) -> int:
        """The exit status; negative is the signal that ended it."""
        return await self._child.wait()

    async def stop(self, grace: float) -> None:
        """SIGTERM, and SIGKILL after `grace` seconds; returns when it is gone."""
        with suppress(ProcessLookupError):
            self._child.terminate()
        try:
            await asyncio.wait_for(self._child.wait(), grace)
        except TimeoutError:
            with suppress(ProcessLookupError):
                self._child.kill()
            await self._child.wait()


def _die_with(parent: int) -> Callable[[], None]:
    """Runs in the child before the program: the kernel kills it when the supervisor dies in any way."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def _began(pid: int) -> str | None:
    """When the process started, in clock ticks of this boot; None for the dead, unreaped ones included."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    state, ticks = fields[0], fields[19]
    return None if state in "ZX" else f"{boot}/{ticks}"
