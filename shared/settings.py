"""Settings every service has, from the environment; units and defaults stand beside each (``ZAKRILA_…``)."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, StringConstraints, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from shared.contracts.vocabulary import Service
from shared.storage.backups import RECORD

CONFIGURATION_ERROR = 78
"""Exit status (EX_CONFIG): starting again changes nothing; a human must."""
_DRIVERS = ("postgresql+psycopg", "sqlite")

BusUrl = Annotated[str, StringConstraints(pattern=r"^(nats|tls)://[^/\s]+$")]
CacheUrl = Annotated[str, StringConstraints(pattern=r"^(rediss?|unix)://\S+$")]
TilesUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s{}]+/\S*\{z\}\S*$")]
WebUrl = Annotated[str, StringConstraints(pattern=r"^https?://[^/\s]+$")]


def _zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError):
        raise ValueError("is no time zone; for instance Europe/Sofia") from None


TimeZone = Annotated[str, AfterValidator(_zone)]


class Settings(BaseSettings):
    """What every service needs to know. A service adds its own in its ``settings.py``."""

    model_config = SettingsConfigDict(env_prefix="ZAKRILA_", extra="ignore", use_attribute_docstrings=True)

    data: Path = Path("var")
    """Folder of this deployment's stores (embedded)."""
    keys: Path = Path("var/keys")
    """Folder of the keys (``shared.security.keys``)."""
    backup_record: Path | None = None
    """File that says when the last backup was made; by default ``backups/last.json`` in the data folder."""
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
    time_zone: TimeZone = "Europe/Sofia"
    """The clock that pages show, for instance ``Europe/Belgrade``; stores, the API and events keep UTC."""
    map_tiles: TilesUrl | Literal[""] = ""
    """Address of a map's tiles, ``https://HOST/{z}/{x}/{y}.png``; empty: the jurisdiction's places stand as points."""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least important lines that are logged."""
    otlp_endpoint: str = ""
    """Base address of an OTLP/HTTP receiver of traces, for instance ``http://otel-collector:4318``; empty: none."""
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

    @property
    def last_backup(self) -> Path:
        """Where it is written down when the last backup was made."""
        return self.backup_record or self.data / RECORD

    def database_url(self, service: Service) -> str:
        """Return ``ZAKRILA_<SERVICE>_DATABASE_URL``, or the service's SQLite file.

        Raises:
            NotUsable: it names no database that a service can use.
        """
        variable = database_variable(service)
        given = os.environ.get(variable, "")
        if given and not _names_a_database(given):
            raise NotUsable(f"{variable}: begins with {' or '.join(_DRIVERS)}, then ://")
        return given or f"sqlite:///{self.data / service.value / 'store.sqlite3'}"


class NotUsable(Exception):
    """A setting that cannot be meant; the message names it and never its value."""


def _names_a_database(url: str) -> bool:
    try:
        return make_url(url).drivername in _DRIVERS
    except ArgumentError:
        return False


def database_variable(service: Service) -> str:
    """Return the name of the variable that says where a service's store is."""
    return f"ZAKRILA_{service.stream}_DATABASE_URL"


def sentence(error: ValidationError | NotUsable) -> str:
    """Say what is wrong with the settings, naming each and never its value."""
    if isinstance(error, NotUsable):
        return f"The configuration is not usable: {error}"
    wrong = [
        ": ".join((*(f"ZAKRILA_{str(part).upper()}" for part in item["loc"][:1]), item["msg"]))
        for item in error.errors(include_input=False)
    ]
    return "The configuration is not usable: " + "; ".join(wrong)
