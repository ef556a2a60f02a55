"""What people send: bodies of requests, with their limits."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

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


def known_questions(risk: RiskAnswers) -> RiskAnswers:
    """Check that an instrument has the questions that were answered.

    Raises:
        ValueError: it has not; the sentence says which it has.
    """
    unknown = unknown_questions(risk.instrument, risk.answers)
    if unknown:
        known = INSTRUMENTS[risk.instrument].ids
        raise ValueError(f"{risk.instrument} has questions {known[0]} to {known[-1]}")
    return risk


_A_MOMENT = "a moment with its time zone, for instance 2026-11-22T03:00:00Z"
_FIRST_YEAR, _LAST_YEAR = 2000, 2100

Risk = Annotated[RiskAnswers, AfterValidator(known_questions)]
Reason = Annotated[str, StringConstraints(min_length=1, max_length=500, strip_whitespace=True)]


class RaiseIncident(Facts):
    """A call. Only channel, a place and needs are required: a caller may hang up."""

    channel: Channel
    location: Location
    needs: Needs
    mode: Mode = Mode.ACTUAL
    risk: Risk = RiskAnswers()


class NewCall(Facts):
    """What a caller said before anything is raised: enough to find what others have said about it."""

    location: Location
    mode: Mode = Mode.ACTUAL


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
    risk: RiskAnswers = RiskAnswers()
    """Answers to the incident's own instrument, unless another is named."""
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


def _moment_in_words(value: Any) -> Any:
    return value if isinstance(value, str) else None  # a bare number is no moment that a person wrote


def _in_our_time(moment: datetime) -> datetime:
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(_A_MOMENT)
    return moment


class MedicalCalled(BaseModel):
    """An ambulance was called: outside this system, by a human, who says so here."""

    model_config = ConfigDict(extra="forbid")

    called_at: Annotated[AwareDatetime, BeforeValidator(_moment_in_words), AfterValidator(_in_our_time)]
    by: Annotated[str, StringConstraints(min_length=1, max_length=40)] = Field(description="who called, as a role")
