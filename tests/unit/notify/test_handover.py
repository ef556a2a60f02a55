"""A handover's state machine."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from services.notify import tables
from services.notify.domain.handover import (
    ENDED,
    LIVE,
    Attention,
    Handover,
    Move,
    called_next,
    cancelled,
    declined,
    is_step_again,
    moved,
    offered,
    steps_to,
    unmet,
)
from services.notify.domain.rota import Rota, Step
from shared.contracts.vocabulary import HandoverState, Mode
from shared.errors import IllegalMove
from shared.ids import account_id

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(minutes=30)
ROTA = Rota((Step(1, "ana@x.bg"), Step(2, "vera@x.bg")))
NEW = Handover("h", "i", "TST", attempt=1, request=1, mode=Mode.ACTUAL, centre="dunav")
OFFERED = offered(NEW, ROTA, NOW)
ACKNOWLEDGED = moved(OFFERED, Move.ACKNOWLEDGE, "ana", NOW, LATER)
ACCEPTED = moved(ACKNOWLEDGED, Move.ACCEPT, "ana", NOW, LATER)
COMPLETED = moved(ACCEPTED, Move.COMPLETE, "ana", NOW, LATER)
EACH = {
    HandoverState.OFFERED: OFFERED,
    HandoverState.ACKNOWLEDGED: ACKNOWLEDGED,
    HandoverState.ACCEPTED: ACCEPTED,
    HandoverState.COMPLETED: COMPLETED,
    HandoverState.DECLINED: declined(OFFERED, "full", NOW),
    HandoverState.CANCELLED: cancelled(OFFERED, "waived", NOW),
}


def test_an_offer_calls_the_first_of_the_rota() -> None:
    assert OFFERED.calling == account_id("ana@x.bg")
    assert OFFERED.due_at == NOW + timedelta(minutes=5)
    assert OFFERED.attention is None


def test_taking_it_on_stops_the_calling_and_each_step_has_its_own_clock() -> None:
    assert (ACKNOWLEDGED.calling, ACKNOWLEDGED.due_at, ACKNOWLEDGED.acknowledged_by) == (None, LATER, "ana")
    assert (ACCEPTED.calling, ACCEPTED.due_at, ACCEPTED.accepted_by) == (None, None, "ana")
    assert (COMPLETED.ended_at, COMPLETED.ended) == (NOW, True)


def test_accepting_at_once_takes_both_steps() -> None:
    assert steps_to(OFFERED, Move.ACCEPT) == (Move.ACKNOWLEDGE, Move.ACCEPT)
    assert steps_to(ACKNOWLEDGED, Move.ACCEPT) == (Move.ACCEPT,)
    assert steps_to(OFFERED, Move.COMPLETE) == (Move.COMPLETE,)


@pytest.mark.parametrize("state", list(HandoverState))
@pytest.mark.parametrize("move", list(Move))
def test_every_other_step_names_both_states(state: HandoverState, move: Move) -> None:
    allowed = {
        (HandoverState.OFFERED, Move.ACKNOWLEDGE),
        (HandoverState.ACKNOWLEDGED, Move.ACCEPT),
        (HandoverState.ACCEPTED, Move.COMPLETE),
    }
    if (state, move) in allowed:
        assert moved(EACH[state], move, "ana", NOW, LATER).state is not state
        return
    with pytest.raises(IllegalMove) as refusal:
        moved(EACH[state], move, "ana", NOW, LATER)
    assert refusal.value.from_state == state


def test_only_what_nobody_accepted_can_be_declined() -> None:
    for state, handover in EACH.items():
        if state in {HandoverState.OFFERED, HandoverState.ACKNOWLEDGED}:
            after = declined(handover, "full", NOW)
            assert (after.state, after.reason, after.due_at) == (HandoverState.DECLINED, "full", None)
        else:
            with pytest.raises(IllegalMove):
                declined(handover, "full", NOW)


def test_silence_calls_the_next_and_a_whole_round_of_it_asks_a_human_to_look() -> None:
    second = called_next(OFFERED, ROTA, NOW)
    assert (second.calling, second.attention) == (account_id("vera@x.bg"), None)
    third = called_next(second, ROTA, NOW)
    assert (third.calling, third.attention) == (account_id("ana@x.bg"), Attention.NOBODY_ANSWERED)
    nobody = called_next(third, Rota(), NOW)
    assert (nobody.calling, nobody.attention) == (None, Attention.NOBODY_ON_CALL)
    assert nobody.due_at is not None


def test_what_was_acknowledged_and_forgotten_calls_again_and_can_be_acknowledged_anew() -> None:
    assert is_step_again(ACKNOWLEDGED, Move.ACKNOWLEDGE)
    forgotten = called_next(ACKNOWLEDGED, ROTA, LATER)
    assert (forgotten.state, forgotten.attention) == (HandoverState.ACKNOWLEDGED, Attention.FORGOTTEN)
    assert forgotten.calling == account_id("vera@x.bg")
    assert not is_step_again(forgotten, Move.ACKNOWLEDGE)
    anew = moved(forgotten, Move.ACKNOWLEDGE, "vera", LATER, LATER + timedelta(minutes=30))
    assert (anew.acknowledged_by, anew.attention, anew.calling) == ("vera", None, None)
    assert moved(forgotten, Move.ACCEPT, "vera", LATER, LATER).state is HandoverState.ACCEPTED


def test_an_unmet_request_is_a_declined_handover_of_nobody() -> None:
    after = unmet(replace(NEW, centre=None), "no_centre", NOW)
    assert (after.state, after.reason, after.ended, after.calling) == (HandoverState.DECLINED, "no_centre", True, None)


def test_the_database_says_the_same_words() -> None:
    assert set(HandoverState) == LIVE | ENDED
    for state in HandoverState:
        assert (f"'{state.value}'" in tables._LIVE) == (state in LIVE)
