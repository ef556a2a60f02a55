"""One jurisdiction as a document: what a deployment must know about the area it serves.

People write it as YAML (`deploy/jurisdictions/`); `jurisdiction_checks` says what must hold between its
parts, `jurisdiction_sections` what each service may receive of it.

**Logins.** A person, and a step of a rota, is named by a *login*. One with an `@` is an e-mail address and is
used as it stands. One without is a demo name (`operator`, `crew.ruse-12`), from which `addressed` builds an
address under `demo.example`: plain in the deployment's first jurisdiction (`operator@demo.example`), with the
jurisdiction's code in every other (`operator.pdv@demo.example`), so that several can be loaded side by side.
No file holds a password.

**Times** in `deadlines` are seconds, a rota's `minutes` are minutes; coordinates are degrees (WGS 84).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Final, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from shared.contracts.jurisdiction_checks import Problem, problems

DEMO_DOMAIN: Final = "demo.example"


def form(pattern: str, says: str) -> AfterValidator:
    """Text of one form; `says` completes the sentence "it must be …"."""
    wanted = re.compile(pattern)

    def check(text: str) -> str:
        if not wanted.fullmatch(text):
            raise PydanticCustomError("form", "must be {says}", {"says": says})
        return text

    return AfterValidator(check)


def _known_zone(zone: str) -> str:
    try:
        ZoneInfo(zone)
    except (KeyError, OSError, ValueError):
        raise PydanticCustomError("timezone", "is not a time zone of the tz database") from None
    return zone


_SLUG = r"[a-z][a-z0-9]*(-[a-z0-9]+)*"
_MUNICIPALITY = "capital letters and a number, such as RSE27"
_PRINTED = form(
    r"[^\s\x00-\x1f\x7f]([^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f])?", "one line of text without spaces around it"
)

JurisdictionCode = Annotated[str, form(r"[A-Z]{2,8}", "2 to 8 capital letters, such as RSE")]
MunicipalityCode = Annotated[str, Field(max_length=12), form(r"[A-Z]{2,8}[0-9]{1,4}", _MUNICIPALITY)]
SettlementCode = Annotated[str, Field(max_length=16), form(r"[0-9A-Z-]+", "digits, such as '63427'")]
Slug = Annotated[str, Field(max_length=40), form(_SLUG, "small letters, digits and hyphens, such as ruse-1")]
UnitCode = Annotated[
    str,
    Field(max_length=40),
    form(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", "letters, digits and hyphens, such as Ruse-12"),
]
OrganisationCode = Annotated[
    str,
    Field(max_length=40),
    form(rf"[A-Z]{{2,8}}|{_SLUG}", "the code of this jurisdiction or an organisation of it"),
]
Language = Annotated[
    str,
    form(r"[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?", "a BCP 47 language code, such as bg or sr-Latn"),
]
Country = Annotated[str, form(r"[A-Z]{2}", "a two-letter country code, such as BG")]
TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Phone = Annotated[str, form(r"\+[1-9][0-9]{6,14}", "an international number, such as '+359888000001'")]
Login = Annotated[
    str,
    Field(max_length=254),
    form(
        r"[a-z0-9]([a-z0-9._+-]{0,62}[a-z0-9])?(@[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,8})?",
        "an e-mail address in small letters, or a demo name such as crew.ruse-12",
    ),
]
Label = Annotated[str, Field(max_length=120), _PRINTED]
Sentence = Annotated[str, Field(max_length=500), _PRINTED]
Names = Annotated[dict[Language, Label], Field(min_length=1, max_length=8)]
Texts = Annotated[dict[Language, Sentence], Field(min_length=1, max_length=8)]
Latitude = Annotated[float, Field(strict=True, ge=-90, le=90)]
Longitude = Annotated[float, Field(strict=True, ge=-180, le=180)]
Seconds = Annotated[int, Field(strict=True, ge=1, le=7 * 24 * 3600)]
Truth = Annotated[bool, Field(strict=True)]

Sex = Literal["f", "m"]
Mobility = Literal["unrestricted", "assisted", "wheelchair"]
UnitState = Literal["available", "busy", "off_duty"]
Role = Literal[
    "operator", "dispatcher", "crew", "shelter_staff", "centre_staff", "supervisor", "auditor", "ops", "admin"
]


def _refusal(found: Iterable[Problem]) -> ValidationError:
    """Several problems at once, each with the path of its own field."""
    return ValidationError.from_exception_data(
        "Jurisdiction",
        [
            InitErrorDetails(
                type=PydanticCustomError("disagreement", "{reason}", {"reason": problem.reason}),
                loc=problem.where,
                input=None,
            )
            for problem in found
        ],
    )


class Part(BaseModel):
    """A piece of the document: nothing unknown is accepted, nothing changes once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Deadlines(Part):
    """Seconds allowed for each step. No published standard gives them: they are this project's targets."""

    police_answered: Seconds = 5
    police_accepted: Seconds = 60
    police_on_scene: Seconds = 1200
    shelter_answered: Seconds = 5
    shelter_accepted: Seconds = 600
    shelter_arrived: Seconds = 14400
    """Counted from the shelter's confirmation: it is the placement's `arrive_by`."""
    centre_answered: Seconds = 5
    centre_accepted: Seconds = 300
    """The centre leg is accepted when a human acknowledges the handover, done when they accept it."""
    centre_done: Seconds = 1800
    hold: Seconds = 3600
    stale_room: Seconds = 43200
    rota_step: Seconds = 300
    """How long a rota step without `minutes` of its own waits for an answer."""


