"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy spells twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy import Connection, Executable, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert
OnBoth = Mapping[str, Executable]
"""One statement for each database, by the name of its dialect."""


def on_both(table: Table, build: Callable[[Insert], Executable]) -> OnBoth:
    """Build a statement once for each database. Building costs more than running: hot paths build at import."""
    return {"postgresql": build(postgresql.insert(table)), "sqlite": build(sqlite.insert(table))}


def insert_into(connection: Connection, table: Table) -> Insert:
    """Return the insert of this connection's database, with ``on_conflict_do_update`` and its kin."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
