"""How a placement lives: moves, clocks, and the crew's journey."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.shelter_beds.domain.crew import Crew, after_step, when_due
from services.shelter_beds.domain.placement import (
    ACTIVE,
    LIVE,
    Attention,
    Move,
    Placement,
    confirmed,
    ended,
    extended,
    held,
    is_step_again,
    marked,
    moved,
    waitlisted,
)
from services.shelter_beds.domain.room import SHOWN, is_kept
from shared.contracts.vocabulary import JobState, Mode, PlacementState
from shared.errors import IllegalMove

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
NEW = Placement("p", "i", "TST", 1, 1, Mode.ACTUAL, "K-71", 2, 2, NOW)
HELD = held(NEW, "r", "lipa", "TST", excluded={"pets": 1}, until=NOW + HOUR)
CONFIRMED = confirmed(HELD, {"kind": "hospital", "text": "x"}, "дъга", NOW, 4 * HOUR)
ARRIVED = moved(CONFIRMED, Move.ARRIVE, NOW)
IN_STATE = {
    PlacementState.WAITLISTED: NEW,
    PlacementState.HELD: HELD,
    PlacementState.CONFIRMED: CONFIRMED,
    PlacementState.ARRIVED: ARRIVED,
    PlacementState.ABSENT: moved(ARRIVED, Move.ABSENT, NOW),
    PlacementState.DEPARTED: moved(ARRIVED, Move.DEPART, NOW, "moved_on"),
    PlacementState.EXPIRED: ended(HELD, PlacementState.EXPIRED, "not_confirmed", NOW),
}
LEGAL = {
    (PlacementState.HELD, Move.CONFIRM),
    (PlacementState.HELD, Move.DECLINE),
    (PlacementState.HELD, Move.RELEASE),
    (PlacementState.CONFIRMED, Move.ARRIVE),
    (PlacementState.CONFIRMED, Move.RELEASE),
    (PlacementState.CONFIRMED, Move.NO_SHOW),
    (PlacementState.ARRIVED, Move.ABSENT),
    (PlacementState.ARRIVED, Move.DEPART),
    (PlacementState.ABSENT, Move.RETURN),
    (PlacementState.ABSENT, Move.DEPART),
}


@pytest.mark.parametrize("state", IN_STATE)
@pytest.mark.parametrize("move", Move)
def test_exactly_the_steps_of_the_design_are_legal(state: PlacementState, move: Move) -> None:
    placement = IN_STATE[state]
    if (state, move) in LEGAL:
        after = moved(placement, move, NOW)
        assert is_step_again(after, move)
        assert (after.holder is None) == (after.state not in ACTIVE)
        return
    with pytest.raises(IllegalMove) as refusal:
        moved(placement, move, NOW)
    assert refusal.value.from_state == state


def test_every_active_state_is_shown_and_names_its_way_out() -> None:
    assert set(SHOWN) == ACTIVE
    assert all("placement's move" in is_kept(state, "K-71") for state in ACTIVE)


def test_an_ended_placement_holds_nothing_and_its_word_is_forgotten() -> None:
    after = ended(CONFIRMED, PlacementState.RELEASED, None, NOW)
    assert (after.holder, after.room, after.due_at, after.word, after.meeting_point) == (None, "r", None, None, None)
    assert after.ended
    assert after.ended_at == NOW


def test_a_confirmation_starts_the_clock_of_the_arrival() -> None:
    assert CONFIRMED.arrive_by == CONFIRMED.due_at == NOW + 4 * HOUR
    again = confirmed(CONFIRMED, {"kind": "hospital", "text": "y"}, "мост", NOW + HOUR, 4 * HOUR)
    assert (again.arrive_by, again.word) == (CONFIRMED.arrive_by, "мост")
    with pytest.raises(IllegalMove):
        confirmed(ARRIVED, {"kind": "hospital", "text": "y"}, "мост", NOW, HOUR)


def test_that_a_perpetrator_is_linked_to_a_shelter_stays_in_sight() -> None:
    asking = replace(HELD, attention=Attention.SHELTER_LINKED.value)
    assert confirmed(asking, {"kind": "hospital", "text": "x"}, "w", NOW, HOUR).attention == "shelter_linked"


def test_extending_moves_the_right_clock_forward_only() -> None:
    assert extended(HELD, NOW + 2 * HOUR).held_until == NOW + 2 * HOUR
    assert extended(CONFIRMED, NOW + 9 * HOUR).arrive_by == NOW + 9 * HOUR
    assert extended(HELD, NOW + timedelta(minutes=30)) == HELD
    assert extended(HELD, NOW + HOUR + timedelta(seconds=59)) == HELD
    with pytest.raises(IllegalMove):
        extended(ARRIVED, NOW + HOUR)


def test_the_waitlist_says_why() -> None:
    waiting = waitlisted(NEW, "no_room", {"size": 2})
    assert (waiting.state, waiting.reason, waiting.excluded) == (PlacementState.WAITLISTED, "no_room", {"size": 2})


def crew(state: JobState, *, carried: bool = False) -> Crew:
    return Crew(state, "north", "N-1", carried)


def test_an_unconfirmed_hold_expires_unless_its_family_is_on_the_way() -> None:
    late = NOW + HOUR
    assert when_due(HELD, None, late, HOUR)[0].state is PlacementState.EXPIRED
    assert when_due(HELD, crew(JobState.ACKNOWLEDGED), late, HOUR)[0].state is PlacementState.EXPIRED
    kept, step = when_due(HELD, crew(JobState.ON_SCENE), late, HOUR)
    assert (kept.held_until, step) == (late + HOUR, "extended")
    briefly = when_due(HELD, crew(JobState.ON_SCENE), late, timedelta(seconds=10))[0]
    assert briefly.due_at == late + timedelta(seconds=10), "or it would be due again at once, and say so for ever"
    brought, step = when_due(HELD, crew(JobState.CLEARED, carried=True), late, HOUR)
    assert (brought.attention, brought.due_at, step) == ("delivered_not_arrived", late + HOUR, "attention")


def test_an_arrival_that_is_missed_is_loud_before_it_is_a_no_show() -> None:
    late = NOW + 4 * HOUR
    loud, step = when_due(CONFIRMED, None, late, HOUR)
    assert (loud.state, loud.attention, loud.due_at, step) == (
        PlacementState.CONFIRMED,
        "not_arrived",
        late + HOUR,
        "attention",
    )
    gone, step = when_due(loud, None, late + HOUR, HOUR)
    assert (gone.state, step) == (PlacementState.NO_SHOW, "no_show")
    brought, _ = when_due(loud, crew(JobState.DELIVERED, carried=True), late + HOUR, HOUR)
    assert (brought.state, brought.due_at) == (PlacementState.CONFIRMED, None)


def test_a_mark_that_takes_the_place_of_delivered_starts_the_clock_again() -> None:
    standing = replace(CONFIRMED, attention=Attention.DELIVERED_NOT_ARRIVED.value, due_at=None)
    assert after_step(standing, crew(JobState.EN_ROUTE), NOW, HOUR)[0] == standing
    after, _ = after_step(standing, crew(JobState.CLEARED), NOW, HOUR)
    assert (after.attention, after.due_at) == ("cleared_without_transport", NOW + HOUR)
    for mark in (None, Attention.NO_LONGER_FITS.value):
        assert marked(standing, mark, NOW + HOUR).due_at == NOW + HOUR
        assert marked(CONFIRMED, mark, NOW + HOUR).due_at == CONFIRMED.due_at
        assert marked(ARRIVED, mark, NOW + HOUR).due_at is None


def test_clearing_without_the_family_asks_and_never_releases() -> None:
    for placement in (HELD, CONFIRMED):
        after, step = after_step(placement, crew(JobState.CLEARED), NOW, HOUR)
        assert (after.state, after.attention, step) == (placement.state, "cleared_without_transport", "attention")
        again, _ = after_step(after, crew(JobState.EN_ROUTE), NOW, HOUR)
        assert again.attention is None
    assert after_step(ARRIVED, crew(JobState.CLEARED), NOW, HOUR)[0] == ARRIVED
    assert after_step(CONFIRMED, crew(JobState.CLEARED, carried=True), NOW, HOUR)[0] == CONFIRMED


@given(st.sampled_from(JobState), st.booleans(), st.sampled_from([HELD, CONFIRMED]), st.integers(0, 10_000))
def test_no_step_of_a_crew_frees_a_room_or_shortens_a_hold(
    state: JobState, carried: bool, placement: Placement, later: int
) -> None:
    now = NOW + timedelta(seconds=later)
    after, _ = after_step(placement, crew(state, carried=carried), now, HOUR)
    assert after.state is placement.state
    assert after.due_at is not None
    assert placement.due_at is not None
    assert after.due_at >= placement.due_at


@given(st.lists(st.sampled_from(Move), max_size=12))
def test_whatever_is_pressed_an_end_is_final(moves: list[Move]) -> None:
    placement = HELD
    for move in moves:
        try:
            after = moved(placement, move, NOW)
        except IllegalMove:
            continue
        assert placement.state in LIVE
        placement = after
