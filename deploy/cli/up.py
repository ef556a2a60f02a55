import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data
from deploy.errors import CommandError


def up(
    data: Data = DEFAULT_DATA,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the stack's one origin.")] = 8000,
    host: Annotated[str, typer.Option(help="Address it listens on.")] = "127.0.0.1",
    detach: Annotated[bool, typer.Option("--detach", help="Return once it is ready; it runs on.")] = False,
    report_to: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the embedded stack; Ctrl-C stops it."""
    from deploy.embedded.detach import PipeReporter, up_detached
    from deploy.embedded.layout import Layout
    from deploy.embedded.parts import Origin
    from deploy.embedded.up import up as run_stack

    layout, origin = Layout(data.resolve()), Origin(host, port)
    if detach:
        layout.prepare()
        up_detached(layout, [f"--data={layout.folder}", f"--port={port}", f"--host={host}"], TerminalReporter())
    elif report_to is None:
        run_stack(layout, origin, TerminalReporter())
    else:
        reporter = PipeReporter(report_to)
        try:
            run_stack(layout, origin, reporter)
        except CommandError as error:
            reporter.failed(str(error))
            raise


class TerminalReporter:
    """What still has to start, on one line of a terminal; then that it is ready."""

    def __init__(self) -> None:
        self._live = sys.stderr.isatty()

    def waiting_for(self, parts: Sequence[str]) -> None:
        self._line(f"starting {', '.join(parts)} …" if parts else "")

    def ready(self, url: str) -> None:
        self._line("")
        self._live = False
        sys.stdout.write(f"ready {url}\n")
        sys.stdout.flush()

    def _line(self, text: str) -> None:
        if self._live:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
