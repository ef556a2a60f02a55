"""The checker on made-up stores: it is silent about good ones and names every kind of broken promise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.vocabulary import LegKind, Service
from tests.faults import checker
from tests.faults.findings import Finding, smallest
from tests.faults.history import Call, Done, Episode, History, Silent
from tests.faults.records import DeadLetter, Heard, Incident, Leg, Owned, Step, Stores

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
INTAKE, DISPATCH, SHELTERS, NOTIFY = Service.INTAKE, Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY
P, S, C = LegKind.POLICE, LegKind.SHELTER, LegKind.CENTRE


def moment(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def incident(name: str, *, priority: int = 1, raised: float = 0.0, mode: str = "actual", **more: Any) -> Incident:
    told = {"id": name, "number": f"N-{name}", "name": name, "state": "open", "version": 1, **more}
    return Incident(**told, mode=mode, priority=priority, raised_at=moment(raised))


def leg(of: str, kind: LegKind, owned: Owned, word: str, **more: Any) -> Leg:
    told: dict[str, Any] = {
        "state": "answered",
        "request": 1,
        "attempt": 1,
        "entity": owned.id,
        "entity_version": owned.version,
        "quoted": 1,
        "asked_at": moment(0),
        "due_at": None,
        "overdue": False,
        "detail": {word: owned.state},
        "id": f"leg-{of}-{kind}",
    }
    return Leg(incident=of, kind=kind, **{**told, **more})


def owned(kind: LegKind, of: str, state: str, thing: str | None, **more: Any) -> Owned:
    told = {"attempt": 1, "request": 1, "version": 1, "mode": "actual", "shadow": False, **more}
    return Owned(kind=kind, id=f"{kind}-{of}", incident=of, state=state, thing=thing, **told)


def step(order: int, entity: str, version: int, of: str, word: str, holder: str | None = None, **more: Any) -> Step:
    told = {"at": moment(order), "by": "rule", "step": version + 1, **more}
    return Step(order, entity, version, of, word, holder=holder, **told)


def heard(row: Step, *, after: float = 0.0) -> Heard:
    return Heard(row.entity, row.version, row.incident, row.type, row.step, row.at + timedelta(seconds=after))


def call(name: str, *, drill: bool = False, alike: str = "family") -> Call:
    return Call(name, 0.0, {}, frozenset({P, S, C}), drill, alike)


def good(*names: str, priorities: Sequence[int] = ()) -> tuple[History, Stores]:
    """Return a storm after which every incident has a unit, a room and a handover."""
    history = History(seed=1, database="sqlite", began=NOW.timestamp())
    incidents, legs, everything = [], [], []
    steps: dict[Service, list[Step]] = {INTAKE: [], DISPATCH: [], SHELTERS: [], NOTIFY: []}
    for place, name in enumerate(names):
        history.calls[name], history.accepted[name] = call(name), name
        incidents.append(incident(name, priority=priorities[place] if priorities else 1, raised=0.1 * place))
        job = owned(P, name, "assigned", f"unit-{name}")
        placement = owned(S, name, "held", f"room-{name}", due_at=moment(600))
        handover = owned(C, name, "offered", "centre")
        everything += [job, placement, handover]
        legs += [
            leg(name, P, job, "job_state"),
            leg(name, S, placement, "placement_state"),
            leg(name, C, handover, "handover_state"),
        ]
        steps[INTAKE].append(step(place, name, 1, name, "intake.incident.raised", step=1))
        steps[DISPATCH].append(step(place, job.id, 1, name, "dispatch.job.assigned", job.thing))
        steps[SHELTERS].append(step(place, placement.id, 1, name, "shelter_beds.placement.held", placement.thing))
        steps[NOTIFY].append(step(place, handover.id, 1, name, "notify.handover.offered"))
    known = dict.fromkeys(names, 1)
    told = [heard(row) for service, rows in steps.items() if service is not INTAKE for row in rows]
    stores = Stores(
        read_at=moment(60),
        incidents=incidents,
        legs=legs,
        timeline=told,
        steps=steps,
        owned=everything,
        known={DISPATCH: known, SHELTERS: known, NOTIFY: known},
    )
    return history, stores


def found(check: str, history: History, stores: Stores) -> list[Finding]:
    return list(checker.CHECKS[check](history, stores))


def with_steps(stores: Stores, service: Service, *rows: Step) -> Stores:
    """Return the stores with an owner's steps replaced; intake heard of them."""
    told = [heard(row) for row in rows]
    others = [row for row in stores.timeline if row.type.split(".")[0] != service.value]
    return replace(stores, steps={**stores.steps, service: list(rows)}, timeline=[*others, *told])


