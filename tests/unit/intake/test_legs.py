"""The three promises: every state, every answer, every deadline (CONTRACT, "Legs")."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.intake.domain.legs import (
    REOPENED_WITHIN,
    Answered,
    Leg,
    asked,
    became_overdue,
    from_handover,
    from_job,
    from_placement,
    heard,
    requested,
    waived,
)
from shared.contracts.events import HandoverPublic, JobPublic, PlacementPublic
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.vocabulary import HandoverState, JobState, LegKind, LegState, PlacementState, WhoDecided
from shared.errors import IllegalMove

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)
DEADLINES = Deadlines()
LIVE = {LegState.WAITING, LegState.ANSWERED, LegState.ACCEPTED}
ACCEPTED = {LegState.ACCEPTED, LegState.DONE}
ANSWERABLE = [LegState.ANSWERED, LegState.ACCEPTED, LegState.DONE, LegState.UNMET]

JOBS = {
    JobState.QUEUED: (LegState.UNMET, False),
    JobState.ASSIGNED: (LegState.ANSWERED, False),
    JobState.ACKNOWLEDGED: (LegState.ACCEPTED, False),
    JobState.EN_ROUTE: (LegState.ACCEPTED, False),
    JobState.ON_SCENE: (LegState.DONE, False),
    JobState.TRANSPORTING: (LegState.DONE, False),
    JobState.DELIVERED: (LegState.DONE, False),
    JobState.CLEARED: (LegState.DONE, True),
    JobState.CANCELLED: (LegState.UNMET, True),
}
PLACEMENTS = {
    PlacementState.WAITLISTED: (LegState.UNMET, False),
    PlacementState.HELD: (LegState.ANSWERED, False),
    PlacementState.CONFIRMED: (LegState.ACCEPTED, False),
    PlacementState.ARRIVED: (LegState.DONE, False),
    PlacementState.ABSENT: (LegState.DONE, False),
    PlacementState.DEPARTED: (LegState.DONE, True),
    PlacementState.RELEASED: (LegState.UNMET, True),
    PlacementState.EXPIRED: (LegState.UNMET, True),
    PlacementState.DECLINED: (LegState.UNMET, True),
    PlacementState.CANCELLED: (LegState.UNMET, True),
    PlacementState.NO_SHOW: (LegState.UNMET, True),
}
HANDOVERS = {
    HandoverState.OFFERED: (LegState.ANSWERED, False),
    HandoverState.ACKNOWLEDGED: (LegState.ACCEPTED, False),
    HandoverState.ACCEPTED: (LegState.DONE, False),
    HandoverState.COMPLETED: (LegState.DONE, True),
    HandoverState.DECLINED: (LegState.UNMET, True),
    HandoverState.CANCELLED: (LegState.UNMET, True),
}


def leg(state: LegState = LegState.NOT_NEEDED, kind: LegKind = LegKind.SHELTER, **more: object) -> Leg:
    """Return a leg as it would stand in a state after its first request."""
    plain = Leg("l", kind)
    if state is LegState.NOT_NEEDED:
        return plain
    waiting = asked(plain, NOW, DEADLINES)
    if state is LegState.WAIVED:
        waiting = waived(waiting, NOW, WhoDecided.VICTIM)
    elif state is not LegState.WAITING:
        waiting = heard(waiting, answer(state), NOW, DEADLINES)
    return replace(waiting, **more)  # type: ignore[arg-type]  # any field


def answer(state: LegState, *, attempt: int = 1, request: int = 1, ended: bool = False) -> Answered:
    return Answered(state, attempt, request, ended, None, {"attempt": attempt})


@pytest.mark.parametrize("state", JobState)
def test_what_a_job_means(state: JobState) -> None:
    read = from_job("j", JobPublic(state=state, attempt=2, request=3, unit="N-1", ack_by=LATER))
    assert (read.state, read.ended) == JOBS[state]
    assert (read.attempt, read.request) == (2, 3)
    assert read.due_at == (LATER if state is JobState.ASSIGNED else None)
    assert read.detail == {"job": "j", "job_state": state.value, "unit": "N-1"}


@pytest.mark.parametrize("state", PlacementState)
def test_what_a_placement_means(state: PlacementState) -> None:
    public = PlacementPublic(
        state=state, attempt=1, request=1, alias="K-71", arrive_by=LATER, excluded={"safety": 2}, shadow=True
    )
    read = from_placement("p", public)
    assert (read.state, read.ended) == PLACEMENTS[state]
    assert read.due_at == (LATER if state is PlacementState.CONFIRMED else None)
    assert (read.detail["alias"], read.detail["excluded"], read.detail["shadow"]) == ("K-71", {"safety": 2}, True)
    assert read.detail["arrive_by"] == "2026-11-22T03:01:00.000Z", "as it is stored, so that the same looks the same"


@pytest.mark.parametrize("state", HandoverState)
def test_what_a_handover_means(state: HandoverState) -> None:
    read = from_handover("h", HandoverPublic(state=state, attempt=1, request=1, centre="dunav"))
    assert (read.state, read.ended, read.due_at) == (*HANDOVERS[state], None)


@pytest.mark.parametrize("before", [state for state in LegState if state is not LegState.NOT_NEEDED])
@pytest.mark.parametrize("said", ANSWERABLE)
def test_every_state_and_every_answer(before: LegState, said: LegState) -> None:
    old = leg(before)
    after = heard(old, answer(said, attempt=2), LATER, DEADLINES)
    assert (after.attempt, after.detail) == (2, {"attempt": 2})
    assert after.state is (LegState.WAIVED if before is LegState.WAIVED else said)
    if after.state is LegState.WAIVED:
        assert after.due_at is None
        return
    assert (after.due_at is None) == (said not in LIVE)
    assert (after.accepted_at is None) == (said not in ACCEPTED)
    assert (after.done_at is None) == (said is not LegState.DONE)
    assert after.ever_accepted == (before in ACCEPTED or said in ACCEPTED)
    assert after.overdue is False


@pytest.mark.parametrize("before", [state for state in LegState if state is not LegState.NOT_NEEDED])
@pytest.mark.parametrize("said", ANSWERABLE)
def test_an_older_request_or_attempt_changes_nothing(before: LegState, said: LegState) -> None:
    old = leg(before, request=2, attempt=3)
    assert heard(old, answer(said, attempt=9, request=1), LATER, DEADLINES) is old
    assert heard(old, answer(said, attempt=2, request=2), LATER, DEADLINES) is old


@pytest.mark.parametrize("said", ANSWERABLE)
def test_what_is_done_is_not_undone_by_an_end(said: LegState) -> None:
    done = leg(LegState.DONE)
    after = heard(done, answer(said, ended=True), LATER, DEADLINES)
    assert (after.state, after.done_at, after.ended) == (LegState.DONE, NOW, True)


def test_the_first_attempt_of_a_new_request_counts() -> None:
    old = leg(LegState.UNMET, attempt=4, ended=True)
    anew = asked(old, LATER, DEADLINES)
    assert (anew.request, anew.state) == (2, LegState.WAITING)
    assert heard(anew, answer(LegState.ANSWERED, attempt=1, request=2), LATER, DEADLINES).state is LegState.ANSWERED


@pytest.mark.parametrize(
    ("kind", "seconds"),
    [
        (LegKind.POLICE, (5, 60, 1200)),
        (LegKind.SHELTER, (5, 600, 14400)),
        (LegKind.CENTRE, (5, 300, 1800)),
    ],
)
def test_each_step_has_its_deadline(kind: LegKind, seconds: tuple[int, int, int]) -> None:
    due_at = [leg(state, kind).due_at for state in (LegState.WAITING, LegState.ANSWERED, LegState.ACCEPTED)]
    assert due_at == [NOW + timedelta(seconds=each) for each in seconds]
    assert leg(LegState.DONE, kind).due_at is None
    assert leg(LegState.UNMET, kind).due_at is None


def test_the_same_state_again_does_not_prolong_a_deadline() -> None:
    held = leg(LegState.ANSWERED)
    assert heard(held, answer(LegState.ANSWERED), LATER, DEADLINES).due_at == held.due_at


def test_an_alarm_ends_when_the_promise_moves_and_not_before() -> None:
    late = became_overdue(leg(LegState.ANSWERED))
    assert (late.overdue, late.overdue_count) == (True, 1)
    assert heard(late, answer(LegState.ANSWERED), LATER, DEADLINES).overdue is True
    assert heard(late, answer(LegState.ACCEPTED), LATER, DEADLINES).overdue is False
    again = replace(answer(LegState.ANSWERED), due_at=LATER + timedelta(minutes=1))
    assert heard(late, again, LATER, DEADLINES).overdue is True, "the next unit is no acceptance: she waits still"


def test_one_unit_after_another_that_does_not_acknowledge_prolongs_nothing() -> None:
    first = leg(LegState.ANSWERED, LegKind.POLICE)
    after = first
    for attempt in range(2, 6):
        found = replace(answer(LegState.ANSWERED, attempt=attempt), due_at=NOW + attempt * timedelta(minutes=1))
        after = heard(after, found, NOW + (attempt - 1) * timedelta(minutes=1), DEADLINES)
    assert after.due_at == first.due_at


@pytest.mark.parametrize("state", LegState)
def test_asking_for_a_leg(state: LegState) -> None:
    old = leg(state)
    after = requested(old, LATER, DEADLINES, near_allowed=False)
    if state in LIVE or state is LegState.UNMET:
        assert after == old
    else:
        assert (after.state, after.request) == (LegState.WAITING, old.request + 1)
        assert (after.waived_at, after.waived_by, after.done_at) == (None, None, None)
    ended = requested(leg(LegState.UNMET, ended=True), LATER, DEADLINES, near_allowed=False)
    assert (ended.state, ended.request) == (LegState.WAITING, 2)


@pytest.mark.parametrize("state", LegState)
def test_a_room_near_him_is_asked_for_anew_only_when_there_is_none(state: LegState) -> None:
    old = leg(state)
    after = requested(old, LATER, DEADLINES, near_allowed=True)
    assert after.near_allowed
    assert after.request == (old.request if state in LIVE else old.request + 1)


@pytest.mark.parametrize("state", LegState)
def test_taking_a_leg_back(state: LegState) -> None:
    old = leg(state)
    if state in {LegState.NOT_NEEDED, LegState.DONE}:
        with pytest.raises(IllegalMove) as refusal:
            waived(old, LATER, WhoDecided.VICTIM)
        assert (refusal.value.from_state, refusal.value.to_state) == (state, "waived")
        return
    after = waived(old, LATER, WhoDecided.SUPERVISOR)
    assert (after.state, after.due_at, after.overdue) == (LegState.WAIVED, None, False)
    assert after.waived_by is (WhoDecided.VICTIM if state is LegState.WAIVED else WhoDecided.SUPERVISOR)


def test_a_waived_leg_can_be_asked_for_again_for_72_hours() -> None:
    refused = leg(LegState.WAIVED)
    assert requested(refused, NOW + REOPENED_WITHIN, DEADLINES, near_allowed=False).state is LegState.WAITING
    with pytest.raises(IllegalMove):
        requested(refused, NOW + REOPENED_WITHIN + timedelta(seconds=1), DEADLINES, near_allowed=False)


@pytest.mark.parametrize(
    ("state", "needed", "unfinished"),
    [
        (LegState.NOT_NEEDED, False, False),
        (LegState.WAITING, True, True),
        (LegState.ANSWERED, True, True),
        (LegState.ACCEPTED, True, True),
        (LegState.DONE, True, False),
        (LegState.UNMET, True, True),
        (LegState.WAIVED, False, False),
    ],
)
def test_what_is_needed_and_what_is_unfinished(state: LegState, needed: bool, unfinished: bool) -> None:
    assert (leg(state).needed, leg(state).unfinished) == (needed, unfinished)
    assert leg(state).wanted.wanted is needed
    assert leg(LegState.UNMET, ended=True).unfinished is False


ANSWERS = st.builds(
    Answered,
    state=st.sampled_from(ANSWERABLE),
    attempt=st.integers(1, 3),
    request=st.integers(1, 2),
    ended=st.booleans(),
    due_at=st.none(),
    detail=st.just({}),
)


@given(st.lists(ANSWERS, max_size=8))
def test_a_promise_in_a_live_state_always_has_a_clock(answers: list[Answered]) -> None:
    promise = leg(LegState.WAITING)
    for number, each in enumerate(answers):
        was_accepted = promise.ever_accepted
        promise = heard(promise, each, NOW + timedelta(seconds=number), DEADLINES)
        assert (promise.due_at is not None) == (promise.state in LIVE)
        assert promise.ever_accepted or not was_accepted
