"""Were the promises kept? One function a promise: from what was seen and what the stores hold to what is wrong."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby

from shared.contracts.vocabulary import LegKind, Service
from tests.faults import order, promptness
from tests.faults.findings import Finding, story
from tests.faults.history import History
from tests.faults.records import Owned, Step, Stores
from tests.support.stack import overlaps

ENDED = {
    LegKind.POLICE: frozenset({"cleared", "cancelled"}),
    LegKind.SHELTER: frozenset({"departed", "released", "expired", "declined", "cancelled", "no_show"}),
    LegKind.CENTRE: frozenset({"declined", "completed", "cancelled"}),
}
_FAMILY = {
    LegKind.POLICE: "dispatch.job",
    LegKind.SHELTER: "shelter_beds.placement",
    LegKind.CENTRE: "notify.handover",
}
_STATE = {LegKind.POLICE: "job_state", LegKind.SHELTER: "placement_state", LegKind.CENTRE: "handover_state"}
_TOLD_TO_INTAKE = (*_FAMILY.values(), "notify.notice")
_LATE = timedelta(seconds=5)
_MOST_ASKS = 50


def accepted_once(history: History, stores: Stores) -> Iterator[Finding]:
    """P1, P4: every accepted call is exactly one incident, however often it was sent; numbers are unique."""
    named: dict[str, list[str]] = defaultdict(list)
    for incident in stores.incidents:
        named[incident.name].append(incident.id)
    for name, incident_id in history.accepted.items():
        if incident_id not in named.get(name, ()):
            yield Finding("P1", f"lost: call {name} was accepted and is not in intake's store", incident_id)
    for name in history.calls:
        if len(named.get(name, ())) > 1:
            yield Finding("P4", f"doubled: call {name} is {len(named[name])} incidents", None, tuple(named[name]))
    for number, times in Counter(incident.number for incident in stores.incidents).items():
        if times > 1:
            yield Finding("P4", f"number {number} was given {times} times")


def nothing_shared(_history: History, stores: Stores) -> Iterator[Finding]:
    """P3: at no instant do two active placements share a room, or two active jobs a unit."""
    for service in (Service.DISPATCH, Service.SHELTER_BEDS):
        steps = stores.steps.get(service, ())
        for sentence in overlaps(_by_commit(steps, lambda step: step.holder)):
            thing = sentence.split(" ", 1)[0]
            yield Finding("P3", f"shared: {sentence}", None, story([step for step in steps if step.holder == thing]))


def one_live_answer(history: History, stores: Stores) -> Iterator[Finding]:
    """P4: an incident has one live job, placement and handover at a time; who needs a handover has exactly one."""
    for kind in LegKind:
        steps = [step for step in stores.steps.get(kind.service, ()) if step.type.startswith(f"{_FAMILY[kind]}.")]
        final = {each.id: each for each in stores.owned if each.kind is kind}

        def lives(step: Step, kind: LegKind = kind, final: Mapping[str, Owned] = final) -> str | None:
            return None if _ends(kind, step, final) else step.incident

        for sentence in overlaps(_by_commit(steps, lives)):
            incident = sentence.split(" ", 1)[0]
            told = story([step for step in steps if step.incident == incident])
            yield Finding("P4", f"two live at once ({_FAMILY[kind]}): {sentence}", incident, told)
    accepted = set(history.accepted.values())
    states = {incident.id: incident.state for incident in stores.incidents}
    handovers = _by_incident(each for each in stores.owned if each.kind is LegKind.CENTRE)
    for leg in stores.legs:
        wanted = leg.request > 0 and leg.state not in {"waived", "not_needed"}
        if leg.kind is not LegKind.CENTRE or not wanted or leg.incident not in accepted:
            continue
        mine = handovers.get(leg.incident, [])
        standing = [each for each in mine if each.state not in {"declined", "cancelled"}]
        unmet = bool(mine) and all(each.state == "declined" for each in mine if each.request == leg.request)
        if len(standing) != 1 and not unmet and states[leg.incident] != "cancelled":
            told = tuple(f"handover {each.id} attempt {each.attempt} is {each.state}" for each in mine)
            yield Finding("P4", f"{len(standing)} handovers stand where one is needed", leg.incident, told)


def _by_commit(
    steps: Sequence[Step], thing: Callable[[Step], str | None]
) -> Iterator[tuple[str, int, str | None, str]]:
    """Return what each entity has after each transaction: within one, things may change hands in any order.

    The steps of one transaction stand together and bear the same moment.
    """
    for _, together in groupby(steps, key=lambda step: step.at):
        last = {step.entity: step for step in together}
        for step in last.values():
            yield step.entity, step.version, None, str(step.order)
        for step in last.values():
            yield step.entity, step.version, thing(step), str(step.order)


def _ends(kind: LegKind, step: Step, final: Mapping[str, Owned]) -> bool:
    """Say whether an entity is over after a step."""
    last = final.get(step.entity)
    at_its_end = last is not None and step.version >= last.version and last.state in ENDED[kind]
    return at_its_end or step.word in ENDED[kind]


def holds_end(_history: History, stores: Stores) -> Iterator[Finding]:
    """P3: what ended holds nothing, and no hold outlives its time."""
    final = {each.id: each for each in stores.owned}
    for kind in (LegKind.POLICE, LegKind.SHELTER):
        for step in stores.steps.get(kind.service, ()):
            if step.entity in final and step.holder and _ends(kind, step, final):
                told = story([each for each in stores.steps[kind.service] if each.entity == step.entity])
                yield Finding("P3", f"{step.type} did not free {step.holder}", step.incident, told)
    for each in stores.owned:
        waits = each.state in {"held", "assigned"}
        if waits and each.due_at is not None and each.due_at < stores.read_at - _LATE:
            late = (stores.read_at - each.due_at).total_seconds()
            own = [step for step in stores.steps.get(each.kind.service, ()) if step.entity == each.id]
            what = f"{_FAMILY[each.kind]} {each.id} is still {each.state} after its time"
            yield Finding("P3", what, each.incident, (*story(own), f"its time was over {late:.0f} s ago"))


def timelines_whole(history: History, stores: Stores) -> Iterator[Finding]:
    """P5: intake's timeline holds every step of every owner once, and no step comes before its cause."""
    heard: dict[tuple[str, int], int] = {(row.entity, row.version): row.step for row in stores.timeline}
    mine = {incident.id for incident in stores.incidents}
    for steps in stores.steps.values():
        newest: dict[str, Step] = {}
        for step in sorted(steps, key=lambda each: (each.entity, each.version)):
            before = newest.get(step.entity)
            if before is not None and step.step <= before.step:
                what = "logical steps run backwards"
                yield Finding("P5", what, step.incident, story([before, step]))
            newest[step.entity] = step
            if step.incident not in mine or not step.type.startswith(_TOLD_TO_INTAKE):
                continue
            if heard.get((step.entity, step.version)) != step.step:
                yield Finding("P5", "intake's timeline lacks a step", step.incident, story([step]))
    for incident, items in history.timelines.items():
        yield from _public_timeline(incident, items)


