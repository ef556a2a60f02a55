"""Notes that the databases were backed up: reads the copy once more, from the standard input, and tells every service.

``docker compose run --rm --no-deps -T bootstrap python -m deploy.compose.backed_up < databases.tar.gz``: a copy that
cannot be read to its end is none, and is not noted.
"""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

from deploy.compose.layout import Volumes
from shared.contracts.vocabulary import Service
from shared.storage.backups import write_down

RECORD = "last-backup.json"
"""In what is each service's own (``ZAKRILA_BACKUP_RECORD``)."""
_AT_ONCE = 1024 * 1024


class _Counted:
    """Counts what is read of a stream."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.count = 0

    def read(self, most: int = -1) -> bytes:
        chunk = self._stream.read(most)
        self.count += len(chunk)
        return chunk


def size_of(copy: BinaryIO) -> int:
    """Return how many bytes a compressed copy has.

    Raises:
        ValueError: it is empty, cut off or damaged.
    """
    counted = _Counted(copy)
    with _damage_named(), gzip.open(counted, "rb") as content:  # type: ignore[call-overload]  # it only reads
        while content.read(_AT_ONCE):
            continue  # to its end: only then is its checksum compared
    if not counted.count:
        raise ValueError("it is empty")
    return counted.count


@contextmanager
def _damage_named() -> Iterator[None]:
    try:
        yield
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(str(error)) from error


def note(volumes: Volumes, copy: BinaryIO, now: datetime) -> int:
    """Tell every service of a copy; return its size in bytes.

    Raises:
        ValueError: it is not whole.
    """
    size = size_of(copy)
    for service in Service:
        write_down(volumes.of(service) / RECORD, now, size)
    return size


if __name__ == "__main__":
    try:
        noted = note(Volumes(), sys.stdin.buffer, datetime.now(UTC))
    except ValueError as error:
        sys.exit(f"The copy is not whole, so it is not noted as a backup: {error}.")
    print(f"noted: a backup of {noted} bytes")  # whoever ran it reads this
