"""DIR/logs: one file a part, kept short, and the supervisor's own as JSON lines."""

import asyncio
import io
import json
import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import TextIO, cast

from deploy.embedded.layout import Layout

LONGEST_BYTES = 20 * 1024 * 1024
_LOOK_SECONDS = 60.0


def patient_file(path: Path) -> TextIO:
    """A log that a full disk silences but does not break: the stack must outlive it."""
    return cast("TextIO", _PatientFile(path))


class _PatientFile(io.TextIOBase):
    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def write(self, text: str) -> int:
        with suppress(OSError):
            os.write(self._descriptor, text.encode())
        return len(text)


def last_words(log: Path, since: int) -> str:
    """The last line written to a log after byte `since`: the message of a JSON line, or the line itself."""
    with log.open("rb") as file:
        file.seek(since)
        lines = [line for line in file.read().decode(errors="replace").splitlines() if line.strip()]
    if not lines:
        return "it said nothing"
    try:
        entry = json.loads(lines[-1])
        return str(entry.get("event") or entry.get("message") or entry.get("msg") or lines[-1])
    except (ValueError, AttributeError):
        return lines[-1].strip()


async def keep_short(layout: Layout, stop: asyncio.Event) -> None:
    """Once a minute, move what a log has above its length to `PART.log.1`; parts append, so none notices."""
    while not stop.is_set():
        for log in layout.logs.glob("*.log"):
            with suppress(OSError):
                shorten(log)
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _LOOK_SECONDS)


def shorten(log: Path) -> None:
    if log.stat().st_size > LONGEST_BYTES:
        shutil.copyfile(log, log.with_suffix(".log.1"))
        os.truncate(log, 0)
