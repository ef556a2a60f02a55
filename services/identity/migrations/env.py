"""Alembic's way into identity's history."""

from services.identity.tables import Base
from shared.storage.migrate import run_env

run_env(Base.metadata)
