"""The figures of a run, for people."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table


def show(figures: dict[str, Any]) -> None:
    """Print a run's figures, with the raw limits of the same machine in the same run beside them."""
    console = Console(highlight=False)
    plan, outcome, raw = figures["plan"], figures["outcome"], figures["raw"]
    console.print(
        f"{plan['incidents']} incidents at {plan['rate']:g} a second; accepted {outcome['accepted']}, "
        f"lost {outcome['lost']}, all three answers seen for {figures['seen']}"
    )
    console.print(_latencies(figures))
    per, share = figures["per_incident"], figures["share_of_raw"]
    console.print(
        f"\nan incident: {per['commits']} commits, {per['messages']} messages, {per['cpu_ms']} ms CPU; the load "
        f"generator used {figures['load_generator_cpu_ms_per_incident']} ms more"
    )
    console.print(
        f"raw, same run: {raw['commits_per_second']} durable commits/s, {raw['messages_per_second']} messages/s; "
        f"used of it: {share['commits']:.1%} and {share['messages']:.1%}"
    )
    console.print(_parts(figures))


def _latencies(figures: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("milliseconds")
    for name in ("p50", "p95", "p99", "max"):
        table.add_column(name, justify="right")
    rows = (
        ("due → accepted (201)", figures["outcome"]["latency_ms"]["accepted"]),
        ("due → all three answers seen", figures["seen_all_answered_ms"]),
    )
    for words, values in rows:
        table.add_row(words, *("–" if value is None else f"{value:.0f}" for value in values.values()))
    return table


def _parts(figures: dict[str, Any]) -> Table:
    table = Table(box=None, pad_edge=False, title="")
    table.add_column("part")
    columns = ("memory_mb", "cpu_ms_per_incident", "commits", "inputs", "published", "consumed")
    for name in columns:
        table.add_column(name.replace("_", " "), justify="right")
    for name, part in figures["parts"].items():
        table.add_row(name, *(f"{part[column]:g}" for column in columns))
    return table
