"""The verdict for people and for programs: what was tried, whether each promise was kept, how long recovery took."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.faults.findings import Finding, smallest
from tests.faults.history import Done, Episode
from tests.faults.storm import Verdict

PROMISES = ("P1", "P2", "P3", "P4", "P5", "P8", "P9", "P10")
_BEFORE_SECONDS, _AFTER_SECONDS = 10.0, 30.0
_SHOWN = 10


@dataclass(frozen=True)
class Recovery:
    """Seconds from the end of a fault until every leg asked for before it was answered."""

    least: float
    middle: float
    most: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Recovery | None:
        """Sum up; ``None`` for nothing."""
        if not seconds:
            return None
        return cls(round(min(seconds), 2), round(median(seconds), 2), round(max(seconds), 2))


def as_json(verdict: Verdict) -> dict[str, Any]:
    """Return the whole report."""
    history, findings = verdict.history, verdict.findings
    recovered = [each.recovered for each in history.episodes if each.recovered is not None]
    least = smallest(each for found in findings.values() for each in found)
    return {
        "plan": asdict(verdict.plan),
        "kept": verdict.kept,
        "seconds": round(history.ended - history.began, 1),
        "calls": len(history.calls),
        "accepted": len(history.accepted),
        "refused": len(history.refused),
        **counts(verdict),
        "findings": {name: [asdict(each) for each in found] for name, found in findings.items()},
        "smallest": asdict(least) if least else None,
        "recovery_seconds": _recovery_json(Recovery.of(recovered)),
        "faults": {name: _fault_json(verdict, name) for name in names(verdict)},
        "episodes": [_episode_json(each) for each in history.episodes],
        "not_run": history.not_run,
    }


def counts(verdict: Verdict) -> dict[str, int]:
    """Return how many were lost, doubled and silent."""
    everything = [each.what for found in verdict.findings.values() for each in found]
    return {
        "lost": sum(what.startswith("lost") for what in everything),
        "doubled": sum(what.startswith(("doubled", "two live")) for what in everything),
        "silent": sum("silent" in what or "not overdue" in what for what in everything),
    }


def names(verdict: Verdict) -> list[str]:
    """Return what was tried, by name, in alphabetical order."""
    return sorted({fault.name for fault in verdict.history.faults})


def _fault_json(verdict: Verdict, name: str) -> dict[str, Any]:
    episodes = [each for each in verdict.history.episodes if any(fault.name == name for fault in each.faults)]
    alone = [each for each in episodes if len(each.faults) == 1]
    recovered = [each.recovered for each in alone if each.recovered is not None]
    broken = _broken(verdict, [fault for each in episodes for fault in each.faults if fault.name == name])
    return {
        "alone": len(alone),
        "together": len(episodes) - len(alone),
        "recovery_seconds": _recovery_json(Recovery.of(recovered)),
        "promises": {promise: promise not in broken for promise in PROMISES},
    }


def _broken(verdict: Verdict, faults: Sequence[Done]) -> set[str]:
    """Return the promises broken for incidents that were raised around these faults."""
    history = verdict.history
    called = {incident: name for name, incident in history.accepted.items()}

    def is_near(finding: Finding) -> bool:
        name = called.get(finding.incident or "")
        if name is None:
            return False
        at = history.began + history.calls[name].at
        return any(fault.began - _BEFORE_SECONDS <= at <= fault.ended + _AFTER_SECONDS for fault in faults)

    return {each.promise for found in verdict.findings.values() for each in found if is_near(each)}


def _recovery_json(recovery: Recovery | None) -> Mapping[str, float] | None:
    return asdict(recovery) if recovery else None


def _episode_json(episode: Episode) -> dict[str, Any]:
    return {**asdict(episode), "faults": [{**asdict(fault), "hits": sorted(fault.hits)} for fault in episode.faults]}


def show(verdict: Verdict, console: Console) -> None:
    """Print the verdict."""
    history, plan = verdict.history, verdict.plan
    totals = ", ".join(f"{name} {number}" for name, number in counts(verdict).items())
    console.print(
        f"[bold]{plan.database}[/bold], seed {plan.seed}: {len(history.calls)} calls in "
        f"{history.ended - history.began:.0f} s, {len(history.accepted)} accepted; {totals}"
    )
    console.print(_faults_table(verdict))
    console.print(_checks_table(verdict))
    for name, why in history.not_run.items():
        console.print(f"not run: {name}: {why}")
    for name, found in verdict.findings.items():
        for finding in sorted(found, key=lambda each: len(each.story))[:_SHOWN]:
            console.print(f"[red]{name}[/red] {finding.told()}", highlight=False)
    least = smallest(each for found in verdict.findings.values() for each in found)
    if least is None:
        console.print("[green]every promise was kept[/green]")
    else:
        console.print(f"[red]smallest counter-example[/red]\n{least.told()}", highlight=False)


def _faults_table(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("fault")
    for name in ("alone", "together", "recovery min", "median", "max s", "broken"):
        table.add_column(name, justify="right")
    for name in names(verdict):
        row = _fault_json(verdict, name)
        recovery = row["recovery_seconds"] or {"least": "–", "middle": "–", "most": "–"}
        broken = [promise for promise, kept in row["promises"].items() if not kept]
        figures = (row["alone"], row["together"], *recovery.values(), " ".join(broken) or "none")
        table.add_row(name, *map(str, figures))
    return table


def _checks_table(verdict: Verdict) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("check")
    table.add_column("findings", justify="right")
    for name, found in verdict.findings.items():
        table.add_row(name, f"[red]{len(found)}[/red]" if found else "0")
    return table
