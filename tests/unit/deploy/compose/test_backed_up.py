"""Only a copy that can be read to its end is noted as a backup."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.compose.backed_up import RECORD, note
from deploy.compose.layout import Volumes
from shared.contracts.vocabulary import Service
from shared.storage.backups import last_backup

NOW = datetime(2026, 3, 1, tzinfo=UTC)
COPY = gzip.compress(b"databases" * 100_000)


def test_a_whole_copy_is_noted_for_every_service(tmp_path: Path) -> None:
    volumes = Volumes(tmp_path)
    assert note(volumes, io.BytesIO(COPY), NOW) == len(COPY)
    for service in Service:
        noted = last_backup(volumes.of(service) / RECORD)
        assert noted is not None
        assert (noted.taken_at, noted.bytes) == (NOW, len(COPY))


@pytest.mark.parametrize("copy", [b"", COPY[:-20], COPY[:1000] + b"\0" * 40 + COPY[1040:], b"not compressed"])
def test_a_copy_that_is_not_whole_is_not_noted(tmp_path: Path, copy: bytes) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        note(Volumes(tmp_path), io.BytesIO(copy), NOW)
    assert not list(tmp_path.rglob(RECORD))


def test_without_a_note_there_was_none(tmp_path: Path) -> None:
    assert last_backup(tmp_path / RECORD) is None
    (tmp_path / RECORD).write_text("{")
    assert last_backup(tmp_path / RECORD) is None
