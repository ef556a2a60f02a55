"""A broken promise, told as a story; the shortest story of all is the smallest counter-example."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tests.faults.records import Step


@dataclass(frozen=True)
class Finding:
    """One promise that was not kept, for one incident if it can be narrowed down to one."""

    promise: str
    """For instance ``P3``."""
    what: str
    incident: str | None = None
    story: tuple[str, ...] = ()
    """What happened, in order, as far as it matters."""

    def told(self) -> str:
        """Return the finding for people."""
        about = f" (incident {self.incident})" if self.incident else ""
        return "\n".join([f"{self.promise}: {self.what}{about}", *(f"    {line}" for line in self.story)])


def smallest(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding that takes the fewest words to understand."""
    return min(findings, key=lambda each: (len(each.story), len(each.told())), default=None)


def story(steps: Sequence[Step]) -> tuple[str, ...]:
    """Tell steps in the order of their commits."""
    return tuple(
        f"#{step.order} {step.at:%H:%M:%S.%f} {step.type} v{step.version} of {step.entity}"
        + (f" holds {step.holder}" if step.holder else "")
        for step in sorted(steps, key=lambda each: each.order)
    )
