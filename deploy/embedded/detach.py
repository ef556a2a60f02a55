"""Starts a stack in the background and returns once it is ready, or says why it is not."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.layout import Layout
from deploy.embedded.logs import last_words
from deploy.embedded.parts import SUPERVISOR
from deploy.embedded.up import Reporter
from deploy.errors import CommandError

_ROOT = Path(__file__).resolve().parents[2]


class PipeReporter:
    """In the background process: says how the start goes to the command that waits for it."""

    def __init__(self, descriptor: int) -> None:
        os.set_inheritable(descriptor, False)  # the parts would hold it open
        self._pipe = os.fdopen(descriptor, "w", buffering=1)

    def waiting_for(self, parts: Sequence[str]) -> None:
        self._say({"waiting_for": list(parts)})

    def ready(self, url: str) -> None:
        self._say({"ready": url})
        self._pipe.close()

    def failed(self, why: str) -> None:
        self._say({"failed": why})
        self._pipe.close()

    def _say(self, message: dict[str, object]) -> None:
        if self._pipe.closed:
            return
        try:
            self._pipe.write(json.dumps(message) + "\n")
        except BrokenPipeError:  # whoever waited has gone; the stack need not
            self._pipe.close()


def up_detached(layout: Layout, arguments: Sequence[str], reporter: Reporter) -> None:
    """Run `zakrila up ARGUMENTS` in a session of its own until it is ready; CommandError when it is not."""
    log = layout.log(SUPERVISOR)
    since = log.stat().st_size if log.exists() else 0
    read_end, write_end = os.pipe()
    with log.open("ab") as output:
        command = [sys.executable, "-P", "-m", "deploy.cli", "up", *arguments, f"--report-to={write_end}"]
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=_ROOT,
            env={**os.environ, "PYTHONPATH": str(_ROOT)},
            start_new_session=True,
            pass_fds=[write_end],
        )
    os.close(write_end)
    try:
        ready = _hears_that_it_is_ready(read_end, reporter)
    except BaseException:
        child.send_signal(signal.SIGTERM)
        child.wait()
        raise
    if not ready:
        child.wait()
        raise CommandError(f"The stack ended while starting: {last_words(log, since)} (its log: {log}).")


def _hears_that_it_is_ready(read_end: int, reporter: Reporter) -> bool:
    """False when the other side ended without a word."""
    with os.fdopen(read_end) as pipe:
        for line in pipe:
            match json.loads(line):
                case {"waiting_for": [*parts]}:
                    reporter.waiting_for(parts)
                case {"ready": str(url)}:
                    reporter.ready(url)
                    return True
                case {"failed": str(why)}:
                    raise CommandError(why)
    return False
