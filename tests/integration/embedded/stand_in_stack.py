"""A real stack (NATS, Valkey, Caddy, supervisor) around stand-in services: `python -m … DIR PORT`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.layout import Layout
from deploy.embedded.parts import Origin
from deploy.embedded.up import up
from deploy.errors import CommandError
from shared.contracts.vocabulary import Service

STAND_INS = dict.fromkeys((Service.IDENTITY, Service.SHELTER_BEDS), "tests.integration.embedded.stand_in_service")


class Printed:
    def waiting_for(self, parts: Sequence[str]) -> None:
        """Say nothing before it is ready."""

    def ready(self, url: str) -> None:
        sys.stdout.write(f"ready {url}\n")
        sys.stdout.flush()


def main(folder: str, port: str) -> int:
    try:
        up(Layout(Path(folder)), Origin("127.0.0.1", int(port)), Printed(), STAND_INS)
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
