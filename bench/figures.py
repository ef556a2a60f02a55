"""What the stack's processes used and did between two moments: CPU, memory, commits, messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import httpx
import psutil

from deploy.embedded.state import StackState
from shared.contracts.vocabulary import Service

_COUNTERS = ("zakrila_commits_total", "zakrila_inputs_total", "zakrila_published_total", "zakrila_consumed_total")
_MEGABYTE = 1024 * 1024


@dataclass(frozen=True)
class PartFigures:
    """One process at one moment."""

    cpu_seconds: float
    memory_mb: float
    counters: Mapping[str, float]


def read(state: StackState) -> dict[str, PartFigures]:
    """Read every running part of a stack."""
    return {
        part.name: _read(part.name, part.process.pid, part.port)
        for part in state.parts
        if part.process is not None and part.process.is_alive()
    }


def _read(name: str, pid: int, port: int | None) -> PartFigures:
    process = psutil.Process(pid)
    cpu = process.cpu_times()
    counters = _counters(name, port) if port and name in {service.value for service in Service} else {}
    return PartFigures(cpu.user + cpu.system, process.memory_info().rss / _MEGABYTE, counters)


def _counters(name: str, port: int) -> dict[str, float]:
    text = httpx.get(f"http://127.0.0.1:{port}{Service(name).prefix}/metrics", timeout=10).text
    totals = dict.fromkeys(_COUNTERS, 0.0)
    for line in text.splitlines():
        metric = line.partition("{")[0].partition(" ")[0]
        if metric in totals:
            totals[metric] += float(line.rpartition(" ")[2])
    return totals
