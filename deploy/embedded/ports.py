"""Which port each part listens on: the origin's as asked for, the others private and chosen at start."""

import errno
import random
import socket
from pathlib import Path

import psutil

from deploy.embedded.parts import LOOPBACK
from deploy.errors import CommandError

_LOWEST = 20_000
_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")


class Ports:
    """Private ports by part. A port stays a part's own for as long as nobody else took it."""

    def __init__(self) -> None:
        self._of: dict[str, int] = {}

    def of(self, part: str) -> int:
        if part not in self._of:
            self._of[part] = self._choose()
        return self._of[part]

    def fix(self, part: str, port: int) -> None:
        self._of[part] = port

    def replace_if_taken(self, part: str) -> bool:
        """Choose again when a stranger listens on the part's port; whether that was needed."""
        if is_free(LOOPBACK, self.of(part)):
            return False
        self._of[part] = self._choose()
        return True

    def _choose(self) -> int:
        # Below the kernel's range for outgoing connections: one of those could otherwise sit on
        # the port at the moment its part comes back after a crash.
        below = min(int(_RANGE.read_text().split()[0]), 32_768) if _RANGE.exists() else 32_768
        candidates = list(range(_LOWEST, max(below, _LOWEST + 1_000)))
        random.shuffle(candidates)
        for port in candidates:
            if port not in self._of.values() and is_free(LOOPBACK, port):
                return port
        raise CommandError(f"No port from {candidates[0]} to {candidates[-1]} is free on {LOOPBACK}.")


def is_free(host: str, port: int) -> bool:
    try:
        _try_to_listen(host, port)
    except OSError:
        return False
    return True


def require_free(host: str, port: int) -> None:
    """CommandError that says who has the origin's port, or why it cannot be listened on."""
    try:
        _try_to_listen(host, port)
    except OSError as error:
        raise CommandError(_refusal(host, port, error)) from error


def claim_origin(port: int) -> socket.socket:
    """Keep the origin's port to one stack for as long as the returned socket lives.

    Caddy listens with SO_REUSEPORT, so two stacks started at the same moment would share the port
    and its requests. An abstract name belongs to the network namespace, as ports do, and the
    kernel frees it whatever happens to its owner.
    """
    claim = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        claim.bind(f"\0zakrila-origin-{port}")
    except OSError as error:
        claim.close()
        raise CommandError(f"Port {port} belongs to another stack; choose another with --port.") from error
    return claim


def _try_to_listen(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # sockets in TIME_WAIT are no obstacle
        trial.bind((host, port))
        trial.listen(1)


def _refusal(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"Port {port} on {host} is taken by {_listener(port)}; choose another with --port."
    if error.errno == errno.EACCES:
        return f"Port {port} on {host} needs administrator's rights; choose one above 1023 with --port."
    return f"Nothing can listen on {host}:{port} ({(error.strerror or str(error)).lower()})."


def _listener(port: int) -> str:
    """The process that listens on the port, as far as this user may see it."""
    for connection in psutil.net_connections(kind="tcp"):
        if connection.status != psutil.CONN_LISTEN or not connection.laddr or not connection.pid:
            continue
        if connection.laddr.port == port:
            try:
                return f"{psutil.Process(connection.pid).name()} (pid {connection.pid})"
            except psutil.Error:
                break
    return "another program"
