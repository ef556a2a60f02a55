"""`backup` and `restore`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data

_MEGABYTE = 1024 * 1024


def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write; it holds keys: keep it safe.")],
    data: Data = DEFAULT_DATA,
) -> None:
    """Copy all stores and keys, as they are at one instant, into one file. The stack may run."""
    from deploy import backup as backups
    from deploy.embedded.layout import Layout

    copied = backups.backup(Layout(data.resolve()), file.resolve(), _tell)
    _tell("")
    typer.echo(f"{file}: {copied.files} files, {copied.bytes / _MEGABYTE:.1f} MB, as of {copied.taken_at}")


def restore(
    source: Annotated[
        Path, typer.Argument(metavar="FILE", help="A file that `backup` wrote, or a folder of `up --replicate`.")
    ],
    data: Annotated[Path, typer.Option("--data", metavar="NEW", help="The folder to make; it must be empty.")],
) -> None:
    """Put a backup, or the newest continuous copies, into a new folder. `./zakrila up --data NEW` then runs it."""
    from deploy import backup as backups
    from deploy.embedded import replication
    from deploy.embedded.layout import Layout

    layout, replica = Layout(data.resolve()), replication.Replica(source.resolve())
    if replica.is_one:
        backups.require_empty(layout.folder)
        _tell("reading the copies")
        replication.restore(replica, layout)
        taken_at = "the newest copies"
    else:
        taken_at = backups.restore(source.resolve(), layout, _tell)
    _tell("")
    typer.echo(f"{data} is as of {taken_at}. `./zakrila up --data {data}` runs it.")


def _tell(what: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\033[K{what} …" if what else "\r\033[K")
        sys.stderr.flush()
