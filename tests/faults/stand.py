"""The embedded stack around the served services: ``python -m tests.faults.stand DIR PORT AREA.json``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from deploy.embedded.first_day import FirstDay, is_done
from deploy.embedded.layout import Layout
from deploy.embedded.parts import SERVICES, Origin
from deploy.embedded.up import up
from deploy.errors import CommandError
from shared.contracts.jurisdiction import Jurisdiction

MODULES = {service: f"tests.faults.served.{service}" for service in SERVICES}


class Told:
    """Says ``ready`` in a file that the storm looks at."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def waiting_for(self, parts: Sequence[str]) -> None:
        """Say nothing before it is ready."""

    def ready(self, url: str) -> None:
        """Say so."""
        self._file.write_text(url)


def main(folder: str, port: str, area: str) -> int:
    """Run until told to stop."""
    layout = Layout(Path(folder))
    first_day = None
    if not is_done(layout):
        first_day = FirstDay(Jurisdiction.model_validate_json(Path(area).read_text()), demo=True)
    try:
        up(layout, Origin("127.0.0.1", int(port)), Told(layout.run / "ready"), MODULES, first_day)
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
