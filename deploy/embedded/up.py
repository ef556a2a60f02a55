"""Starts a stack and stays with it until it is asked to stop."""

import asyncio
import os
from collections.abc import Sequence
from typing import Protocol

from deploy.embedded.claim import claimed
from deploy.embedded.first_day import FirstDay
from deploy.embedded.layout import Layout
from deploy.embedded.logs import patient_file
from deploy.embedded.parts import MODULES, SUPERVISOR, Modules, Origin
from deploy.embedded.ports import claim_origin, require_free
from deploy.embedded.replication import Replica
from deploy.embedded.state import StackState
from deploy.embedded.supervisor import Supervisor
from deploy.errors import CommandError
from shared.telemetry import logs


class Reporter(Protocol):
    """Hears how the start goes."""

    def waiting_for(self, parts: Sequence[str]) -> None: ...

    def ready(self, url: str) -> None: ...


def up(
    layout: Layout,
    origin: Origin,
    reporter: Reporter,
    modules: Modules = MODULES,
    first_day: FirstDay | None = None,
    replica: Replica | None = None,
) -> None:
    """Run a stack until SIGINT or SIGTERM; CommandError when it cannot start, with nothing left running."""

    def listen(state: StackState) -> None:
        reporter.waiting_for([part.name for part in state.parts[1:] if part.state != "ready"])

    async def run() -> None:
        supervisor = Supervisor(layout, origin, listen, modules, first_day, replica)
        await supervisor.run(lambda: reporter.ready(origin.url))

    os.umask(0o077)  # keys and personal data: nobody else reads what the parts write
    layout.prepare()
    try:
        with claimed(layout), claim_origin(origin.port):
            require_free(origin.host, origin.port)
            logs.configure(SUPERVISOR, to=patient_file(layout.log(SUPERVISOR)))
            asyncio.run(run())
    except OSError as error:
        raise CommandError(layout.refusal(error)) from error
