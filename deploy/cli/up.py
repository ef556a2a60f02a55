import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data, Rooms, Units
from deploy.errors import CommandError

if TYPE_CHECKING:
    from deploy.embedded.first_day import FirstDay
    from deploy.embedded.layout import Layout


def up(
    data: Data = DEFAULT_DATA,
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port of the stack's one origin.")] = 8000,
    host: Annotated[str, typer.Option(help="Address it listens on.")] = "127.0.0.1",
    jurisdiction: Annotated[
        str | None,
        typer.Option(
            metavar="NAME", help="What a new data folder is filled with: a name or a file.", show_default="ruse"
        ),
    ] = None,
    units: Units = None,
    rooms: Rooms = None,
    detach: Annotated[bool, typer.Option("--detach", help="Return once it is ready; it runs on.")] = False,
    no_demo: Annotated[
        bool, typer.Option("--no-demo", help="No demo accounts: one administrator, and no jurisdiction unless named.")
    ] = False,
    replicate: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="Copy the stores there continuously (at most a second behind): another disk. `restore` reads it.",
        ),
    ] = None,
    report_to: Annotated[int | None, typer.Option(hidden=True)] = None,
) -> None:
    """Start the embedded stack; Ctrl-C stops it. A new data folder is filled with a jurisdiction and accounts."""
    from deploy.embedded.detach import PipeReporter, up_detached
    from deploy.embedded.layout import Layout
    from deploy.embedded.parts import Origin
    from deploy.embedded.replication import Replica
    from deploy.embedded.up import up as run_stack

    layout, origin = Layout(data.resolve()), Origin(host, port)
    replica = Replica(replicate.resolve()) if replicate else None
    first_day = _first_day(layout, jurisdiction, units, rooms, demo=not no_demo)
    if detach:
        layout.prepare()
        arguments = [f"--data={layout.folder}", f"--port={port}", f"--host={host}"]
        arguments += [f"--jurisdiction={jurisdiction}"] if jurisdiction else []
        arguments += [f"--units={units}"] if units else []
        arguments += [f"--rooms={rooms}"] if rooms else []
        arguments += ["--no-demo"] if no_demo else []
        arguments += [f"--replicate={replicate.resolve()}"] if replicate else []
        up_detached(layout, arguments, TerminalReporter(layout, new=first_day is not None))
    elif report_to is None:
        reporter = TerminalReporter(layout, new=first_day is not None)
        run_stack(layout, origin, reporter, first_day=first_day, replica=replica)
    else:
        pipe = PipeReporter(report_to)
        try:
            run_stack(layout, origin, pipe, first_day=first_day, replica=replica)
        except CommandError as error:
            pipe.failed(str(error))
            raise


def _first_day(
    layout: "Layout", jurisdiction: str | None, units: int | None, rooms: int | None, *, demo: bool
) -> "FirstDay | None":
    """Return what a new data folder is to be filled with; None for one that was filled before."""
    from deploy.cli.jurisdictions import find
    from deploy.embedded.first_day import FirstDay, is_done

    if is_done(layout):
        if jurisdiction is not None:
            sys.stderr.write("zakrila: --jurisdiction is for a new data folder; `./zakrila load` adds one to this.\n")
        return None
    name = jurisdiction or ("ruse" if demo else None)
    return FirstDay(find(name, units, rooms) if name else None, demo)


class TerminalReporter:
    """What still has to start, on one line of a terminal; then the new accounts, and that it is ready."""

    def __init__(self, layout: "Layout", *, new: bool) -> None:
        self._live = sys.stderr.isatty()
        self._layout = layout
        self._new = new

    def waiting_for(self, parts: Sequence[str]) -> None:
        last = "filling the new data folder …" if self._new else ""
        self._line(f"starting {', '.join(parts)} …" if parts else last)

    def ready(self, url: str) -> None:
        self._line("")
        self._live = False
        if self._new:
            self._show_accounts()
        sys.stdout.write(f"ready {url}\n")
        sys.stdout.flush()

    def _show_accounts(self) -> None:
        import json

        accounts = json.loads(self._layout.demo_accounts.read_text())
        seen = {entry["email"]: entry["password"] for entry in accounts}
        width = max(map(len, seen))
        for email, password in seen.items():
            sys.stdout.write(f"{email:<{width}}  {password}\n")
        sys.stdout.write(f"These accounts are kept in {self._layout.demo_accounts}.\n")

    def _line(self, text: str) -> None:
        if self._live:
            sys.stderr.write(f"\r\033[K{text}")
            sys.stderr.flush()
