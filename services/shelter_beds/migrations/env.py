"""Alembic's way into shelter_beds's history."""

from services.shelter_beds.tables import Base
from shared.storage.migrate import run_env

run_env(Base.metadata)
