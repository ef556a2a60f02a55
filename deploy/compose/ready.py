"""A container's health: asks the service in it whether it is ready. Imports next to nothing, for it runs for ever."""

import socket
import sys

PATIENCE_SECONDS = 4.0


def is_ready(prefix: str, port: int = 8000) -> bool:
    """Say whether the service on this container's own port takes work on."""
    request = f"GET /{prefix}/health/ready HTTP/1.0\r\nHost: localhost\r\n\r\n"
    try:
        with socket.create_connection(("127.0.0.1", port), PATIENCE_SECONDS) as connection:
            connection.settimeout(PATIENCE_SECONDS)
            connection.sendall(request.encode())
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(0 if is_ready(sys.argv[1]) else 1)