@pytest.mark.parametrize("check", checker.CHECKS)
def test_a_good_storm_has_no_findings(check: str) -> None:
    assert found(check, *good("a", "b", "c")) == []


def test_an_accepted_call_that_is_nowhere_is_lost() -> None:
    history, stores = good("a")
    assert "lost" in found("accepted once", history, replace(stores, incidents=[]))[0].what


def test_a_call_that_became_two_incidents_is_doubled() -> None:
    history, stores = good("a")
    twice = [*stores.incidents, replace(stores.incidents[0], id="a2", number="N-2")]
    assert "doubled" in found("accepted once", history, replace(stores, incidents=twice))[0].what


def test_a_number_given_twice_is_found() -> None:
    history, stores = good("a", "b")
    same = [replace(each, number="N") for each in stores.incidents]
    assert "number" in found("accepted once", history, replace(stores, incidents=same))[0].what


def test_a_leg_that_still_waits_is_found_and_called_silent_if_nobody_was_told() -> None:
    history, stores = good("a")
    waiting = [replace(each, state="waiting") for each in stores.legs]
    assert "silent" in found("answered or overdue", history, replace(stores, legs=waiting))[0].what


def late(history: History, stores: Stores, after: float) -> Stores:
    return replace(stores, timeline=[heard(row, after=after) for row in stores.steps[DISPATCH]])


def test_a_late_answer_of_which_nobody_was_told_is_silent() -> None:
    history, stores = good("a")
    assert found("answered or overdue", history, late(history, stores, 9.0)) == []
    assert "silent" in found("answered or overdue", history, late(history, stores, 11.0))[0].what


def test_a_late_answer_that_was_loud_in_time_is_no_finding() -> None:
    history, stores = good("a")
    loud = step(9, f"leg-a-{P}", 1, "a", "intake.leg.overdue", at=moment(9.5))
    steps = {**stores.steps, INTAKE: [*stores.steps[INTAKE], loud]}
    assert found("answered or overdue", history, late(history, replace(stores, steps=steps), 30.0)) == []


def test_while_intake_is_not_ready_it_cannot_be_loud() -> None:
    history, stores = good("a")
    history.unready.append((NOW.timestamp() + 4, NOW.timestamp() + 20))
    assert found("answered or overdue", history, late(history, stores, 24.0)) == []
    assert len(found("answered or overdue", history, late(history, stores, 26.0))) == 1


def test_a_leg_seen_late_and_not_shown_so_is_found() -> None:
    history, stores = good("a")
    history.silent.append(Silent("a", "police", 100.0, 107.0))
    assert "not overdue" in found("answered or overdue", history, stores)[0].what


def test_a_room_held_by_two_at_once_is_found_even_if_nobody_does_at_the_end() -> None:
    history, stores = good("a", "b")
    held, freed = "shelter_beds.placement.held", "shelter_beds.placement.released"
    rows = (
        step(1, "shelter-a", 1, "a", held, "room"),
        step(2, "shelter-b", 1, "b", held, "room"),
        step(3, "shelter-a", 2, "a", freed),
        step(4, "shelter-b", 2, "b", freed),
    )
    finding = found("nothing shared", history, with_steps(stores, SHELTERS, *rows))[0]
    assert (finding.promise, len(finding.story)) == ("P3", 2)


