"""What the stack of containers may be told, beside its services' own settings (``ZAKRILA_…``, from ``.env``)."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Self, TypeVar

from pydantic import Field, StringConstraints, ValidationError, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.settings import CONFIGURATION_ERROR, sentence

Kind = TypeVar("Kind", bound=BaseSettings)

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.:-]+$")]


class StackSettings(BaseSettings):
    """Settings of the stack as a whole."""

    model_config = SettingsConfigDict(env_prefix="ZAKRILA_", extra="ignore", use_attribute_docstrings=True)

    listen: Name = "127.0.0.1"
    """Address of this machine on which the stack is reached; 0.0.0.0 for every one. Default: from this machine only."""
    https_port: int = Field(default=8443, ge=1, le=65535)
    """Port of the stack's one origin (TLS)."""
    http_port: int = Field(default=8080, ge=1, le=65535)
    """Port on which plain HTTP is told the way to the origin."""
    site: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+(,[A-Za-z0-9.-]+)*$")] = "localhost,127.0.0.1"
    """Names and addresses by which people reach the origin, with commas between; its certificate is for these."""
    tls_folder: Annotated[str, StringConstraints(pattern=r"^([./].*)?$")] = ""
    """Folder (/… or ./…) with your own tls.crt, the whole chain, and tls.key, both readable by user 10001; empty: the
    gateway's own authority signs one."""
    first_admin: Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+$")] = "admin@zakrila.local"
    """E-mail address of the first administrator; the password is made on the first day and kept in a volume."""
    jurisdiction: str = ""
    """Area loaded on the first day (ruse, plovdiv, targovishte, kosovo, milwaukee); empty: none, load one later."""
    demo: bool = False
    """Demo accounts for the people of the area on the first day (1), instead of the first administrator (0)."""
    stream_replicas: int = Field(default=1, ge=1, le=5)
    """Copies of every stream of the bus; more than 1 needs as many NATS nodes (deploy/compose/cluster.yml sets 3)."""

    image: Annotated[str, StringConstraints(pattern=r"^[a-z0-9./:_-]+$")] = "zakrila"
    """Where the images of Zakrila's own parts are, without the part's name."""
    version: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]+$")] = "latest"
    """Tag of the images of Zakrila's own parts."""

    prometheus_port: int = Field(default=9090, ge=1, le=65535)
    """Port of this machine on which Prometheus is reached (deploy/compose/observability.yml)."""
    metrics_kept: Annotated[str, StringConstraints(pattern=r"^[0-9]+[hdwy]$")] = "30d"
    """How long Prometheus keeps what it measured, in hours, days, weeks or years."""

    @property
    def names(self) -> list[str]:
        """The names of ``site``."""
        return self.site.split(",")

    @model_validator(mode="after")
    def _agree(self) -> Self:
        if self.https_port == self.http_port:
            raise ValueError("ZAKRILA_HTTPS_PORT and ZAKRILA_HTTP_PORT are the same port")
        if self.demo and not self.jurisdiction:
            raise ValueError("ZAKRILA_DEMO needs ZAKRILA_JURISDICTION: whose people get accounts?")
        return self


class JobSettings(BaseSettings):
    """Where a job of the stack finds what it needs; docker-compose.yml sets it."""

    model_config = SettingsConfigDict(env_prefix="ZAKRILA_", extra="ignore")

    keys: Path = Path("/zakrila/own")
    nats_url: str = "nats://nats:4222"
    log_level: str = "INFO"


def read(kind: type[Kind]) -> Kind:
    """Return a job's settings, or end it with a sentence that names what is wrong."""
    try:
        return kind()
    except ValidationError as error:
        sys.stderr.write(sentence(error) + "\n")
        sys.exit(CONFIGURATION_ERROR)
