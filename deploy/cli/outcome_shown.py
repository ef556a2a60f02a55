"""The closing table of a replay, for people."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table

from deploy.traffic.outcomes import FIELDS, Outcomes, percentiles


def show(table: Outcomes) -> None:
    """Print what became of every leg, how long it took, and why some were unmet."""
    console = Console(highlight=False)
    lost = "[red]" if table.lost else "[green]"
    console.print(f"\n{table.incidents} calls, {table.accepted} accepted, {lost}lost {table.lost}[/]", highlight=False)
    legs = Table(box=None, pad_edge=False)
    legs.add_column("leg")
    for name in FIELDS:
        legs.add_column(name, justify="right")
    for leg, row in table.legs.items():
        legs.add_row(leg, *(str(row[name]) for name in FIELDS))
    console.print(legs)
    latency = Table(box=None, pad_edge=False)
    latency.add_column("milliseconds")
    for name in ("p50", "p95", "p99", "max"):
        latency.add_column(name, justify="right")
    for words, values in (("due → accepted", table.accepted_ms), ("due → all answered", table.all_answered_ms)):
        latency.add_row(words, *("–" if value is None else f"{value:.0f}" for value in percentiles(values).values()))
    console.print()
    console.print(latency)
    if table.reasons:
        console.print(
            "\nunmet, by reason: " + ", ".join(f"{why} {count}" for why, count in table.reasons.most_common())
        )