def test_a_room_given_on_after_it_was_freed_is_no_finding() -> None:
    history, stores = good("a", "b")
    rows = (
        step(1, "shelter-a", 1, "a", "shelter_beds.placement.held", "room"),
        step(2, "shelter-a", 2, "a", "shelter_beds.placement.declined"),
        step(3, "shelter-b", 1, "b", "shelter_beds.placement.held", "room"),
    )
    assert found("nothing shared", history, with_steps(stores, SHELTERS, *rows)) == []


def test_units_that_change_hands_within_one_transaction_are_not_shared() -> None:
    history, stores = good("a", "b")
    rows = (
        step(1, "police-a", 1, "a", "dispatch.job.assigned", "unit-1"),
        step(2, "police-b", 1, "b", "dispatch.job.assigned", "unit-2"),
        step(3, "police-a", 2, "a", "dispatch.job.reassigned", "unit-2", at=moment(9)),
        step(4, "police-b", 2, "b", "dispatch.job.reassigned", "unit-1", at=moment(9)),
    )
    assert found("nothing shared", history, with_steps(stores, DISPATCH, *rows)) == []


def test_two_live_handovers_of_one_incident_are_found() -> None:
    history, stores = good("a")
    second = replace(stores.owned[2], id="second", attempt=2)
    rows = (*stores.steps[NOTIFY], step(5, "second", 1, "a", "notify.handover.offered"))
    stores = replace(with_steps(stores, NOTIFY, *rows), owned=[*stores.owned, second])
    told = [finding.what for finding in found("one live answer", history, stores)]
    assert any("two live at once" in what for what in told)
    assert any("2 handovers stand" in what for what in told)


def test_an_incident_without_the_handover_it_needs_is_found() -> None:
    history, stores = good("a")
    assert "0 handovers" in found("one live answer", history, replace(stores, owned=stores.owned[:2]))[0].what


def test_a_hold_that_outlives_its_time_is_found() -> None:
    history, stores = good("a")
    over = [replace(each, due_at=moment(50)) if each.kind is S else each for each in stores.owned]
    assert "still held" in found("holds end", history, replace(stores, owned=over))[0].what


def test_a_released_placement_that_keeps_its_room_is_found() -> None:
    history, stores = good("a")
    rows = (*stores.steps[SHELTERS], step(5, "shelter-a", 2, "a", "shelter_beds.placement.released", "room-a"))
    assert "did not free" in found("holds end", history, with_steps(stores, SHELTERS, *rows))[0].what


def test_whoever_is_in_less_danger_and_served_first_is_found() -> None:
    history, stores = good("a", "b", priorities=(1, 2))
    rows = (
        step(1, "shelter-a", 1, "a", "shelter_beds.placement.waitlisted"),
        step(2, "shelter-b", 1, "b", "shelter_beds.placement.held", "room"),
    )
    finding = found("most dangerous first", history, with_steps(stores, SHELTERS, *rows))[0]
    assert "priority 1 waited while priority 2" in finding.what


def test_families_that_do_not_fit_the_same_rooms_are_not_compared() -> None:
    history, stores = good("a", "b", priorities=(1, 2))
    history.calls["a"] = call("a", alike="larger")
    rows = (
        step(1, "shelter-a", 1, "a", "shelter_beds.placement.waitlisted"),
        step(2, "shelter-b", 1, "b", "shelter_beds.placement.held", "room"),
    )
    assert found("most dangerous first", history, with_steps(stores, SHELTERS, *rows)) == []


def test_a_step_that_intake_never_heard_of_is_found() -> None:
    history, stores = good("a")
    assert "lacks a step" in found("timelines whole", history, replace(stores, timeline=stores.timeline[1:]))[0].what


