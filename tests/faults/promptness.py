"""Every leg is answered, or a human is told in time (P2); after the last fault everything is answered soon."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime

from shared.contracts.vocabulary import LegKind, Service
from tests.faults.findings import Finding
from tests.faults.history import History
from tests.faults.records import Incident, Leg, Stores

LOUD_WITHIN = 5.0
"""Seconds after a deadline, or after intake is ready again."""
RECOVERED_WITHIN = 30.0
_FAMILY = {
    "dispatch.job": LegKind.POLICE,
    "shelter_beds.placement": LegKind.SHELTER,
    "notify.handover": LegKind.CENTRE,
}
_JUMP = 3600.0


def answered_or_overdue(history: History, stores: Stores) -> Iterator[Finding]:
    """P2: no needed leg waits at the end, and none was late without being shown as overdue in time."""
    accepted = set(history.accepted.values())
    incidents = {each.id: each for each in stores.incidents if each.id in accepted and each.state != "cancelled"}
    loud: dict[str, float] = {}
    for step in stores.steps.get(Service.INTAKE, ()):
        if step.type == "intake.leg.overdue":
            loud[step.entity] = min(loud.get(step.entity, step.at.timestamp()), step.at.timestamp())
    first = _first_answers(stores)
    for leg in stores.legs:
        incident = incidents.get(leg.incident)
        if incident is None or leg.request == 0 or leg.state in {"waived", "not_needed"}:
            continue
        if leg.state == "waiting":
            loudly = "overdue" if leg.overdue else "silent"
            yield Finding("P2", f"the {leg.kind} leg was never answered ({loudly})", incident.id)
        elif leg.request == 1:
            yield from _late(history, stores, incident, leg, first.get((incident.id, leg.kind)), loud)
    for seen in history.silent:
        what = f"the {seen.leg} leg was seen {seen.seen_at - seen.due_at:.1f} s after its deadline, not overdue"
        yield Finding("P2", what, seen.incident)


def _late(
    history: History,
    stores: Stores,
    incident: Incident,
    leg: Leg,
    answered: float | None,
    loud: Mapping[str, float],
) -> Iterator[Finding]:
    """Find a leg that was answered late and not shown as overdue in time."""
    asked = (leg.asked_at or incident.raised_at).timestamp()
    if answered is None or _doubtful(history, asked) or _doubtful(history, answered):
        return
    allowed = ready_again(history, asked + stores.answered_within) + LOUD_WITHIN
    if answered > allowed and loud.get(leg.id, answered) > allowed:
        said = f"overdue at {_clock(loud[leg.id])}" if leg.id in loud else "never overdue"
        told = (f"asked at {_clock(asked)}", f"answer heard at {_clock(answered)}, {said}, allowed {_clock(allowed)}")
        yield Finding("P2", f"silent: the {leg.kind} leg was late and nobody was told", incident.id, told)


def ready_again(history: History, moment: float) -> float:
    """Return the moment, or when intake was ready again if it was not ready then."""
    for began, ended in sorted(history.unready):
        if began <= moment < ended + LOUD_WITHIN:
            moment = max(moment, ended)
    return moment


def recovered_in_time(history: History, _stores: Stores) -> Iterator[Finding]:
    """P5: after the last fault everything that can be answered is, within thirty seconds."""
    for episode in history.episodes:
        if episode.recovered is None:
            some = episode.waiting[:5]
            what = f"{len(episode.waiting)} incidents waited {RECOVERED_WITHIN:g} s after: {episode.name}"
            yield Finding("P5", what, None, some)


def _first_answers(stores: Stores) -> dict[tuple[str, LegKind], float]:
    first: dict[tuple[str, LegKind], float] = {}
    for row in stores.timeline:
        kind = _FAMILY.get(row.type.rpartition(".")[0])
        if kind is not None:
            key, at = (row.incident, kind), row.heard_at.timestamp()
            first[key] = min(first.get(key, at), at)
    return first


def _doubtful(history: History, moment: float) -> bool:
    """Say whether intake's clock was moved around a moment, so that its times cannot be compared with ours."""
    moved = [fault for fault in history.faults if fault.name.startswith("clock") and fault.hit(Service.INTAKE)]
    return any(
        fault.began - LOUD_WITHIN <= moment + shift <= fault.ended + LOUD_WITHIN
        for fault in moved
        for shift in (-_JUMP, 0.0, _JUMP)
    )


def _clock(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%H:%M:%S.%f}"
