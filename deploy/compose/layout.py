"""Which folder of the bootstrap container is which volume: everybody else mounts only what is theirs.

``ROOT/keys``         every key and secret of the deployment; only bootstrap sees it whole
``ROOT/parts/PART``   what one part may have, which it mounts read-only as ``OWN``
``ROOT/operator``     what the operator may read: accounts made on the first day, the bus's observer key
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

OWN = Path("/zakrila/own")
"""Where every container finds what is its own."""
DATA = Path("/zakrila/data")
"""Where nats and the gateway keep what they write."""
MIGRATE, TOPOLOGY, POSTGRES, STANDBY, NATS, REDIS, GATEWAY = (
    "migrate",
    "topology",
    "postgres",
    "standby",
    "nats",
    "redis",
    "gateway",
)


@dataclass(frozen=True)
class Volumes:
    root: Path = Path("/zakrila")

    @property
    def keys(self) -> Path:
        return self.root / "keys"

    @property
    def operator(self) -> Path:
        return self.root / "operator"

    def of(self, part: str) -> Path:
        """Return what becomes a part's ``OWN``."""
        return self.root / "parts" / part
