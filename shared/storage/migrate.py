"""Bringing a store to the present schema. Each service has its own history; the kernel's tables are part of it.

A new step of a history: ``python -m shared.storage.migrate SERVICE "what it does"`` compares the tables with what the
history so far makes of an empty store, and writes the difference into ``services/SERVICE/migrations/versions``.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any, Literal

import structlog
from alembic import command, context
from alembic.autogenerate.api import AutogenContext
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData
from sqlalchemy.types import JSON
from sqlmodel import AutoString

from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.types import UtcDateTime

log = structlog.get_logger()


class StoreTooNew(Exception):
    """The store was brought to a schema that this release does not know and cannot run on."""


def migrate(store: Store, folder: Path) -> None:
    """Run the migrations of ``folder`` that the store has not seen, in one transaction.

    A store that is one step further is taken as it is: a release adds at most one step to each history, and a step
    takes nothing away that the release before it uses, so services are upgraded, and rolled back, one at a time.

    Raises:
        StoreTooNew: it is further than that.
    """
    config = _config(folder)
    with store.engine.connect() as connection:
        newest = ScriptDirectory.from_config(config).get_current_head()
        present = MigrationContext.configure(connection).get_current_revision()
        if present == newest:
            return
        if present is not None and newest is not None and present > newest:
            if int(present) > int(newest) + 1:
                raise StoreTooNew(
                    f"The store is at schema {present}, and this release knows only up to {newest}. "
                    "Run the release that made it, or restore a backup."
                )
            log.warning("the store is one release ahead; running on it all the same", schema=present, known=newest)
            return
        config.attributes["connection"] = connection
        connection.exec_driver_sql("BEGIN IMMEDIATE" if store.is_sqlite else "BEGIN")
        try:
            if not store.is_sqlite:
                # Several replicas may start at once; the first migrates, the others find it done.
                connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7201)")
            command.upgrade(config, "head")
        except BaseException:
            connection.exec_driver_sql("ROLLBACK")
            raise
        connection.exec_driver_sql("COMMIT")


def run_env(metadata: MetaData) -> None:
    """Do what a service's ``migrations/env.py`` is for."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(
        connection=connection,
        target_metadata=[kernel.metadata, metadata],
        render_as_batch=True,
        transactional_ddl=False,  # the caller's transaction is the one
        compare_type=True,
        render_item=_column_type,
    )
    context.run_migrations()


def _column_type(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write column types by names that a step of a history can import; ``False``: as Alembic would."""
    if kind != "type":
        return False
    if isinstance(item, UtcDateTime):
        autogen.imports.add("from shared.storage.types import UtcDateTime")
        return "UtcDateTime()"
    if isinstance(item, JSON):
        autogen.imports.add("from shared.storage.types import json_column")
        return "json_column()"
    if isinstance(item, AutoString):
        return f"sa.String({item.length or ''})"
    return False


def _config(folder: Path) -> Config:
    config = Config()
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    return config


def write_step(service: str, message: str) -> None:
    """Write the next step of a service's history, for a person to read and complete."""
    folder = Path("services") / service / "migrations"
    config = _config(folder)
    with tempfile.TemporaryDirectory() as empty:
        store = Store(f"sqlite:///{empty}/store.sqlite3")
        if ScriptDirectory.from_config(config).get_current_head():
            migrate(store, folder)
        with store.engine.connect() as connection:
            config.attributes["connection"] = connection
            number = len(list((folder / "versions").glob("*.py"))) + 1
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        store.close()


if __name__ == "__main__":
    write_step(sys.argv[1], sys.argv[2])
