"""Alembic's way into dispatch's history."""

from services.dispatch.tables import Base
from shared.storage.migrate import run_env

run_env(Base.metadata)
