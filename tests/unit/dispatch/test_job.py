"""A job's state machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.dispatch import tables
from services.dispatch.domain.job import (
    ACTIVE,
    BEFORE_SCENE,
    Attention,
    Job,
    Move,
    Patrol,
    assigned,
    cancelled,
    check_report,
    declined,
    is_step_again,
    moved,
    noticed,
    taken_back,
)
from shared.contracts.vocabulary import JobState, Mode
from shared.errors import IllegalMove

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
UNIT = Patrol("u1", "N-1", "north")
QUEUED = Job("j", "i", "TST", 1, 1, Mode.ACTUAL)
ASSIGNED = assigned(QUEUED, UNIT, NOW, NOW + timedelta(seconds=60))

LEGAL = {
    Move.ACKNOWLEDGE: {JobState.ASSIGNED},
    Move.EN_ROUTE: {JobState.ACKNOWLEDGED},
    Move.ON_SCENE: {JobState.EN_ROUTE},
    Move.TRANSPORTING: {JobState.ON_SCENE},
    Move.DELIVERED: {JobState.TRANSPORTING},
    Move.CLEAR: {JobState.ON_SCENE, JobState.DELIVERED},
}


@pytest.mark.parametrize("move", Move)
@pytest.mark.parametrize("state", JobState)
def test_each_step_begins_exactly_where_design_says(state: JobState, move: Move) -> None:
    job = replace(ASSIGNED, state=state)
    if state in LEGAL[move]:
        assert is_step_again(moved(job, move, NOW), move)
    else:
        with pytest.raises(IllegalMove) as refusal:
            moved(job, move, NOW)
        assert refusal.value.from_state == state


@pytest.mark.parametrize("state", JobState)
def test_a_job_can_be_given_to_another_unit_until_somebody_is_there(state: JobState) -> None:
    job = replace(QUEUED, state=state)
    if state in BEFORE_SCENE:
        assert assigned(job, UNIT, NOW, NOW).state is JobState.ASSIGNED
    else:
        with pytest.raises(IllegalMove):
            assigned(job, UNIT, NOW, NOW)


@pytest.mark.parametrize("state", JobState)
def test_a_crew_declines_until_it_is_there(state: JobState) -> None:
    job = replace(ASSIGNED, state=state)
    if state in {JobState.ASSIGNED, JobState.ACKNOWLEDGED, JobState.EN_ROUTE}:
        back = declined(job, "vehicle_broken")
        assert (back.state, back.unit, back.holder, back.reason) == (JobState.QUEUED, None, None, "vehicle_broken")
    else:
        with pytest.raises(IllegalMove):
            declined(job, "vehicle_broken")


@pytest.mark.parametrize("state", JobState)
def test_a_crew_reports_once_it_took_the_job_on_and_as_late_as_it_likes(state: JobState) -> None:
    job = replace(ASSIGNED, state=state)
    if state in {JobState.QUEUED, JobState.ASSIGNED, JobState.CANCELLED}:
        with pytest.raises(IllegalMove):
            check_report(job)
    else:
        check_report(job)


def test_the_deadline_is_only_that_of_an_assignment() -> None:
    assert ASSIGNED.ack_by == NOW + timedelta(seconds=60)
    assert moved(ASSIGNED, Move.ACKNOWLEDGE, NOW).ack_by is None
    assert taken_back(ASSIGNED, None, Attention.NOT_ACKNOWLEDGED).ack_by is None


def test_a_unit_is_held_from_assignment_to_the_end_and_named_ever_after() -> None:
    ended = cancelled(ASSIGNED, "waived", NOW)
    assert (ASSIGNED.holder, ended.holder, ended.unit_code, ended.ended_at) == ("u1", None, "N-1", NOW)


def test_once_a_family_was_carried_the_job_says_so_for_good() -> None:
    there = replace(ASSIGNED, state=JobState.ON_SCENE)
    assert not moved(there, Move.CLEAR, NOW, "calm").carried
    carrying = moved(there, Move.TRANSPORTING, NOW)
    assert moved(moved(carrying, Move.DELIVERED, NOW), Move.CLEAR, NOW, "family_delivered").carried


def test_a_policeman_as_perpetrator_stays_the_first_reason_to_look() -> None:
    linked = noticed(ASSIGNED, Attention.POLICE_LINKED)
    assert noticed(linked, Attention.DECLINED).attention == "police_linked"
    assert moved(linked, Move.ACKNOWLEDGE, NOW).attention == "police_linked"
    late = noticed(ASSIGNED, Attention.NOT_ACKNOWLEDGED)
    assert moved(late, Move.ACKNOWLEDGE, NOW).attention is None


def test_the_store_and_the_domain_mean_the_same_by_active() -> None:
    assert {state for state in JobState if f"'{state}'" in str(tables.IS_ACTIVE)} == ACTIVE
