"""Who is called, and who next when nobody answers.

A step that is nobody's is skipped at once, and past the last step the rota begins again: silence never ends the
calling. Each whole round gives everybody twice the time of the round before, eight times at most, so that a page nobody
answers stays a page and does not become noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from shared.ids import account_id

_MOST_DOUBLINGS = 3


@dataclass(frozen=True)
class Step:
    order: int
    person: str | None
    """The address of their account; ``None``: nobody's."""
    minutes: int | None = None
    """How long they have to answer; ``None``: as long as is usual in the jurisdiction."""


@dataclass(frozen=True)
class Rota:
    steps: Sequence[Step] = ()
    """In their order."""
    usual: timedelta = field(default=timedelta(minutes=5))

    @property
    def on_call(self) -> Step | None:
        """Who is called first."""
        return next((step for step in self.steps if step.person), None)


@dataclass(frozen=True)
class Call:
    """How far a rota was walked, and who is being called."""

    person: str | None = None
    """Their account; ``None``: nobody."""
    order: int = 0
    round: int = 0
    count: int = 0
    """How many people have been called so far."""


NOBODY_YET = Call()


def next_call(rota: Rota, before: Call) -> tuple[Call, timedelta]:
    """Return the next call and how long it waits for an answer.

    The rota is read as it is now: only the order of the last step is remembered, so a change counts for later steps.
    With nobody on it, nobody is called, and it is looked at again after the usual time.
    """
    reachable = [step for step in rota.steps if step.person]
    if not reachable:
        return Call(None, before.order, before.round, before.count), rota.usual
    later = [step for step in reachable if step.order > before.order]
    step = (later or reachable)[0]
    walked = before.round if later else before.round + 1
    time = rota.usual if step.minutes is None else timedelta(minutes=step.minutes)
    person = account_id(str(step.person))
    return Call(person, step.order, walked, before.count + 1), time * (1 << min(walked, _MOST_DOUBLINGS))
