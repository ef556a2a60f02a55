"""Settings every service has, from the environment; units and defaults stand beside each (``ZAKRILA_…``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from shared.contracts.vocabulary import Service

BusUrl = Annotated[str, StringConstraints(pattern=r"^(nats|tls)://[^/\s]+$")]
CacheUrl = Annotated[str, StringConstraints(pattern=r"^(rediss?|unix)://\S+$")]
WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]


class Settings(BaseSettings):
    """What every service needs to know. A service adds its own in its ``settings.py``."""

    model_config = SettingsConfigDict(env_prefix="ZAKRILA_", extra="ignore", use_attribute_docstrings=True)

    data: Path = Path("var")
    """Folder of this deployment's stores (embedded)."""
    keys: Path = Path("var/keys")
    """Folder of the keys (``shared.security.keys``)."""
    nats_url: BusUrl = "nats://127.0.0.1:4222"
    """Where the bus is; may be away for a while."""
    valkey_url: CacheUrl = "redis://127.0.0.1:6379/0"
    """Where the caches are (Valkey or Redis, its password included); may be away."""
    host: str = "127.0.0.1"
    """Address the service listens on."""
    port: int = Field(default=8000, ge=1, le=65535)
    """The service's own port; people come through the gateway."""
    public_url: WebUrl = "http://127.0.0.1:8000"
    """The origin, as people write it: links in messages begin with it."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least important lines that are logged."""
    requests_per_second: float = Field(default=100.0, gt=0)
    """Requests a second, per account and replica; raising an incident is never limited."""
    most_waiting: int = Field(default=2000, ge=10)
    """Inputs that may wait to be written before the service says 503 (P10)."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # pydantic-settings names it
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003  # as above
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Read what the environment does not say from files of the same names in the folder ``ZAKRILA_SECRETS``."""
        files = SecretsSettingsSource(settings_cls, secrets_dir=os.environ.get("ZAKRILA_SECRETS"))
        return init_settings, env_settings, files

    def database_url(self, service: Service) -> str:
        """Return ``ZAKRILA_<SERVICE>_DATABASE_URL``, or the service's SQLite file."""
        given = os.environ.get(f"ZAKRILA_{service.stream}_DATABASE_URL", "")
        return given or f"sqlite:///{self.data / service.value / 'store.sqlite3'}"


def sentence(error: ValidationError) -> str:
    """Say what is wrong with the settings, naming each and never its value."""
    wrong = [f"ZAKRILA_{str(item['loc'][0]).upper()}: {item['msg']}" for item in error.errors(include_input=False)]
    return "The configuration is not usable: " + "; ".join(wrong)
