"""Shows the legs of an incident: a table that changes in place on a terminal, a line for each change elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.live import Live
from rich.table import Table

from deploy.cli.legs import LegLine, lines_of

_COLOURS = {"waiting": "yellow", "answered": "cyan", "accepted": "green", "done": "bold green", "unmet": "bold red"}


@contextmanager
def shown() -> Iterator[Callable[[dict[str, Any]], None]]:
    """Give a function that shows an incident as it is now."""
    console = Console(highlight=False, soft_wrap=True)
    if not console.is_terminal:
        yield _Lines(console).show
        return
    with Live(console=console, auto_refresh=False) as live:
        yield lambda incident: live.update(_table(incident), refresh=True)


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._said: dict[str, LegLine] = {}

    def show(self, incident: dict[str, Any]) -> None:
        if not self._said:
            self._console.print(_heading(incident))
        for line in lines_of(incident):
            if self._said.get(line.leg) != line:
                self._said[line.leg] = line
                self._console.print("  ".join(_cells(line)).rstrip(), markup=False)


def _table(incident: dict[str, Any]) -> Table:
    table = Table(title=_heading(incident), title_justify="left", box=None, show_header=False, pad_edge=False)
    for line in lines_of(incident):
        leg, state, *rest = _cells(line)
        table.add_row(leg, f"[{_COLOURS.get(line.state, 'default')}]{state}[/]", *rest)
    return table


def _heading(incident: dict[str, Any]) -> str:
    return f"{incident['number']}  priority {incident['priority']}  {incident['id']}"


def _cells(line: LegLine) -> tuple[str, str, str, str]:
    state = f"{line.state}, overdue" if line.overdue else line.state
    seconds = f"{line.seconds:.1f} s" if line.seconds is not None else ""
    return (f"{line.leg:<8}", f"{state:<17}", f"{seconds:>8}", line.detail)
