"""The last backup, as whoever made it wrote it down: services say when it was, and never make one."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import structlog
from pydantic import BaseModel, ConfigDict, ValidationError

from shared.files import write_whole

log = structlog.get_logger()

RECORD = Path("backups") / "last.json"
"""Where the record lies in a data folder."""


class LastBackup(BaseModel):
    """When a copy of all stores was taken, and how large it was."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    taken_at: datetime
    bytes: int


def write_down(record: Path, taken_at: datetime, size: int) -> None:
    """Note that a backup was made."""
    record.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    write_whole(record, LastBackup(taken_at=taken_at, bytes=size).model_dump_json(), mode=0o644)


def last_backup(record: Path) -> LastBackup | None:
    """Return the last backup; ``None`` if none was ever noted here, or nobody can read what was."""
    try:
        return LastBackup.model_validate_json(record.read_bytes())
    except FileNotFoundError:
        return None
    except (OSError, ValidationError) as error:
        log.warning("the record of the last backup cannot be read", error=type(error).__name__)
        return None