def test_logical_steps_that_run_backwards_are_found() -> None:
    history, stores = good("a")
    rows = (*stores.steps[DISPATCH], step(5, "police-a", 2, "a", "dispatch.job.acknowledged", "unit-a", step=1))
    assert "backwards" in found("timelines whole", history, with_steps(stores, DISPATCH, *rows))[0].what


@pytest.mark.parametrize(
    ("shown", "words"),
    [
        ([("intake.incident.raised", "a", 1), ("x.y.z", "job", 1), ("x.y.z", "job", 1)], "twice"),
        ([("x.y.z", "job", 1), ("intake.incident.raised", "a", 1)], "does not begin"),
        ([("intake.incident.raised", "a", 1), ("x.y.z", "job", 2), ("x.y.z", "job", 1)], "effect before its cause"),
    ],
)
def test_a_public_timeline_out_of_order_is_found(shown: list[tuple[str, str, int]], words: str) -> None:
    history, stores = good("a")
    history.timelines["a"] = [{"type": t, "entity": e, "version": v, "step": 1} for t, e, v in shown]
    assert words in found("timelines whole", history, stores)[0].what


def test_a_picture_that_differs_from_its_owners_is_found() -> None:
    history, stores = good("a")
    moved = [replace(each, state="cleared", version=7) if each.kind is P else each for each in stores.owned]
    finding = found("pictures agree", history, replace(stores, owned=moved))[0]
    assert "picture of the police leg" in finding.what


def test_an_owner_that_knows_an_older_version_is_found() -> None:
    history, stores = good("a")
    newer = [replace(each, version=2) for each in stores.incidents]
    told = [finding.what for finding in found("pictures agree", history, replace(stores, incidents=newer))]
    assert told[0] == "dispatch knows version 1 of an incident at version 2"


def test_a_drill_that_holds_a_real_room_is_found() -> None:
    history, stores = good("a")
    drill = [replace(each, mode="exercise") for each in stores.incidents]
    held = replace(stores, incidents=drill, owned=[replace(each, mode="exercise") for each in stores.owned])
    told = [finding.what for finding in found("drills touch nobody", history, held)]
    assert any("shadow False" in what for what in told)
    assert "a drill holds a real one" in told


def test_a_drill_that_pages_somebody_is_found() -> None:
    history, stores = good("a")
    paged = replace(stores, deliveries=[("exercise", "simulated"), ("exercise", "delivered")])
    assert len(found("drills touch nobody", history, paged)) == 1


def test_an_episode_after_which_somebody_still_waits_is_found() -> None:
    history, stores = good("a")
    history.episodes.append(Episode((Done("kill nats", frozenset({"nats"}), 0.0, 1.0),), None, ("a",)))
    assert "kill nats" in found("recovered in time", history, stores)[0].what


def test_asking_more_than_fifty_times_in_a_second_is_found() -> None:
    history, stores = good("a")
    fifty = [moment(place / 50) for place in range(200)]
    assert found("asked gently", history, replace(stores, asks=fifty)) == []
    assert len(found("asked gently", history, replace(stores, asks=[*fifty, moment(1)]))) == 1


def test_an_honest_message_that_was_buried_is_found() -> None:
    history, stores = good("a")
    history.poison.add("made")
    letters = [DeadLetter(DISPATCH, "INTAKE", event, "keeps failing") for event in ("made", "honest")]
    assert len(found("nothing buried", history, replace(stores, dead_letters=letters))) == 1


def test_an_answer_that_nobody_should_get_is_found() -> None:
    history, stores = good("a")
    history.surprises.append("500 for a client")
    assert len(found("nothing buried", history, stores)) == 1


def test_a_broken_audit_trail_is_found() -> None:
    history, stores = good("a")
    assert len(found("audited", history, replace(stores, broken_trails=[(INTAKE, 7)]))) == 1


def test_the_smallest_counter_example_is_the_shortest_story() -> None:
    long, short = Finding("P3", "long", story=("1", "2", "3")), Finding("P3", "short", story=("1",))
    assert smallest([long, short]) == short
