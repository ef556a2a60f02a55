"""When an incident may be closed or cancelled, table by table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from services.intake.domain.ending import check_cancel, check_close
from services.intake.domain.legs import Leg
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Tri
from shared.errors import Forbidden, IllegalMove, Invalid

OPEN, CLOSED, CANCELLED = IncidentState.OPEN, IncidentState.CLOSED, IncidentState.CANCELLED


def legs(**states: LegState) -> Mapping[LegKind, Leg]:
    kept = {"police": LegState.DONE, "shelter": LegState.ACCEPTED, "centre": LegState.ACCEPTED}
    return {kind: Leg(kind.value, kind, state={**kept, **states}[kind.value]) for kind in LegKind}


def close(these: Mapping[LegKind, Leg], seen_alone: Tri | None = Tri.YES, **more: Any) -> None:
    given = {"state": OPEN, "supervisor": False, "override_reason": None, **more}
    check_close(given.pop("state"), these, seen_alone, **given)


@pytest.mark.parametrize("state", LegState)
def test_police_must_have_been_there(state: LegState) -> None:
    if state in {LegState.DONE, LegState.NOT_NEEDED}:
        close(legs(police=state))
        return
    with pytest.raises(IllegalMove, match=f"police leg is {state}") as refusal:
        close(legs(police=state))
    assert (refusal.value.from_state, refusal.value.to_state) == (OPEN, CLOSED)


@pytest.mark.parametrize("kind", ["shelter", "centre"])
@pytest.mark.parametrize("state", LegState)
def test_every_other_promise_is_taken_on_or_known_to_fail(kind: str, state: LegState) -> None:
    if state in {LegState.WAITING, LegState.ANSWERED}:
        with pytest.raises(IllegalMove, match=f"{kind} leg is {state}"):
            close(legs(**{kind: state}))
    else:
        close(legs(**{kind: state}))


def test_somebody_must_say_whether_she_was_seen_alone() -> None:
    close(legs(), Tri.NO)
    with pytest.raises(Invalid):
        close(legs(), None)


def test_a_supervisor_closes_anything_open_with_a_reason() -> None:
    close(legs(police=LegState.WAITING), None, supervisor=True, override_reason="няма такъв адрес")
    with pytest.raises(IllegalMove):
        close(legs(police=LegState.WAITING), supervisor=True)
    with pytest.raises(Forbidden):
        close(legs(), override_reason="няма такъв адрес")


@pytest.mark.parametrize("state", [CLOSED, CANCELLED])
def test_what_has_ended_does_not_end_again(state: IncidentState) -> None:
    with pytest.raises(IllegalMove):
        close(legs(), state=state, supervisor=True, override_reason="пак")
    with pytest.raises(IllegalMove):
        check_cancel(state, ())


@pytest.mark.parametrize("state", LegState)
def test_nothing_is_cancelled_that_a_human_ever_accepted(state: LegState) -> None:
    untouched = Leg("l", LegKind.POLICE, state=state)
    check_cancel(OPEN, [untouched])
    with pytest.raises(IllegalMove, match="police"):
        check_cancel(OPEN, [Leg("l", LegKind.POLICE, state=state, ever_accepted=True)])
