"""Settings every service has, from the environment; units and defaults stand beside each (``ZAKRILA_…``)."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import Field, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.contracts.vocabulary import Service


class Settings(BaseSettings):
    """What every service needs to know. A service adds its own in its ``settings.py``."""

    model_config = SettingsConfigDict(env_prefix="ZAKRILA_", extra="ignore")

    data: Path = Path("var")
    """Folder of this deployment's stores (embedded)."""
    keys: Path = Path("var/keys")
    """Folder of the keys (``shared.security.keys``)."""
    nats_url: str = "nats://127.0.0.1:4222"
    valkey_url: str = "redis://127.0.0.1:6379/0"
    """Caches only; may be away."""
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    """The service's own port; people come through the gateway."""
    public_url: str = "http://127.0.0.1:8000"
    log_level: str = "INFO"
    otlp_endpoint: str = ""
    """Base address of an OTLP/HTTP receiver of traces, for instance ``http://otel-collector:4318``; empty: none."""
    requests_per_second: float = Field(default=100.0, gt=0)
    """Per account and replica; raising an incident is never limited."""
    most_waiting: int = Field(default=2000, ge=10)
    """Inputs that may wait to be written before the service says 503 (P10)."""

    def database_url(self, service: Service) -> str:
        """Return ``ZAKRILA_<SERVICE>_DATABASE_URL``, or the service's SQLite file."""
        given = os.environ.get(f"ZAKRILA_{service.stream}_DATABASE_URL", "")
        return given or f"sqlite:///{self.data / service.value / 'store.sqlite3'}"


def sentence(error: ValidationError) -> str:
    """Say what is wrong with the settings, naming each and never its value."""
    wrong = [f"ZAKRILA_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors(include_input=False)]
    return "The configuration is not usable: " + "; ".join(wrong)
