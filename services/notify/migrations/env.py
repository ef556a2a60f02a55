"""Alembic's way into notify's history."""

from services.notify.tables import Base
from shared.storage.migrate import run_env

run_env(Base.metadata)
