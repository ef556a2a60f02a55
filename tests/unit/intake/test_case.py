"""An incident as a whole: needs ask for legs, her decision takes the shelter back or asks for it again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.intake.domain.case import Case, head_count, new_legs, settle
from services.intake.domain.legs import Leg, waived
from services.intake.domain.risk import Danger
from shared.contracts.facts import Facts
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.sealed import Position
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Mode, WhoDecided

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
DEADLINES = Deadlines()


def case(needs: dict[str, bool] | None = None, **facts: Any) -> Case:
    everything = {"police": True, "shelter": True, "centre": True} if needs is None else needs
    return Case(
        id="i",
        number="TST-2026-000001",
        jurisdiction="TST",
        municipality="TST1",
        origin="TST",
        state=IncidentState.OPEN,
        mode=Mode.ACTUAL,
        priority=3,
        version=1,
        facts={"channel": "chat", "needs": everything, **facts},
        danger=Danger(),
        position=Position(latitude=43.8, longitude=25.9, by="municipality"),
        raised_at=NOW,
        legs=new_legs("psc"),
    )


def settled(case_: Case, now: datetime = NOW) -> Case:
    return settle(case_, now, DEADLINES)


def states(case_: Case) -> dict[str, LegState]:
    return {kind.value: leg.state for kind, leg in case_.legs.items()}


@pytest.mark.parametrize(
    ("needs", "asked"),
    [
        ({"police": True}, {"police", "centre"}),
        ({}, {"police", "centre"}),
        ({"centre": False}, {"police"}),
        ({"police": False, "shelter": True, "centre": True}, {"shelter", "centre"}),
        ({"police": False, "centre": False}, set()),
    ],
)
def test_a_need_asks_for_its_leg(needs: dict[str, bool], asked: set[str]) -> None:
    after = settled(case(needs))
    assert {kind for kind, state in states(after).items() if state is LegState.WAITING} == asked
    assert settled(after, NOW + timedelta(hours=1)) == after, "once"


def test_her_refusal_waives_the_shelter_and_her_acceptance_asks_again() -> None:
    asked = settled(case())
    refused = settled(replace(asked, facts={**asked.facts, "victim": {"decision_shelter": "refuses"}}))
    shelter = refused.legs[LegKind.SHELTER]
    assert (shelter.state, shelter.waived_by) == (LegState.WAIVED, WhoDecided.VICTIM)
    undecided = settled(replace(refused, facts={**asked.facts, "victim": {"decision_shelter": "undecided"}}))
    assert undecided.legs == refused.legs
    back = settled(replace(refused, facts={**asked.facts, "victim": {"decision_shelter": "accepts"}}))
    assert (back.legs[LegKind.SHELTER].state, back.legs[LegKind.SHELTER].request) == (LegState.WAITING, 2)


def test_what_a_supervisor_took_back_her_word_does_not_bring_back() -> None:
    asked = settled(case())
    taken = asked.with_leg(waived(asked.legs[LegKind.SHELTER], NOW, WhoDecided.SUPERVISOR))
    accepts = replace(taken, facts={**taken.facts, "victim": {"decision_shelter": "accepts"}})
    assert settled(accepts).legs == taken.legs


def test_a_family_that_has_arrived_is_not_sent_away_by_a_word() -> None:
    asked = settled(case())
    arrived = asked.with_leg(replace(asked.legs[LegKind.SHELTER], state=LegState.DONE))
    refuses = replace(arrived, facts={**arrived.facts, "victim": {"decision_shelter": "refuses"}})
    assert settled(refuses).legs == arrived.legs


def test_a_child_once_involved_stays_involved() -> None:
    with_child = settled(case(victim={"children": [{"age": 3}]}))
    assert with_child.children_involved
    assert settled(replace(with_child, facts=case().facts)).children_involved


@pytest.mark.parametrize(
    ("victim", "people"),
    [
        ({}, 1),
        ({"adults": 2}, 2),
        ({"adults": []}, 0),
        ({"children": [{"where": "with_victim"}, {"where": "unknown"}]}, 3),
        ({"children": [{"where": "with_perpetrator"}, {"where": "elsewhere"}]}, 1),
        ({"adults": 0, "children": [{}]}, 1),
    ],
)
def test_how_many_come_along(victim: dict[str, Any], people: int) -> None:
    assert head_count(Facts.model_validate({"victim": victim})) == people


def test_no_ambulance_comes_by_itself() -> None:
    assert case().ambulance == "not_needed"
    needed = replace(case(), danger=Danger(medical=True))
    assert needed.ambulance == "needed"
    assert replace(needed, medical_called_at=NOW).ambulance == "called"


@pytest.mark.parametrize(
    ("state", "leg", "left", "unfinished"),
    [
        (IncidentState.OPEN, LegState.DONE, False, True),
        (IncidentState.OPEN, LegState.UNMET, True, True),
        (IncidentState.CLOSED, LegState.ACCEPTED, True, True),
        (IncidentState.CLOSED, LegState.DONE, False, False),
        (IncidentState.CANCELLED, LegState.ANSWERED, False, False),
    ],
)
def test_what_must_still_come_of_it(state: IncidentState, leg: LegState, left: bool, unfinished: bool) -> None:
    one = replace(case(), state=state).with_leg(Leg("p", LegKind.POLICE, state=leg, request=1))
    assert (one.promises_left, one.unfinished) == (left, unfinished)


def test_the_bus_is_told_states_and_numbers_only() -> None:
    public = settled(case(victim={"name": "Мария"}, narrative="викове")).public.model_dump_json()
    assert "Мария" not in public
    assert "викове" not in public
