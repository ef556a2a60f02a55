"""What is known about an incident: the body of ``POST /intake/api/incidents``, part by part.

Every field is optional here, because a caller may hang up, and because each service is given only some of the
fields (``need_to_know``). What the operator must give is said by intake. An optional value that cannot be read
(a phone with a typo) stays as it was typed; intake lists its path in ``unverified``.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StringConstraints

from shared.contracts.vocabulary import (
    Answer,
    CallState,
    Channel,
    ContactChannel,
    ContactMode,
    Decision,
    LinkedTo,
    Mobility,
    Relation,
    Sex,
    Tri,
    Where,
)

Name = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Phone = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Code = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.\-]{1,40}$")]
ShortText = Annotated[str, StringConstraints(max_length=300)]
LongText = Annotated[str, StringConstraints(max_length=10_000)]
Typed = Annotated[str, StringConstraints(max_length=60)]
"""A value kept as it was typed, readable or not."""
Language = Annotated[str, StringConstraints(min_length=1, max_length=35)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180, allow_inf_nan=False)]
ChildAge = Annotated[int, Field(strict=True, ge=0, le=17)]

MOST_PEOPLE = 20


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Caller(Part):
    relation: Relation = Relation.UNKNOWN
    name: Name | None = None
    phone: Phone | None = None


class Callback(Part):
    """How to reach her, and only her. ``safe_to_call: unknown`` means: do not call."""

    phone: Phone | None = None
    safe_to_call: Tri = Tri.UNKNOWN
    code_word: Annotated[str, StringConstraints(max_length=60)] | None = None
    channels_banned: Annotated[list[ContactChannel], Field(max_length=len(ContactChannel))] = []


class Location(Part):
    municipality: Code | None = None
    settlement: Typed | None = None
    address: ShortText | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None


class Adult(Part):
    sex: Sex = Sex.UNKNOWN


class Child(Part):
    age: ChildAge | None = None
    sex: Sex = Sex.UNKNOWN
    where: Where = Where.UNKNOWN


def _adults_by_count(value: Any) -> Any:
    """Let ``2`` stand for two adults of whom nothing else is known."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_PEOPLE:
        return [{}] * value
    return value


class Victim(Part):
    name: Name | None = None
    injured: Tri = Tri.UNKNOWN
    adults: Annotated[list[Adult], Field(max_length=MOST_PEOPLE), BeforeValidator(_adults_by_count)] | None = None
    """Everybody grown up who comes along, she included. ``None``: not asked; an empty list: a child alone."""
    children: Annotated[list[Child], Field(max_length=MOST_PEOPLE)] = []
    languages: Annotated[list[Language], Field(max_length=10)] = []
    contact_mode: ContactMode = ContactMode.VOICE
    mobility: Mobility = Mobility.UNRESTRICTED
    pets: Annotated[int, Field(strict=True, ge=0, le=20)] = 0
    decision_shelter: Decision = Decision.UNDECIDED


class Perpetrator(Part):
    name: Name | None = None
    municipality: Typed | None = None
    present: Tri = Tri.UNKNOWN
    armed: Tri = Tri.UNKNOWN
    linked_to: LinkedTo = LinkedTo.UNKNOWN


class RiskAnswers(Part):
    instrument: Literal["lap", "dash"] = "lap"
    answers: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")], Answer], Field(max_length=40)
    ] = {}


class Needs(Part):
    """Which promises are wanted. Needs only grow; taking one back is a waiver."""

    police: StrictBool = True
    shelter: StrictBool = False
    centre: StrictBool = True
    medical: StrictBool = False


class Consent(Part):
    """Hers, informed and on record; without it the centre gets number, region, language and head-count."""

    share_with_centre: StrictBool = False
    by: Typed | None = None
    at: Typed | None = None
    scope: Typed | None = None


class Facts(Part):
    channel: Channel | None = None
    external_ref: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = None
    call: CallState = CallState.UNKNOWN
    caller: Caller = Caller()
    callback: Callback = Callback()
    location: Location = Location()
    victim: Victim = Victim()
    perpetrators: Annotated[list[Perpetrator], Field(max_length=MOST_PEOPLE)] = []
    protection_order: Tri = Tri.UNKNOWN
    risk: RiskAnswers = RiskAnswers()
    needs: Needs = Needs()
    consent: Consent = Consent()
    narrative: LongText | None = None


class SceneFacts(Part):
    """What the crew learned at the scene: sealed from dispatch to intake, merged upward there."""

    risk: dict[str, Answer] = {}
    injured: Tri | None = None
    medical: StrictBool = False
    children: Annotated[list[Child], Field(max_length=MOST_PEOPLE)] | None = None
    adults: Annotated[list[Adult], Field(max_length=MOST_PEOPLE), BeforeValidator(_adults_by_count)] | None = None
    perpetrator_present: Tri | None = None
    perpetrator_armed: Tri | None = None
    decision_shelter: Decision | None = None
    seen_alone: Literal[Tri.YES, Tri.NO] | None = None
