"""What each service receives of a jurisdiction (P6: need to know). A field not named here goes nowhere.

Shelters go to shelter_beds alone, units to dispatch alone; identity learns only which organisations exist.
Accounts are made through identity's own API, from `Jurisdiction.addressed(…).people`.
"""

from collections.abc import Callable
from typing import Final, Literal, TypeVar

from shared.contracts.jurisdiction import (
    Centre,
    ChildProtection,
    Country,
    Deadlines,
    Jurisdiction,
    JurisdictionCode,
    Language,
    Municipality,
    Names,
    OrganisationCode,
    Part,
    Phone,
    Sentence,
    Settlement,
    Shelter,
    Station,
    TimeZone,
    Unit,
)

Service = Literal["intake", "dispatch", "shelter_beds", "notify", "identity"]
DutyKind = Literal["police", "centre", "child_protection"]


class Section(Part):
    """What is on every page's head: public, and the same for every service but identity."""

    code: JurisdictionCode
    name: Names
    country: Country
    languages: tuple[Language, ...]
    timezone: TimeZone
    invented: Sentence
    deadlines: Deadlines
    municipalities: tuple[Municipality, ...]


class DutyPhone(Part):
    """Whom the operator rings when a promise is not answered. Shelters are not among them: P6."""

    kind: DutyKind
    name: Names
    phone: Phone
    municipalities: tuple[str, ...]


class IntakeSection(Section):
    settlements: tuple[Settlement, ...]
    organisation_numbers: tuple[Phone, ...]
    """The declared ones and every organisation's own phone, in order and without repetition."""
    duty_phones: tuple[DutyPhone, ...]


class DispatchSection(Section):
    stations: tuple[Station, ...]
    units: tuple[Unit, ...]


class ShelterBedsSection(Section):
    neighbours: tuple[JurisdictionCode, ...]
    shelters: tuple[Shelter, ...]


class NotifySection(Section):
    centres: tuple[Centre, ...]
    """Each rota in its order, with an address and minutes in every step."""
    child_protection: tuple[ChildProtection, ...]


class Organisation(Part):
    code: OrganisationCode
    kind: Literal["mechanism", "police", "shelter", "centre"]
    name: Names


class IdentitySection(Part):
    code: JurisdictionCode
    organisations: tuple[Organisation, ...]


AnySection = IntakeSection | DispatchSection | ShelterBedsSection | NotifySection | IdentitySection
SectionT = TypeVar("SectionT", bound=Part)


def section(document: Jurisdiction, service: Service, *, first: bool) -> AnySection:
    """The part of the document that `service` may have; `first`: see `Jurisdiction.addressed`."""
    return _SECTIONS[service](document.addressed(first=first))


def _intake(document: Jurisdiction) -> IntakeSection:
    own: tuple[Station | Shelter | Centre | ChildProtection, ...] = (
        *document.stations,
        *document.shelters,
        *document.centres,
        *document.child_protection,
    )
    phones = {part.phone for part in own if part.phone is not None}
    duty_phones = (
        *(_duty_phone("police", part, part.covers) for part in document.stations),
        *(_duty_phone("centre", part, part.serves) for part in document.centres),
        *(_duty_phone("child_protection", part, part.municipalities) for part in document.child_protection),
    )
    return _taken(
        IntakeSection,
        document,
        organisation_numbers=sorted(phones.union(document.organisation_numbers)),
        duty_phones=[phone for phone in duty_phones if phone is not None],
    )


def _duty_phone(kind: DutyKind, part: Station | Centre | ChildProtection, area: tuple[str, ...]) -> DutyPhone | None:
    if part.phone is None:
        return None
    return DutyPhone(kind=kind, name=part.name, phone=part.phone, municipalities=area)


def _dispatch(document: Jurisdiction) -> DispatchSection:
    return _taken(DispatchSection, document)


def _shelter_beds(document: Jurisdiction) -> ShelterBedsSection:
    return _taken(ShelterBedsSection, document)


def _notify(document: Jurisdiction) -> NotifySection:
    default = max(1, document.deadlines.rota_step // 60)

    def timed(centre: Centre) -> Centre:
        steps = sorted(centre.rota, key=lambda step: step.order)
        rota = tuple(step.model_copy(update={"minutes": step.minutes or default}) for step in steps)
        return centre.model_copy(update={"rota": rota})

    return _taken(NotifySection, document, centres=[timed(centre) for centre in document.centres])


def _identity(document: Jurisdiction) -> IdentitySection:
    organisations = (
        Organisation(code=document.code, kind="mechanism", name=document.name),
        *(Organisation(code=part.code, kind="police", name=part.name) for part in document.stations),
        *(
            Organisation(code=part.code, kind="shelter", name={document.languages[0]: part.code_name})
            for part in document.shelters
        ),
        *(Organisation(code=part.code, kind="centre", name=part.name) for part in document.centres),
    )
    return _taken(IdentitySection, document, organisations=organisations)


def _taken(kind: type[SectionT], document: Jurisdiction, **made: object) -> SectionT:
    """A section of that kind: its fields as the document has them, but for those `made` here."""
    alike = {field: getattr(document, field) for field in kind.model_fields if field not in made}
    return kind.model_validate(alike | made)


_SECTIONS: Final[dict[Service, Callable[[Jurisdiction], AnySection]]] = {
    "intake": _intake,
    "dispatch": _dispatch,
    "shelter_beds": _shelter_beds,
    "notify": _notify,
    "identity": _identity,
}
