"""What hearing of an incident asks of its newest placement."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from services.shelter_beds.domain.incident import Verdict, verdict
from services.shelter_beds.domain.placement import Placement
from shared.contracts.vocabulary import IncidentState, Mode, PlacementState
from tests.unit.shelter_beds.test_matching import seeking

S = PlacementState
SEEKER = seeking()
INCIDENT, WAITING = SEEKER.incident, SEEKER.placement


def placed(state: PlacementState, **more: Any) -> Placement:
    return replace(WAITING, state=state, **more)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, Verdict.BEGIN),
        ({"state": IncidentState.CLOSED}, Verdict.BEGIN_ENDED),
        ({"state": IncidentState.CANCELLED}, Verdict.BEGIN_ENDED),
        ({"wanted": False, "waived": True}, Verdict.BEGIN_ENDED),
        ({"wanted": False}, Verdict.NOTHING),
    ],
)
def test_without_a_placement(changes: dict[str, Any], expected: Verdict) -> None:
    assert verdict(replace(INCIDENT, **changes), None) is expected


@pytest.mark.parametrize("state", [S.WAITLISTED, S.HELD, S.CONFIRMED, S.ARRIVED, S.ABSENT])
def test_a_closed_incident_ends_nothing(state: PlacementState) -> None:
    assert verdict(replace(INCIDENT, state=IncidentState.CLOSED), placed(state)) is Verdict.KEEP


@pytest.mark.parametrize("changes", [{"state": IncidentState.CANCELLED}, {"wanted": False, "waived": True}])
def test_a_cancellation_or_a_waiver_ends_what_has_not_arrived(changes: dict[str, Any]) -> None:
    incident = replace(INCIDENT, **changes)
    for state in (S.WAITLISTED, S.HELD, S.CONFIRMED):
        assert verdict(incident, placed(state)) is Verdict.CANCEL
    for state in (S.ARRIVED, S.ABSENT, S.DEPARTED, S.CANCELLED):
        assert verdict(incident, placed(state)) is Verdict.KEEP


def test_a_new_request_replaces_what_nobody_confirmed() -> None:
    incident = replace(INCIDENT, request=2)
    for state in (S.WAITLISTED, S.HELD):
        assert verdict(incident, placed(state)) is Verdict.REPLACE
    for state in (S.CONFIRMED, S.ARRIVED, S.ABSENT):
        assert verdict(incident, placed(state)) is Verdict.KEEP
    for state in (S.DEPARTED, S.CANCELLED, S.NO_SHOW):
        assert verdict(incident, placed(state)) is Verdict.BEGIN
        assert verdict(INCIDENT, placed(state)) is Verdict.KEEP


@pytest.mark.parametrize("state", [S.WAITLISTED, S.HELD, S.CONFIRMED, S.ARRIVED, S.ABSENT])
def test_a_drill_that_becomes_real_begins_anew(state: PlacementState) -> None:
    drilled = placed(state, mode=Mode.EXERCISE)
    assert verdict(INCIDENT, drilled) is Verdict.REPLACE
    assert verdict(replace(INCIDENT, state=IncidentState.CANCELLED), drilled) is Verdict.CANCEL
    assert verdict(INCIDENT, placed(S.DEPARTED, mode=Mode.EXERCISE)) is Verdict.BEGIN


def test_her_refusal_has_its_own_reason() -> None:
    waived = replace(INCIDENT, wanted=False, waived=True)
    assert waived.taken_back == "waived"
    assert replace(waived, family=replace(INCIDENT.family, decision="refuses")).taken_back == "refused_by_her"
    assert replace(INCIDENT, state=IncidentState.CANCELLED).taken_back == "incident_cancelled"
