"""What people send: bodies of requests, with their limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from services.intake.domain.instruments import INSTRUMENTS
from services.intake.domain.risk import unknown_questions
from shared.contracts.facts import (
    Callback,
    Caller,
    Facts,
    Location,
    LongText,
    Needs,
    RiskAnswers,
)
from shared.contracts.vocabulary import (
    CallState,
    CancelReason,
    Channel,
    Level,
    Mode,
    Outcome,
    Tri,
    WhoDecided,
)


def _known_questions(risk: RiskAnswers) -> RiskAnswers:
    unknown = unknown_questions(risk.instrument, risk.answers)
    if unknown:
        known = INSTRUMENTS[risk.instrument].ids
        raise ValueError(f"{risk.instrument} has questions {known[0]} to {known[-1]}")
    return risk


Risk = Annotated[RiskAnswers, AfterValidator(_known_questions)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class RaiseIncident(Facts):
    """A call. Only channel, a place and needs are required: a caller may hang up."""

    channel: Channel
    location: Location
    needs: Needs
    mode: Mode = Mode.ACTUAL
    risk: Risk = RiskAnswers()


class LaterFacts(Facts):
    """The facts after a patch; ``mode`` may only become ``actual``."""

    channel: Channel
    location: Location
    needs: Needs
    risk: Risk = RiskAnswers()


class FurtherCall(BaseModel):
    """Another call about the same event: appended; no second unit, no second room."""

    model_config = ConfigDict(extra="forbid")

    channel: Channel
    external_ref: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    call: CallState = CallState.ENDED
    caller: Caller = Caller()
    callback: Callback = Callback()
    risk: Risk = RiskAnswers()
    narrative: LongText | None = None


class Close(BaseModel):
    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    seen_alone: Literal[Tri.YES, Tri.NO] | None = None
    note: LongText | None = None
    override_reason: Reason | None = None


class Cancel(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: CancelReason
    note: LongText | None = None


def _survivor_is_victim(value: Any) -> Any:
    return WhoDecided.VICTIM if value == "survivor" else value


class RequestLeg(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who_decided: Annotated[WhoDecided, BeforeValidator(_survivor_is_victim)] = WhoDecided.VICTIM
    reason: Reason | None = None
    near_allowed: bool = False
    """A supervisor's word that a room near the perpetrator may be taken."""


class WaiveLeg(BaseModel):
    model_config = ConfigDict(extra="forbid")

    who_decided: Annotated[WhoDecided, BeforeValidator(_survivor_is_victim)]
    reason: Reason


class RaiseRisk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    reason: Reason


class OverrideRisk(BaseModel):
    model_config = ConfigDict(extra="forbid")

    level: Level
    reason: Reason


class MedicalCalled(BaseModel):
    """An ambulance was called: outside this system, by a human, who says so here."""

    model_config = ConfigDict(extra="forbid")

    called_at: datetime
    by: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(description="who called, as a role")
