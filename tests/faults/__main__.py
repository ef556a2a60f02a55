"""``python -m tests.faults``: a storm of any length; ``./zakrila storm`` runs it."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from tests.faults import report, storm
from tests.faults.site import NAMESPACE

Database = Literal["sqlite", "postgres", "both"]


def main(
    minutes: Annotated[float, typer.Option(min=0.1, help="How long calls come in, for each database.")] = 5,
    seed: Annotated[int, typer.Option(help="The same seed is the same storm.")] = 1,
    rate: Annotated[float, typer.Option(min=0.1, help="Calls a second.")] = 6,
    database: Annotated[Database, typer.Option(help="What the stores are.")] = "both",
    units: Annotated[int, typer.Option(min=4, help="Police units of the area.")] = 120,
    rooms: Annotated[int, typer.Option(min=4, help="Shelter rooms of the area.")] = 80,
    fault: Annotated[list[str] | None, typer.Option(help="Only this fault, alone; may be named several times.")] = None,
    plant: Annotated[list[str] | None, typer.Option(help="Switch a safeguard off first: must be found.")] = None,
    report_to: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report there.")] = None,
    keep: Annotated[Path | None, typer.Option(metavar="DIR", help="Keep stores and logs in a new folder.")] = None,
) -> None:
    """Break everything that can break while calls come in, and check every promise afterwards.

    Exit status 1 if a promise was broken. Disks are filled for root only, on disks of its own.
    """
    _enter_namespace()
    console = Console(highlight=False)
    verdicts = []
    for each in ("sqlite", "postgres") if database == "both" else (database,):
        plan = storm.Plan(seed, minutes * 60, rate, each, units, rooms, tuple(fault or ()), tuple(plant or ()))
        verdicts.append(_run(plan, keep / each if keep else None))
        report.show(verdicts[-1], console)
    if report_to is not None:
        report_to.write_text(json.dumps([report.as_json(each) for each in verdicts], indent=1, default=str))
    if not all(each.kept for each in verdicts):
        raise typer.Exit(1)


def _run(plan: storm.Plan, keep: Path | None) -> storm.Verdict:
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        tempfile.TemporaryDirectory(prefix="zakrila-storm-", ignore_cleanup_errors=True) as spare,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        tasks: dict[str, TaskID] = {"calls": bar.add_task("calls", total=round(plan.rate * plan.seconds))}

        def tell(what: str, count: int) -> None:
            if what not in tasks:
                tasks[what] = bar.add_task(what, total=None)
            bar.advance(tasks[what], count)

        def leave(folder: Path) -> None:
            if keep is not None:
                shutil.copytree(folder, keep, ignore=shutil.ignore_patterns("ballast"))

        return asyncio.run(storm.run(plan, Path(spare) / "stack", tell, leave))


def _enter_namespace() -> None:
    """For root, go on in a mount namespace of one's own: its disks vanish with the last process, whatever happens."""
    unshare = [str(shutil.which("unshare")), "--mount", "--propagation=private"]
    if os.geteuid() != 0 or NAMESPACE in os.environ or subprocess.run([*unshare, "true"], check=False).returncode:
        return
    os.environ[NAMESPACE] = "1"
    command = [*unshare, sys.executable, "-P", "-m", "tests.faults", *sys.argv[1:]]
    os.execv(unshare[0], command)  # noqa: S606  # no shell is wanted


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)
app.command()(main)

if __name__ == "__main__":
    app(prog_name="./zakrila storm")
