"""Services as they are, run with a clock that can be moved and, if a test wants it, with something switched off.

Everything is patched before the service is imported, so that the service itself needs no seam for it.
"""

from __future__ import annotations

import os
import runpy
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from shared.contracts.vocabulary import Service

PLANTED = "ZAKRILA_PLANTED"
"""Names of what is switched off, with commas between."""
_LOOK_SECONDS = 0.1


def clock_file(data: Path, service: Service) -> Path:
    """Return the file that says by how many seconds a service's clock is wrong."""
    return data / f"{service}.clock"


def serve(service: Service) -> None:
    """Run a service as its own module would."""
    _bend_the_clock(clock_file(Path(os.environ["ZAKRILA_DATA"]), service))
    from tests.faults.planted import plant  # noqa: PLC0415  # it imports the kernel, which takes the clock

    plant([name for name in os.environ.get(PLANTED, "").split(",") if name], service)
    runpy.run_module(f"services.{service}.main", run_name="__main__")


def _bend_the_clock(file: Path) -> None:
    import shared.clock  # noqa: PLC0415  # nothing of the project may be imported before the clock is bent

    offset, looked_at, true_time = 0.0, 0.0, time.time

    def bent() -> float:
        nonlocal offset, looked_at
        if time.monotonic() - looked_at > _LOOK_SECONDS:
            looked_at = time.monotonic()
            offset = float(file.read_text()) if file.exists() else 0.0
        return offset

    def utc_now() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=bent())

    shared.clock.utc_now = utc_now
    time.time = lambda: true_time() + bent()
