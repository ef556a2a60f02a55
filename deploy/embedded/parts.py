"""What the parts of a stack are, and what is needed to start one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.contracts.vocabulary import Service

LOOPBACK = "127.0.0.1"
SUPERVISOR = "supervisor"
NATS, VALKEY, GATEWAY = FOREIGN = ("nats", "valkey", "gateway")
REPLICA = "replica"
"""Only there when the stores are copied to a second folder."""

SERVICES = (Service.IDENTITY, Service.INTAKE, Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY)
PARTS = (*FOREIGN, *SERVICES)

Modules = Mapping[Service, str]
"""Which module is run as which service."""
MODULES: Modules = {service: f"services.{service}.main" for service in SERVICES}


@dataclass(frozen=True)
class Origin:
    """Where the stack is reached."""

    host: str
    port: int

    @property
    def reachable_host(self) -> str:
        every_address = {"0.0.0.0": LOOPBACK, "::": "::1"}  # noqa: S104 - what --host may ask for
        return every_address.get(self.host, self.host)

    @property
    def url(self) -> str:
        return f"http://{_bracketed(self.reachable_host)}:{self.port}"

    @property
    def listen(self) -> str:
        return f"{_bracketed(self.host)}:{self.port}"


Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Part:
    """All that is needed to start one part now; one that is started again is described anew."""

    command: Sequence[str]
    environment: Mapping[str, str]
    is_ready: Probe
    grace: float
    """Seconds between SIGTERM and SIGKILL."""
    is_ailing: Probe | None = None
    """Says of a part that still runs that only a new start helps."""


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