def _public_timeline(incident: str, items: Sequence[Mapping[str, object]]) -> Iterator[Finding]:
    told = tuple(f"{item['step']} {item['type']} v{item['version']} of {item['entity']}" for item in items)
    keys = [(item["entity"], item["version"]) for item in items]
    if len(set(keys)) < len(keys):
        yield Finding("P5", "a timeline shows a step twice", incident, told)
    if items and items[0]["type"] != "intake.incident.raised":
        yield Finding("P5", "a timeline does not begin with the call", incident, told)
    last: dict[object, int] = {}
    for item in items:
        version = int(str(item["version"]))
        if version < last.get(item["entity"], 0):
            yield Finding("P5", "a timeline shows an effect before its cause", incident, told)
        last[item["entity"]] = version


def pictures_agree(history: History, stores: Stores) -> Iterator[Finding]:
    """P5: at the end intake shows what the owners have, and the owners know the newest version of the incident."""
    owned = _by_incident(stores.owned)
    accepted = set(history.accepted.values())
    versions = {incident.id: incident.version for incident in stores.incidents}
    for leg in stores.legs:
        if leg.incident not in accepted or leg.request == 0:
            continue
        known = stores.known.get(leg.kind.service, {}).get(leg.incident)
        if known != versions[leg.incident]:
            what = f"{leg.kind.service} knows version {known} of an incident at version {versions[leg.incident]}"
            yield Finding("P5", what, leg.incident)
        newest = max(
            (each for each in owned.get(leg.incident, ()) if each.kind is leg.kind),
            key=lambda each: each.attempt,
            default=None,
        )
        if newest is None:
            yield Finding("P5", f"{leg.kind.service} has no answer for the {leg.kind} leg", leg.incident)
            continue
        has = (newest.id, newest.version, newest.state)
        shows = (leg.entity, leg.entity_version, leg.detail.get(_STATE[leg.kind]))
        if has != shows:
            what = f"intake's picture of the {leg.kind} leg differs from its owner's"
            yield Finding("P5", what, leg.incident, (f"intake shows {shows}", f"{leg.kind.service} has {has}"))


