"""What a centre is given."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from services.notify.domain.packet import handed_over, not_yet_asked, safe_contact
from shared.contracts.facts import Facts
from shared.contracts.need_to_know import for_role
from shared.contracts.vocabulary import Role, Service
from tests.unit.notify.test_incident import INCIDENT

STORY: dict[str, Any] = {"location": {"municipality": "TST1"}}


def test_without_consent_nothing_else_is_given_whatever_is_known() -> None:
    given = handed_over(replace(INCIDENT, consented=False), {"victim": {"name": "Мария"}})
    assert given == {"consented": False, "number": "TST-1", "region": "one", "languages": ["bg"], "people": 1}


def test_how_to_reach_her_safely_comes_first() -> None:
    assert next(iter(handed_over(INCIDENT, STORY))) == "safe_contact"


def test_calling_is_safe_only_if_she_said_so() -> None:
    for callback, call in (
        ({}, "do_not_call"),
        ({"phone": "+359888000001"}, "do_not_call"),
        ({"safe_to_call": "unknown"}, "do_not_call"),
        ({"safe_to_call": "no"}, "do_not_call"),
        ({"safe_to_call": "yes"}, "allowed"),
    ):
        assert safe_contact({"callback": callback})["call"] == call
    assert safe_contact({})["safe_to_call"] == "unknown"


def test_of_contact_alone_only_contact_is_asked() -> None:
    assert list(not_yet_asked({"callback": {"phone": "+359"}, "victim": {"name": "Мария"}})) == [
        "callback.safe_to_call",
        "callback.code_word",
        "victim.languages",
    ]


def test_an_unanswered_question_is_still_to_be_asked_and_an_answered_one_is_not() -> None:
    facts = {
        **STORY,
        "perpetrators": [{"name": "Петър", "armed": "unknown", "present": "no"}],
        "protection_order": "unknown",
        "victim": {"children": [], "injured": "no", "decision_shelter": "undecided"},
        "risk": {"instrument": "lap", "answers": {"1": "no", "2": "not_answered", "3": "not_applicable"}},
    }
    asked = set(not_yet_asked(facts))
    assert {"protection_order", "perpetrators.0.armed", "risk.answers.2", "risk.answers.11", "narrative"} <= asked
    assert not asked & {
        "victim.children",
        "victim.injured",
        "victim.decision_shelter",
        "perpetrators",
        "perpetrators.0.present",
        "risk.answers.1",
        "risk.answers.3",
    }
    assert "risk.answers.24" in set(not_yet_asked({**STORY, "risk": {"instrument": "dash"}}))


def test_every_field_of_interest_is_one_the_centre_may_be_shown() -> None:
    everything = Facts.model_validate({"perpetrators": [{}], "victim": {"adults": 1}}).model_dump(mode="json")
    shown = for_role(Service.NOTIFY, [Role.CENTRE_STAFF], everything)
    for path in not_yet_asked(STORY):
        head, _, rest = path.partition(".")
        assert head in shown
        assert head == "risk" or not rest or rest in shown[head]
