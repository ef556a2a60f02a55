"""`config`: which settings there are, and whether what is set can be used."""

from __future__ import annotations

import os
import sys
from typing import Annotated

import typer

from deploy.errors import CommandError

app = typer.Typer(help="Settings: check what is set, or write down every one.", rich_markup_mode=None)


@app.command()
def check(
    every: Annotated[bool, typer.Option("--all", help="Show settings that nobody changed, too.")] = False,
) -> None:
    """Check the environment and .env against what every service and the stack accept. Secrets are not shown."""
    from rich.console import Console
    from rich.table import Table

    from deploy import settings

    from_file = settings.load_file(settings.ENVIRONMENT_FILE, os.environ)  # type: ignore[arg-type]  # as a dict
    table = Table(box=None, pad_edge=False)
    for column in ("setting", "value", "from", "read by"):
        table.add_column(column, overflow="fold")
    for each in settings.given(from_file):
        if every or each.source != "default":
            readers = "every service" if len(each.known.of) > 1 else each.known.of[0]
            table.add_row(each.known.variable, each.value, each.source, readers)
    if table.row_count:
        Console(highlight=False).print(table)
    faults = settings.faults()
    if faults:
        raise CommandError("\n         ".join(faults))
    typer.echo("The configuration can be used." if table.row_count else "Nothing is set: every default is used.")


@app.command()
def example() -> None:
    """Print .env.example: every setting with its default and its effect."""
    from deploy import settings

    sys.stdout.write(settings.example())
