"""What hearing of an incident asks of its newest job."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from services.dispatch.domain.incident import Incident, Verdict, suspects, verdict
from services.dispatch.domain.job import Job
from shared.contracts.vocabulary import IncidentState, JobState, Mode

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
INCIDENT = Incident(
    id="i",
    version=1,
    number="TST-1",
    jurisdiction="TST",
    mode=Mode.ACTUAL,
    priority=2,
    state=IncidentState.OPEN,
    raised_at=NOW,
    ambulance="not_needed",
    wanted=True,
    waived=False,
    request=1,
    municipality="TST1",
    latitude=43.8,
    longitude=25.9,
    position_by="coordinates",
    police_linked=False,
)
JOB = Job("j", "i", "TST", 1, 1, Mode.ACTUAL)
ANEW = replace(INCIDENT, request=2)
CANCELLED = replace(INCIDENT, state=IncidentState.CANCELLED)
CLOSED = replace(INCIDENT, state=IncidentState.CLOSED)
WAIVED = replace(INCIDENT, wanted=False, waived=True)
EARLY = {JobState.QUEUED, JobState.ASSIGNED}
BEFORE_SCENE = EARLY | {JobState.ACKNOWLEDGED, JobState.EN_ROUTE}
UNTIL_DELIVERED = BEFORE_SCENE | {JobState.ON_SCENE, JobState.TRANSPORTING}
ENDED = {JobState.CLEARED, JobState.CANCELLED}


@pytest.mark.parametrize(
    ("incident", "expected"),
    [
        (INCIDENT, Verdict.BEGIN),
        (CANCELLED, Verdict.BEGIN_ENDED),
        (CLOSED, Verdict.BEGIN_ENDED),
        (WAIVED, Verdict.BEGIN_ENDED),
        (replace(INCIDENT, wanted=False, request=0), Verdict.NOTHING),
    ],
)
def test_the_first_time_it_is_heard(incident: Incident, expected: Verdict) -> None:
    assert verdict(incident, None) is expected


@pytest.mark.parametrize("state", JobState)
def test_what_becomes_of_a_job(state: JobState) -> None:
    job = replace(JOB, state=state)

    def expect(incident: Incident, otherwise: Verdict, **sets: set[JobState]) -> None:
        named = [Verdict[name.upper()] for name, states in sets.items() if state in states]
        assert verdict(incident, job) is (named[0] if named else otherwise)

    expect(INCIDENT, Verdict.KEEP)
    expect(CLOSED, Verdict.KEEP)
    expect(CANCELLED, Verdict.KEEP, cancel=UNTIL_DELIVERED)
    expect(WAIVED, Verdict.KEEP, cancel=BEFORE_SCENE)
    expect(ANEW, Verdict.CARRY_OVER, replace=EARLY, begin=ENDED)
    expect(replace(ANEW, state=IncidentState.CLOSED), Verdict.CARRY_OVER, begin_ended=ENDED)


@pytest.mark.parametrize("state", JobState)
def test_a_drill_that_becomes_real_never_keeps_its_shadow(state: JobState) -> None:
    shadow = replace(JOB, mode=Mode.EXERCISE, state=state)
    assert verdict(INCIDENT, shadow) is (Verdict.BEGIN if state in ENDED else Verdict.REPLACE)
    assert verdict(CANCELLED, shadow) is (Verdict.KEEP if state in ENDED else Verdict.CANCEL)


def test_the_municipality_of_every_policeman_counts_known_or_not() -> None:
    facts = {
        "perpetrators": [
            {"linked_to": "police", "municipality": "TST2"},
            {"linked_to": "police"},
            {"linked_to": "none", "municipality": "TST3"},
        ]
    }
    assert suspects(facts) == ("TST2", "")
    assert suspects({}) == ()
