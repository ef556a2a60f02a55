"""``./zakrila bench``: start a stack of its own on the jurisdiction ``scale``, load it, print the figures."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from bench.report import show
from bench.run import Plan, measure
from deploy.cli.client import Stack
from deploy.embedded.layout import Layout
from deploy.embedded.ports import Ports
from deploy.jurisdictions import scale
from deploy.traffic.open_loop import Sent


def main(
    rate: Annotated[float, typer.Option(min=0.1, help="Incidents a second, whether or not they are answered.")] = 20,
    seconds: Annotated[float, typer.Option(min=1, help="For how long.")] = 30,
    units: Annotated[int, typer.Option(min=1, help="Units of the jurisdiction.")] = 2000,
    rooms: Annotated[int, typer.Option(min=1, help="Rooms of the jurisdiction.")] = 5000,
    seed: Annotated[int, typer.Option(help="Of the families and places.")] = 1,
    data: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A new folder to keep; default: one that is dropped.")
    ] = None,
    report: Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the whole report there.")] = None,
) -> None:
    """Measure incidents at a given rate on the generated jurisdiction `scale`.

    Latencies run from the moment an incident was due: to 201, and to when all three answers can be seen by an
    operator's page. Nobody clears units or rooms, so the run should hold fewer incidents than there are units.
    """
    plan = Plan(rate, seconds, seed)
    console = Console(stderr=True)
    if plan.incidents > units:
        console.print(f"{plan.incidents} incidents will exhaust {units} units; the rest will be answered as unmet.")
    with tempfile.TemporaryDirectory(prefix="zakrila-bench-") as spare:
        folder = (data or Path(spare)).resolve()
        _zakrila("up", "--detach", f"--data={folder}", f"--port={Ports().of('gateway')}", "--jurisdiction=scale",
                 f"--units={units}", f"--rooms={rooms}")  # fmt: skip
        try:
            figures = asyncio.run(_measure(folder, plan, units, rooms, console))
        finally:
            _zakrila("down", f"--data={folder}")
    if report is not None:
        report.write_text(json.dumps(figures, indent=1))
    show(figures)


async def _measure(folder: Path, plan: Plan, units: int, rooms: int, console: Console) -> dict[str, Any]:
    places = [place.code for place in scale.generate(units=units, rooms=rooms).municipalities]
    stack = Stack(folder)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    async with await stack.sign_in(None, "operator", patience=60.0) as api:
        with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
            task = bar.add_task("incidents", total=plan.incidents)

            def tell(_sent: Sent) -> None:
                bar.advance(task)

            return await measure(api, Layout(folder), plan, places, tell)


def _zakrila(*arguments: str) -> None:
    subprocess.run(  # noqa: S603  # the project's own command line
        [sys.executable, "-P", "-m", "deploy.cli", *arguments], check=True, stdout=subprocess.DEVNULL
    )


if __name__ == "__main__":
    typer.run(main)