class Municipality(Part):
    code: MunicipalityCode
    name: Names
    latitude: Latitude
    longitude: Longitude
    region: Slug
    """The group it is counted with in availability totals."""
    neighbours: Annotated[tuple[MunicipalityCode, ...], Field(max_length=40)] = ()
    """Whose patrols are tried next when its own stations have none."""
    population: Annotated[int, Field(strict=True, ge=0, le=50_000_000)] | None = None


class Settlement(Part):
    code: SettlementCode
    """In Bulgaria the EKATTE code, as text."""
    name: Names
    municipality: MunicipalityCode
    latitude: Latitude
    longitude: Longitude


class Station(Part):
    code: Slug
    name: Names
    municipality: MunicipalityCode
    latitude: Latitude
    longitude: Longitude
    covers: Annotated[tuple[MunicipalityCode, ...], Field(max_length=500)]
    """The municipalities it answers for; none for a reserve of another directorate."""
    directorate: Slug
    phone: Phone | None = None


class Unit(Part):
    code: UnitCode
    station: Slug
    latitude: Latitude
    longitude: Longitude
    state: UnitState = "available"


class Admission(Part):
    """Whom a shelter takes in."""

    adults: Annotated[tuple[Sex, ...], Field(min_length=1, max_length=2)]
    oldest_boy: Annotated[int, Field(strict=True, ge=0, le=17)] | None
    """The age up to which boys are taken in; none: every age."""
    mobility: Annotated[tuple[Mobility, ...], Field(min_length=1, max_length=3)]
    acute_medical: Truth
    pets: Annotated[int, Field(strict=True, ge=0, le=10)]
    """How many pets at most."""
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=12)]
    documents_required: Truth
    children_max: Annotated[int, Field(strict=True, ge=0, le=20)] | None = None


class MeetingPoint(Part):
    """Where staff meet a family: a public place, never the shelter's door."""

    code: Slug
    kind: Literal["station", "hospital", "public_place"]
    text: Texts


class Room(Part):
    name: Annotated[Label, Field(max_length=40)]
    beds: Annotated[int, Field(strict=True, ge=1, le=20)]
    accessible: Truth = False


