"""The board's rows."""

from __future__ import annotations

from sqlalchemy import Column, Integer, MetaData, String, Table, Text

from shared.storage.kernel import NAMING

metadata = MetaData(naming_convention=NAMING)

slip = Table(
    "slip",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("text", Text, nullable=False, unique=True),
    Column("version", Integer, nullable=False),
)
noticed = Table(
    "noticed",
    metadata,
    Column("entity", String(36), primary_key=True),
    Column("version", Integer, nullable=False),
    # How often what was heard was acted on.
    Column("times", Integer, nullable=False),
)
