"""Alembic's way into the board's history."""

from shared.storage.migrate import run_env
from tests.support.tiny.tables import metadata

run_env(metadata)
