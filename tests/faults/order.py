"""The queue and the waitlist move in order of danger: nobody is passed over by somebody in less danger."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime

from shared.contracts.vocabulary import Service
from tests.faults.findings import Finding, story
from tests.faults.history import History
from tests.faults.records import Incident, Step, Stores

_WAITS = {Service.DISPATCH: "queued", Service.SHELTER_BEDS: "waitlisted"}
_TAKES = {Service.DISPATCH: frozenset({"assigned", "reassigned"}), Service.SHELTER_BEDS: frozenset({"held"})}


def most_dangerous_first(history: History, stores: Stores) -> Iterator[Finding]:
    """P10: among families that fit the same rooms and units, the one in greater danger is served first.

    Compared are incidents that never changed, so that everybody knew their danger all the time; as passed over counts
    only who had not been offered anything before, because what was declined is not offered to the same again at once.
    """
    alike = {history.accepted[name]: call.alike for name, call in history.calls.items() if name in history.accepted}
    steady = {each.id: each for each in stores.incidents if each.version == 1 and alike.get(each.id)}
    first = {each.id for each in stores.owned if each.attempt == 1}
    for service, waits in _WAITS.items():
        waiting: dict[str, dict[str, Step]] = defaultdict(dict)
        served: set[str] = set()
        for step in stores.steps.get(service, ()):
            taker = steady.get(step.incident)
            if taker is None:
                continue
            group = waiting[f"{alike[taker.id]} {taker.mode}"]
            group.pop(step.entity, None)
            if step.word in _TAKES[service]:
                yield from _passed_over(step, taker, group, steady)
                served.add(step.entity)
            elif step.word == waits and step.entity not in served and step.entity in first:
                group[step.entity] = step


def _passed_over(
    taken: Step, taker: Incident, group: dict[str, Step], steady: dict[str, Incident]
) -> Iterator[Finding]:
    for waits in group.values():
        passed = steady[waits.incident]
        if _danger(passed) < _danger(taker):
            what = f"priority {passed.priority} waited while priority {taker.priority} was served"
            yield Finding("P10", what, passed.id, story([waits, taken]))


def _danger(incident: Incident) -> tuple[int, datetime]:
    return incident.priority, incident.raised_at