class Shelter(Part):
    """A safe house. P6: it has no address or position here; its staff type it where only they read it."""

    code: Slug
    code_name: Label
    region: Slug
    municipality: MunicipalityCode
    phone: Phone | None = None
    admission: Admission
    meeting_points: Annotated[tuple[MeetingPoint, ...], Field(max_length=20)]
    rooms: Annotated[tuple[Room, ...], Field(max_length=200)]

    @model_validator(mode="before")
    @classmethod
    def _nowhere(cls, given: object) -> object:
        told = {"address", "street", "latitude", "longitude"}
        if isinstance(given, Mapping) and (where := sorted(told & given.keys())):
            raise _refusal(
                Problem(
                    (field,),
                    "says where the shelter is: no file may; its staff type it where only they read it",
                )
                for field in where
            )
        return given


class RotaStep(Part):
    order: Annotated[int, Field(strict=True, ge=1, le=99)]
    person: Login
    minutes: Annotated[int, Field(strict=True, ge=1, le=240)] | None = None
    """How long this person has to answer; none: `deadlines.rota_step`."""


class Centre(Part):
    code: Slug
    name: Names
    serves: Annotated[tuple[MunicipalityCode, ...], Field(min_length=1, max_length=500)]
    """Most its own first: a municipality's handovers go to the centre that names it nearest the front."""
    phone: Phone | None = None
    rota: Annotated[tuple[RotaStep, ...], Field(max_length=99)]


class ChildProtection(Part):
    """The office told at once when a child is involved."""

    code: Slug
    name: Names
    municipalities: Annotated[tuple[MunicipalityCode, ...], Field(min_length=1, max_length=500)]
    phone: Phone | None = None


class Duty(Part):
    """A role within a station, shelter or centre, or the jurisdiction itself (the whole mechanism)."""

    role: Role
    organisation: OrganisationCode
    unit: UnitCode | None = None


class Person(Part):
    login: Login
    name: Label
    roles: Annotated[tuple[Duty, ...], Field(min_length=1, max_length=64)]


class Jurisdiction(Part):
    """The whole document. One that exists has passed every check."""

    code: JurisdictionCode
    name: Names
    country: Country
    languages: Annotated[tuple[Language, ...], Field(min_length=1, max_length=8)]
    """BCP 47; the first is the default, in which everything is named."""
    timezone: TimeZone
    neighbours: Annotated[tuple[JurisdictionCode, ...], Field(max_length=20)] = ()
    """Jurisdictions of the same deployment that are tried for a room, nearest first."""
    invented: Sentence
    """Says which parts are invented."""
    deadlines: Deadlines = Deadlines()
    municipalities: Annotated[tuple[Municipality, ...], Field(min_length=1, max_length=2_000)]
    settlements: Annotated[tuple[Settlement, ...], Field(max_length=20_000)] = ()
    organisation_numbers: Annotated[tuple[Phone, ...], Field(max_length=5_000)] = ()
    """Phones of organisations (schools, hospitals): two calls from one of them are not about one event."""
    stations: Annotated[tuple[Station, ...], Field(max_length=2_000)]
    units: Annotated[tuple[Unit, ...], Field(max_length=20_000)]
    shelters: Annotated[tuple[Shelter, ...], Field(max_length=5_000)]
    centres: Annotated[tuple[Centre, ...], Field(max_length=2_000)]
    child_protection: Annotated[tuple[ChildProtection, ...], Field(max_length=2_000)]
    people: Annotated[tuple[Person, ...], Field(max_length=50_000)]

    @model_validator(mode="after")
    def _parts_agree(self) -> Self:
        if found := list(problems(self)):
            raise _refusal(found)
        return self

    def addressed(self, *, first: bool) -> Self:
        """This document with every login an e-mail address (see the module); repeating it changes nothing.

        `first`: whether this is the deployment's first jurisdiction.
        """
        suffix = f"@{DEMO_DOMAIN}" if first else f".{self.code.lower()}@{DEMO_DOMAIN}"

        def address(login: str) -> str:
            return login if "@" in login else login + suffix

        people = tuple(person.model_copy(update={"login": address(person.login)}) for person in self.people)
        centres = tuple(
            centre.model_copy(
                update={"rota": tuple(step.model_copy(update={"person": address(step.person)}) for step in centre.rota)}
            )
            for centre in self.centres
        )
        return self.model_copy(update={"people": people, "centres": centres})
