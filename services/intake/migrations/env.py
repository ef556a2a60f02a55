"""Alembic's way into intake's history."""

from services.intake.tables import Base
from shared.storage.migrate import run_env

run_env(Base.metadata)
