"""How each part says that it is ready. A probe answers within its patience and never raises."""

import asyncio
from collections.abc import Callable

from deploy.embedded.parts import GATEWAY, LOOPBACK, NATS, REPLICA, VALKEY, Probe
from shared.contracts.vocabulary import Service

PATIENCE_SECONDS = 2.0
_WELL_KNOWN = {GATEWAY: ("/", b"302"), REPLICA: ("/metrics", b"200")}


def probe_of(part: str, port: int, host: str = LOOPBACK) -> Probe:
    """NATS greets, Valkey refuses a PING without password, the gateway's own answer is where `/` leads."""
    if part == NATS:
        return _asking(host, port, b"", lambda line: line.startswith(b"INFO ") and b'"jetstream":true' in line)
    if part == VALKEY:
        return _asking(host, port, b"PING\r\n", lambda line: line.startswith((b"+PONG", b"-NOAUTH")))
    path, status = _WELL_KNOWN.get(part) or (f"{Service(part).prefix}/health/ready", b"200")
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()
    return _asking(host, port, request, lambda line: line.split(b" ")[1:2] == [status])


def refusal_of_nats(monitor: int) -> Probe:
    """A stream that could not be written once is refused until nats-server starts again, room or not.

    Measured with 2.15.1. Only its own word counts: one that is slow to answer is not ailing.
    """
    request = f"GET /healthz HTTP/1.1\r\nHost: {LOOPBACK}:{monitor}\r\nConnection: close\r\n\r\n".encode()
    return _asking(LOOPBACK, monitor, request, lambda line: line.split(b" ")[1:2] == [b"503"])


def _asking(host: str, port: int, request: bytes, is_ready: Callable[[bytes], bool]) -> Probe:
    async def first_line() -> bytes:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            return await reader.readline()
        finally:
            writer.close()

    async def probe() -> bool:
        try:
            return is_ready(await asyncio.wait_for(first_line(), PATIENCE_SECONDS))
        except (OSError, TimeoutError, ValueError):
            return False

    return probe
