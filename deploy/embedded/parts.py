"""What the parts of a stack are, and what is needed to start one."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
SUPERVISOR = "supervisor"
NATS, VALKEY, GATEWAY = FOREIGN = ("nats", "valkey", "gateway")


@dataclass(frozen=True)
class Service:
    """One of Zakrila's own services, run as a module."""

    name: str
    module: str

    @property
    def prefix(self) -> str:
        return prefix_of(self.name)


def prefix_of(service: str) -> str:
    return f"/{service.replace('_', '-')}"


SERVICES = tuple(
    Service(name, f"services.{name}.main")
    for name in ("identity", "intake", "dispatch", "shelter_beds", "notify")
)

# In the order in which they are listed.
PARTS = (*FOREIGN, *(service.name for service in SERVICES))


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


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
