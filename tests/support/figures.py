"""What a service tells Prometheus, read as Prometheus reads it."""

from __future__ import annotations

from collections.abc import Mapping

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests.support.house import Running, eventually
from tests.support.trust import NOBODY
from tests.support.world import ServiceWorld


async def exposition(service: Running) -> str:
    """Return ``/metrics`` of a service's own port."""
    async with httpx.AsyncClient(verify=NOBODY) as client:
        response = await client.get(f"{service.base}/metrics")
    assert response.status_code == 200, response.text
    return response.text


async def figure(service: Running, name: str, **labels: str) -> float | None:
    """Return the sum of the samples of a name that have these labels, or ``None`` if there is none."""
    values = [
        sample.value
        for family in text_string_to_metric_families(await exposition(service))
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    ]
    return sum(values) if values else None


async def becomes(world: ServiceWorld, expected: float | None, name: str, **labels: str) -> None:
    """Wait until a figure has a value; counting in the store rests a moment between two looks."""
    seen: list[float | None] = [None]

    async def is_so() -> bool:
        seen[0] = await figure(world.service, name, **labels)
        return seen[0] == expected

    try:
        await eventually(is_so, f"{name} {labels} is {expected}", seconds=30)
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {seen[0]}") from None


def names(text: str) -> Mapping[str, str]:
    """Return every name that a service exports, samples' names included: name → type."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split()
            suffixes = {"histogram": ("_bucket", "_sum", "_count")}.get(kind, ("",))
            found |= {f"{name}{suffix}": kind for suffix in suffixes}
    return found
