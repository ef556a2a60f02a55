"""Where everything of one stack lies in its data folder (CONTRACT, "Files")."""

import errno
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path

from deploy.embedded.parts import PARTS
from deploy.errors import CommandError
from shared.storage.backups import RECORD

LEAST_FREE_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Layout:
    folder: Path

    @property
    def keys(self) -> Path:
        return self.folder / "keys"

    @property
    def logs(self) -> Path:
        return self.folder / "logs"

    @property
    def run(self) -> Path:
        """What only has a meaning while the stack runs."""
        return self.folder / "run"

    @property
    def state(self) -> Path:
        return self.run / "state.json"

    @property
    def claim(self) -> Path:
        return self.run / "supervisor.lock"

    @property
    def observer_key(self) -> Path:
        return self.folder / "nats" / "observer.nk"

    @property
    def demo_accounts(self) -> Path:
        return self.folder / "demo-accounts.json"

    @property
    def first_day(self) -> Path:
        """Says that this folder was filled, and with what."""
        return self.folder / "first-day.json"

    @property
    def last_backup(self) -> Path:
        """Says when the last backup was made; services show it."""
        return self.folder / RECORD

    @property
    def plain_files(self) -> tuple[Path, ...]:
        """What a copy of the folder holds beside stores and keys."""
        return (self.demo_accounts, self.first_day)

    def store(self, service: str) -> Path:
        return self.own(service) / "store.sqlite3"

    def own(self, part: str) -> Path:
        """The folder a part keeps its files in: of nats, `DIR/nats` with JetStream's store in it."""
        return self.folder / part

    def log(self, part: str) -> Path:
        return self.logs / f"{part}.log"

    def prepare(self) -> None:
        """Make the folders, readable by their owner only; CommandError when that is impossible."""
        try:
            for folder in (self.folder, self.keys, self.logs, self.run, *map(self.own, PARTS)):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.run) as trial:
                trial.write(b"room for one block")
            free = shutil.disk_usage(self.folder).free
        except OSError as error:
            raise CommandError(self.refusal(error)) from error
        if free < LEAST_FREE_BYTES:
            raise CommandError(_full(self.folder, free))

    def refusal(self, error: OSError) -> str:
        """Why the data folder cannot be used."""
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return _full(self.folder, 0)
        if error.errno in (errno.ENOTDIR, errno.EEXIST):
            blocker = error.filename
            return f"{self.folder} cannot be the data folder, {blocker} is a file; choose another with --data."
        reason = (error.strerror or str(error)).lower()
        return f"The data folder {self.folder} is not writable ({reason}); choose another with --data."


def _full(folder: Path, free: int) -> str:
    return (
        f"The disk of the data folder {folder} is full ({free // 1024**2} MB free, "
        f"{LEAST_FREE_BYTES // 1024**2} MB needed)."
    )
