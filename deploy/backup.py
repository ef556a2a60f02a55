"""A copy of all stores and keys, taken at one instant while the stack runs, and put back into an empty folder.

Every store's writers are held for the few milliseconds in which a reading snapshot of each is opened; the copying
then goes on from the snapshots. So no store in the copy knows of anything that another has not yet done. What was on
its way between them is healed after a restore as after any loss of the bus (P5): JetStream is not in the copy.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.embedded.layout import Layout
from deploy.errors import CommandError
from shared.clock import rfc3339
from shared.contracts.vocabulary import Service
from shared.storage.backups import write_down

FORMAT = 1
_MANIFEST = "manifest.json"
_HOLD_SECONDS = 30.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Copied:
    """What a backup holds."""

    taken_at: str
    files: int
    bytes: int


def backup(layout: Layout, target: Path, tell: Tell) -> Copied:
    """Write a copy of a stack's stores and keys into one file.

    Raises:
        CommandError: why it cannot be written; no half-written file is left.
    """
    stores = _stores(layout)
    if not stores:
        raise CommandError(f"{layout.folder} holds no stores; is it a data folder?")
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with tempfile.TemporaryDirectory(dir=target.parent) as place:
            now = datetime.now(UTC)
            taken_at = rfc3339(now)
            _copy_stores(stores, Path(place), tell)
            _copy_plain(layout, Path(place))
            manifest = _manifest(Path(place), taken_at)
            tell("packing")
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as out:
                with tarfile.open(fileobj=out, mode="w:gz", compresslevel=3) as archive:
                    for name in (_MANIFEST, *manifest["files"]):
                        archive.add(Path(place) / name, arcname=name)
                os.fsync(out.fileno())
        draft.replace(target)
    except (OSError, sqlite3.Error) as error:
        raise CommandError(f"{target} cannot be written: {error}.") from error
    finally:
        draft.unlink(missing_ok=True)
    copied = Copied(taken_at, len(manifest["files"]), target.stat().st_size)
    with contextlib.suppress(OSError):  # a full disk is a reason to make a copy, which is one without its note too
        write_down(layout.last_backup, now, copied.bytes)
    return copied


def restore(source: Path, layout: Layout, tell: Tell) -> str:
    """Put a copy into an empty folder; return when it was taken.

    Raises:
        CommandError: the folder is not empty, or the file is not a whole backup; the folder is left as it was.
    """
    folder = layout.folder
    require_empty(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as place:
        try:
            with tarfile.open(source) as archive:
                archive.extractall(place, filter="data")
            manifest = json.loads((Path(place) / _MANIFEST).read_text())
        except (OSError, tarfile.TarError, ValueError) as error:
            raise CommandError(f"{source} is not a backup that can be read: {error}.") from error
        if manifest.get("format") != FORMAT:
            raise CommandError(f"{source} has format {manifest.get('format')}; this release reads {FORMAT}.")
        for name, digest in manifest["files"].items():
            tell(name)
            if _digest(Path(place) / name) != digest:
                raise CommandError(f"{source} is damaged: {name} is not what was backed up.")
        (Path(place) / _MANIFEST).unlink()
        if folder.exists():
            folder.rmdir()
        shutil.copytree(place, folder)
        folder.chmod(0o700)
    return str(manifest["taken_at"])


def require_empty(folder: Path) -> None:
    """CommandError when there is something in the folder that a restore would overwrite."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CommandError(f"{folder} is not empty; name a new folder with --data.")


def _stores(layout: Layout) -> dict[str, Path]:
    found = {service.value: layout.store(service) for service in Service}
    elsewhere = [name for name in found if os.environ.get(f"ZAKRILA_{name.upper()}_DATABASE_URL")]
    if elsewhere:
        raise CommandError(
            f"The stores of {', '.join(elsewhere)} are in a database server; back them up with its tools (pg_dump)."
        )
    return {name: file for name, file in found.items() if file.exists()}


def _copy_stores(stores: dict[str, Path], place: Path, tell: Tell) -> None:
    with contextlib.ExitStack() as snapshots:
        with contextlib.ExitStack() as held:
            for file in stores.values():
                held.enter_context(_writers_held(file))
            readers = {name: snapshots.enter_context(_snapshot(file)) for name, file in stores.items()}
        for name, reader in readers.items():
            tell(name)
            copy = Layout(place).store(name)
            copy.parent.mkdir()
            with contextlib.closing(sqlite3.connect(copy)) as into:
                reader.backup(into)
                into.execute("PRAGMA journal_mode=DELETE")


@contextlib.contextmanager
def _writers_held(file: Path) -> Iterator[None]:
    with contextlib.closing(sqlite3.connect(file, timeout=_HOLD_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


@contextlib.contextmanager
def _snapshot(file: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(file, timeout=_HOLD_SECONDS, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()  # opens the snapshot
        yield connection


def _copy_plain(layout: Layout, place: Path) -> None:
    shutil.copytree(layout.keys, place / layout.keys.name)
    for file in layout.plain_files:
        if file.exists():
            shutil.copy2(file, place / file.name)


def _manifest(place: Path, taken_at: str) -> dict[str, Any]:
    files = sorted(file for file in place.rglob("*") if file.is_file())
    manifest = {
        "format": FORMAT,
        "taken_at": taken_at,
        "files": {str(file.relative_to(place)): _digest(file) for file in files},
    }
    (place / _MANIFEST).write_text(json.dumps(manifest, indent=1))
    return manifest


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
