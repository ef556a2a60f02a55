"""INSERT … ON CONFLICT, which both databases have and SQLAlchemy spells twice."""

from __future__ import annotations

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert


def insert_into(connection: Connection, table: Table) -> Insert:
    """Return the insert of this connection's database, with ``on_conflict_do_update`` and its kin."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)
