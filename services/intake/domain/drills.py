"""Calls to practise with: each trains something that a calm day does not."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict

from services.intake.domain.forms import RaiseIncident, Reason
from shared.contracts.facts import Code, LongText
from shared.contracts.vocabulary import Mode

_ALL_THREE = {"police": True, "shelter": True, "centre": True}
_WITH_HER = {"where": "with_victim"}


class Scenario(StrEnum):
    NEIGHBOUR_HEARS = "neighbour_hears"
    """He is there, a child is with her: police, shelter and centre at once, and child protection."""
    SILENT_CALL = "silent_call"
    """She cannot speak and was choked: an ambulance must be called by hand."""
    LARGE_FAMILY = "large_family"
    """No room fits: what operator and shelters do then."""
    POLICEMAN = "policeman"
    """The perpetrator is a policeman: a unit of another directorate, no station as meeting point."""


_FACTS: Mapping[Scenario, Mapping[str, Any]] = {
    Scenario.NEIGHBOUR_HEARS: {
        "channel": "emergency_112",
        "call": "live",
        "caller": {"relation": "neighbour"},
        "victim": {"adults": [{"sex": "f"}], "children": [{"age": 4, **_WITH_HER}]},
        "perpetrators": [{"present": "yes", "linked_to": "none"}],
        "needs": _ALL_THREE,
    },
    Scenario.SILENT_CALL: {
        "channel": "emergency_112",
        "call": "silent",
        "caller": {"relation": "victim"},
        "callback": {"safe_to_call": "no"},
        "victim": {"adults": [{"sex": "f"}], "contact_mode": "yes_no_only", "injured": "yes"},
        "risk": {"instrument": "lap", "answers": {"1": "yes", "5": "yes"}},
        "needs": {**_ALL_THREE, "medical": True},
    },
    Scenario.LARGE_FAMILY: {
        "channel": "helpline",
        "call": "ended",
        "caller": {"relation": "victim"},
        "victim": {
            "adults": [{"sex": "f"}, {"sex": "f"}],
            "children": [{"age": age, **_WITH_HER} for age in (1, 3, 4, 6, 8, 10, 13, 15)],
            "mobility": "wheelchair",
            "decision_shelter": "accepts",
        },
        "perpetrators": [{"present": "no", "linked_to": "none"}],
        "risk": {"instrument": "lap", "answers": {"6": "yes", "7": "yes", "8": "yes", "11": "yes"}},
        "needs": _ALL_THREE,
    },
    Scenario.POLICEMAN: {
        "channel": "helpline",
        "call": "ended",
        "caller": {"relation": "relative"},
        "victim": {"adults": [{"sex": "f"}], "decision_shelter": "accepts"},
        "perpetrators": [{"present": "unknown", "linked_to": "police"}],
        "risk": {"instrument": "lap", "answers": {"2": "yes"}},
        "needs": _ALL_THREE,
    },
}


class StartDrill(BaseModel):
    """Which call comes in, and where."""

    model_config = ConfigDict(extra="forbid")

    scenario: Scenario
    municipality: Code
    narrative: LongText | None = None
    """What the caller tells; people read it in their own language."""

    def call(self) -> RaiseIncident:
        """Return the call as an operator would raise it."""
        facts = {**_FACTS[self.scenario], "location": {"municipality": self.municipality}, "mode": Mode.EXERCISE}
        if self.narrative:
            facts["narrative"] = self.narrative
        return RaiseIncident.model_validate(facts)


class EndDrill(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Annotated[Reason, "kept with the incident"] = "The drill is over."