def drills_touch_nobody(_history: History, stores: Stores) -> Iterator[Finding]:
    """P9: drills hold shadow units and rooms only and page nobody; real incidents hold no shadow."""
    for each in stores.owned:
        drill = each.mode != "actual"
        if each.shadow != drill:
            yield Finding("P9", f"{_FAMILY[each.kind]} {each.id} of mode {each.mode} has shadow {each.shadow}")
    drills = {each.id for each in stores.owned if each.mode != "actual"}
    for service in (Service.DISPATCH, Service.SHELTER_BEDS):
        for step in stores.steps.get(service, ()):
            if step.holder and (step.holder in stores.shadows) != (step.entity in drills):
                kind = "a drill holds a real one" if step.entity in drills else "a real incident holds a shadow"
                yield Finding("P9", kind, step.incident, story([step]))
    for mode, state in stores.deliveries:
        if mode != "actual" and state in {"sent", "delivered"}:
            yield Finding("P9", f"a delivery of a drill is {state}")


def asked_gently(_history: History, stores: Stores) -> Iterator[Finding]:
    """P5: intake asks again at most fifty times in any second."""
    asks = sorted(stores.asks)
    worst, first = 0, 0
    at: datetime | None = None
    for number, moment in enumerate(asks):
        while moment - asks[first] >= timedelta(seconds=1):
            first += 1
        if number - first + 1 > worst:
            worst, at = number - first + 1, asks[first]
    if worst > _MOST_ASKS and at is not None:
        yield Finding("P5", f"intake asked again {worst} times in the second after {at:%H:%M:%S.%f}")


def nothing_buried(history: History, stores: Stores) -> Iterator[Finding]:
    """Only what was made to be unreadable or to fail is a dead letter, and no client ever met a fault of ours."""
    for letter in stores.dead_letters:
        if letter.event not in history.poison:
            yield Finding("P5", f"{letter.service} buried an honest message of {letter.stream}: {letter.reason}")
    for surprise in history.surprises:
        yield Finding("P10", surprise)


def audited(_history: History, stores: Stores) -> Iterator[Finding]:
    """P8: every audit trail is one unbroken chain."""
    for service, line in stores.broken_trails:
        yield Finding("P8", f"the audit trail of {service} breaks at line {line}")


def _by_incident(owned: Iterator[Owned] | Sequence[Owned]) -> dict[str, list[Owned]]:
    found: dict[str, list[Owned]] = defaultdict(list)
    for each in owned:
        found[each.incident].append(each)
    return found


Check = Callable[[History, Stores], Iterator[Finding]]

CHECKS: Mapping[str, Check] = {
    "accepted once": accepted_once,
    "answered or overdue": promptness.answered_or_overdue,
    "nothing shared": nothing_shared,
    "one live answer": one_live_answer,
    "holds end": holds_end,
    "most dangerous first": order.most_dangerous_first,
    "timelines whole": timelines_whole,
    "pictures agree": pictures_agree,
    "drills touch nobody": drills_touch_nobody,
    "recovered in time": promptness.recovered_in_time,
    "asked gently": asked_gently,
    "nothing buried": nothing_buried,
    "audited": audited,
}


def check(history: History, stores: Stores) -> dict[str, list[Finding]]:
    """Return what is wrong, by check; an empty list where the promise was kept."""
    return {name: list(look(history, stores)) for name, look in CHECKS.items()}
