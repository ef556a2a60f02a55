"""A container's health: asks the service in it whether it is ready. Imports next to nothing, for it runs every 5 s."""

import http.client
import sys


def is_ready(prefix: str, port: int = 8000) -> bool:
    """Say whether the service on this container's own port takes work on."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=3)
    try:
        connection.request("GET", f"/{prefix}/health/ready")
        return connection.getresponse().status == http.client.OK
    except OSError:
        return False
    finally:
        connection.close()


if __name__ == "__main__":
    sys.exit(0 if is_ready(sys.argv[1]) else 1)
