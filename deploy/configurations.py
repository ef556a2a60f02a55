"""What the foreign programs are told, wherever they run: line by line, for a file that only they read."""

from __future__ import annotations

import json


def bus(host: str, port: int, name: str, store: str) -> tuple[str, ...]:
    """Return nats-server's configuration but for its authorization.

    JetStream makes its folder ``jetstream`` in ``store``. The limit is far above what three days of one mechanism's
    events take; reaching it stops publishing, not the services (P1).
    """
    return (
        f"host: {host}",
        f"port: {port}",
        f"server_name: {name}",
        "jetstream {",
        f"  store_dir: {json.dumps(store)}",
        "  max_memory_store: 64MB",
        "  max_file_store: 8GB",
        "}",
    )


def cache(host: str, port: int, password: str, folder: str) -> tuple[str, ...]:
    """Return Valkey's (and Redis's) configuration. It holds only what may be lost, so nothing is written to disk."""
    return (
        f"bind {host}",
        f"port {port}",
        f"requirepass {password}",
        f"dir {json.dumps(folder)}",
        'save ""',
        "appendonly no",
        "maxmemory 64mb",
        "maxmemory-policy allkeys-lru",
    )
