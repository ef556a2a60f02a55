"""One supervisor for one data folder, and nothing left over of the one before it."""

import fcntl
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from deploy.embedded.layout import Layout
from deploy.embedded.process import Identity
from deploy.embedded.state import StackState
from deploy.errors import CommandError

# A supervisor stops its parts within 15 s.
_SUPERVISOR_GRACE_SECONDS = 18.0
_ORPHAN_GRACE_SECONDS = 3.0
_KILL_SECONDS = 3.0
_LOOK_SECONDS = 0.05


@contextmanager
def claimed(layout: Layout) -> Iterator[None]:
    """Hold the data folder alone. The kernel lets go when the holder dies, so a claim cannot go stale."""
    with layout.claim.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise CommandError(_already_running(layout)) from error
        _clear_away(layout)
        yield


def stop_stack(layout: Layout) -> bool:
    """Stop whatever runs on the data folder; whether there was anything to stop."""
    state = StackState.read(layout)
    if state is None:
        return False
    if state.supervisor:
        _end([state.supervisor], _SUPERVISOR_GRACE_SECONDS)
    with claimed(layout):
        return True


def _clear_away(layout: Layout) -> None:
    """End the parts that a killed supervisor left running, and drop its record."""
    left = StackState.read(layout)
    if left:
        _end(left.survivors(), _ORPHAN_GRACE_SECONDS)
    layout.state.unlink(missing_ok=True)


def _end(processes: Sequence[Identity], grace: float) -> None:
    for number, patience in ((signal.SIGTERM, grace), (signal.SIGKILL, _KILL_SECONDS)):
        deadline = time.monotonic() + patience
        for process in processes:
            process.send(number)
        while any(process.is_alive() for process in processes):
            if time.monotonic() > deadline:
                break
            time.sleep(_LOOK_SECONDS)


def _already_running(layout: Layout) -> str:
    state = StackState.read(layout)
    who = f" ({state.url}, pid {state.supervisor.pid})" if state and state.supervisor else ""
    return f"A stack already runs on {layout.folder}{who}; `./zakrila down` stops it."
