"""What hearing of an incident asks of its newest handover."""

from __future__ import annotations

from dataclasses import replace

import pytest

from services.notify.domain.incident import Incident, Verdict, verdict
from shared.contracts.vocabulary import HandoverState, IncidentState, Mode
from tests.unit.notify.test_handover import EACH, NOW, OFFERED

INCIDENT = Incident(
    id="i",
    version=1,
    number="TST-1",
    jurisdiction="TST",
    mode=Mode.ACTUAL,
    priority=2,
    state=IncidentState.OPEN,
    raised_at=NOW,
    wanted=True,
    waived=False,
    request=1,
    municipality="TST1",
    region="one",
    people=1,
    languages=("bg",),
    consented=True,
    child_involved=False,
)
CANCELLED = replace(INCIDENT, state=IncidentState.CANCELLED)
WAIVED = replace(INCIDENT, wanted=False, waived=True)
NOT_ASKED = replace(INCIDENT, wanted=False, request=0)
ANEW = replace(INCIDENT, request=2)
DRILL = replace(OFFERED, mode=Mode.EXERCISE)
STATE = HandoverState


def test_without_a_handover() -> None:
    assert verdict(INCIDENT, None) is Verdict.BEGIN
    assert verdict(replace(INCIDENT, state=IncidentState.CLOSED), None) is Verdict.BEGIN
    assert verdict(WAIVED, None) is verdict(CANCELLED, None) is Verdict.BEGIN_ENDED
    assert verdict(NOT_ASKED, None) is Verdict.NOTHING


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (INCIDENT, dict.fromkeys(STATE, Verdict.KEEP)),
        (replace(INCIDENT, state=IncidentState.CLOSED), dict.fromkeys(STATE, Verdict.KEEP)),
        (
            CANCELLED,
            {
                **dict.fromkeys(STATE, Verdict.KEEP),
                **dict.fromkeys((STATE.OFFERED, STATE.ACKNOWLEDGED, STATE.ACCEPTED), Verdict.CANCEL),
            },
        ),
        (
            WAIVED,
            {
                **dict.fromkeys(STATE, Verdict.KEEP),
                **dict.fromkeys((STATE.OFFERED, STATE.ACKNOWLEDGED), Verdict.CANCEL),
            },
        ),
        (
            ANEW,
            {
                **dict.fromkeys(STATE, Verdict.BEGIN),
                STATE.OFFERED: Verdict.CHOOSE_ANEW,
                **dict.fromkeys((STATE.ACKNOWLEDGED, STATE.ACCEPTED), Verdict.CARRY_OVER),
            },
        ),
    ],
)
def test_with_a_handover(incident: Incident, expected: dict[HandoverState, Verdict]) -> None:
    assert {state: verdict(incident, handover) for state, handover in EACH.items()} == expected


def test_a_drill_that_becomes_real_begins_anew_even_if_it_has_ended() -> None:
    assert verdict(INCIDENT, DRILL) is Verdict.REPLACE
    assert verdict(WAIVED, DRILL) is Verdict.CANCEL
    assert verdict(INCIDENT, replace(DRILL, state=STATE.COMPLETED)) is Verdict.BEGIN
    assert verdict(replace(INCIDENT, mode=Mode.TEST), DRILL) is Verdict.KEEP
