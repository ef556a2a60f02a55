"""Visits every state that a small model can reach, and tells the shortest story that leads to a broken promise."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

State = TypeVar("State", bound=Hashable)
Steps = Callable[[State], Iterable[tuple[str, State]]]
"""Every step that is possible in a state: its name, and the state after it."""
Promise = Callable[[State], str | None]
"""What is broken in a state, if anything is."""


class Broken(AssertionError):
    """A promise is broken; the message is the shortest story that breaks it."""

    def __init__(self, what: str, story: Iterable[str]) -> None:
        super().__init__(what + "".join(f"\n  {number}. {step}" for number, step in enumerate(story, 1)))


@dataclass
class Explored(Generic[State]):
    """Every reachable state, how it was first reached, and where its steps lead."""

    came_by: dict[State, tuple[State | None, str]] = field(default_factory=dict)
    leads_to: dict[State, set[State]] = field(default_factory=dict)

    def story(self, state: State) -> list[str]:
        """Return the steps of a shortest way to a state."""
        steps: list[str] = []
        before, step = self.came_by[state]
        while before is not None:
            steps.append(step)
            before, step = self.came_by[before]
        return steps[::-1]

    def check_always_possible(self, goal: Callable[[State], bool], what: str) -> None:
        """Check that from wherever the model got, the goal can still be reached.

        Raises:
            Broken: naming a shortest way into a state from which it cannot.
        """
        backwards: dict[State, list[State]] = {}
        for state, others in self.leads_to.items():
            for other in others:
                backwards.setdefault(other, []).append(state)
        reached = {state for state in self.came_by if goal(state)}
        waiting = list(reached)
        while waiting:
            for state in backwards.get(waiting.pop(), ()):
                if state not in reached:
                    reached.add(state)
                    waiting.append(state)
        for state in self.came_by:  # in the order of discovery: the first is the nearest
            if state not in reached:
                raise Broken(f"never again possible: {what}", self.story(state))


def explore(start: State, steps: Steps[State], promises: Mapping[str, Promise[State]], most: int) -> Explored[State]:
    """Visit every reachable state, nearest first, checking every promise in each.

    Raises:
        Broken: a promise does not hold.
        ValueError: there are more than ``most`` states; the model is not small.
    """
    found: Explored[State] = Explored({start: (None, "")})
    waiting = deque([start])
    while waiting:
        state = waiting.popleft()
        for name, promise in promises.items():
            broken = promise(state)
            if broken is not None:
                raise Broken(f"{name}: {broken}", found.story(state))
        after = found.leads_to.setdefault(state, set())
        for step, other in steps(state):
            after.add(other)
            if other not in found.came_by:
                found.came_by[other] = (state, step)
                waiting.append(other)
        if len(found.came_by) > most:
            raise ValueError(f"more than {most} states")
    return found
