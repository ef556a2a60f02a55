import json
from typing import TYPE_CHECKING, Annotated

import typer

from deploy.cli.options import DEFAULT_DATA, Data

if TYPE_CHECKING:
    from deploy.embedded.state import StackState

_COLUMNS = ("name", "state", "pid", "port", "restarts")
_COLOURS = {"ready": "green", "starting": "yellow", "restarting": "yellow", "failed": "red", "stopped": "dim"}


def status(
    data: Data = DEFAULT_DATA,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show each part's state, process and port. Exit status 1 if any is not ready."""
    from deploy.embedded.layout import Layout
    from deploy.embedded.status import present_state

    state = present_state(Layout(data.resolve()))
    if as_json:
        typer.echo(json.dumps({"parts": _rows(state)}))
    else:
        _print_table(state)
    if any(part.state != "ready" for part in state.parts):
        raise typer.Exit(1)


def _rows(state: "StackState") -> list[dict[str, str | int | None]]:
    values = (
        (part.name, part.state, part.process.pid if part.process else None, part.port, part.restarts)
        for part in state.parts
    )
    return [dict(zip(_COLUMNS, row, strict=True)) for row in values]


def _print_table(state: "StackState") -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in {"name", "state"} else "right")
    for row in _rows(state):
        colour = _COLOURS[str(row["state"])]
        cells = ["" if value is None else str(value) for value in row.values()]
        table.add_row(cells[0], f"[{colour}]{cells[1]}[/]", *cells[2:])
    console = Console(highlight=False)
    console.print(table)
    if state.url:
        console.print(f"\n{state.url}")
