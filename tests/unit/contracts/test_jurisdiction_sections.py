"""P6: a service receives what it needs of a jurisdiction, and nothing else."""

import pytest

from deploy.jurisdictions import load, scale
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.jurisdiction_sections import (
    DispatchSection,
    IdentitySection,
    IntakeSection,
    NotifySection,
    Service,
    ShelterBedsSection,
    section,
)

SERVICES: tuple[Service, ...] = ("intake", "dispatch", "shelter_beds", "notify", "identity")


@pytest.fixture(scope="module")
def ruse() -> Jurisdiction:
    return load.named("ruse")


@pytest.mark.parametrize("service", SERVICES)
def test_only_shelter_beds_hears_of_rooms_and_meeting_points(ruse: Jurisdiction, service: Service) -> None:
    text = section(ruse, service, first=True).model_dump_json()
    assert ('"rooms"' in text) == (service == "shelter_beds")
    assert ('"meeting_points"' in text) == (service == "shelter_beds")


@pytest.mark.parametrize("service", SERVICES)
def test_only_shelter_beds_and_identity_hear_a_shelters_name(ruse: Jurisdiction, service: Service) -> None:
    text = section(ruse, service, first=True).model_dump_json()
    told = any(f'"{shelter.code_name}"' in text or f'"{shelter.code}"' in text for shelter in ruse.shelters)
    assert told == (service in {"shelter_beds", "identity"})


@pytest.mark.parametrize("service", SERVICES)
def test_only_dispatch_hears_of_units(ruse: Jurisdiction, service: Service) -> None:
    text = section(ruse, service, first=True).model_dump_json()
    assert ("Ruse-12" in text) == (service == "dispatch")


@pytest.mark.parametrize("service", SERVICES)
def test_only_notify_hears_of_people_and_only_of_those_on_a_rota(ruse: Jurisdiction, service: Service) -> None:
    text = section(ruse, service, first=True).model_dump_json()
    assert ("boyana.dunav@demo.example" in text) == (service == "notify")
    assert "operator@demo.example" not in text
    assert "Бояна" not in text


def test_identity_hears_which_organisations_there_are_and_nothing_of_them(ruse: Jurisdiction) -> None:
    heard = section(ruse, "identity", first=True)
    assert isinstance(heard, IdentitySection)
    assert heard.model_dump().keys() == {"code", "organisations"}
    assert {(part.code, part.kind) for part in heard.organisations} >= {
        ("RSE", "mechanism"),
        ("ruse-1", "police"),
        ("lipa", "shelter"),
        ("dunav", "centre"),
    }


def test_a_call_from_a_station_shelter_or_centre_links_nothing(ruse: Jurisdiction) -> None:
    heard = section(ruse, "intake", first=True)
    assert isinstance(heard, IntakeSection)
    own = {station.phone for station in ruse.stations}
    own |= {shelter.phone for shelter in ruse.shelters} | {centre.phone for centre in ruse.centres}
    assert own - {None} | set(ruse.organisation_numbers) <= set(heard.organisation_numbers)


def test_the_operator_has_a_number_to_ring_for_each_leg_but_no_shelters(ruse: Jurisdiction) -> None:
    heard = section(ruse, "intake", first=True)
    assert isinstance(heard, IntakeSection)
    phones = {phone.phone for phone in heard.duty_phones}
    assert {phone.kind for phone in heard.duty_phones} == {"police", "centre", "child_protection"}
    assert phones.isdisjoint({shelter.phone for shelter in ruse.shelters})


def test_a_rota_is_in_order_and_every_step_has_minutes() -> None:
    written = scale.generate(units=1, rooms=1).model_dump()
    first, second = written["centres"][0]["rota"]
    written["centres"][0]["rota"] = [second, first | {"minutes": None}]
    written["deadlines"]["rota_step"] = 420
    heard = section(Jurisdiction.model_validate(written), "notify", first=True)
    assert isinstance(heard, NotifySection)
    assert [(step.order, step.minutes) for step in heard.centres[0].rota] == [(1, 7), (2, 5)]


@pytest.mark.parametrize(
    ("service", "kind"),
    [
        ("intake", IntakeSection),
        ("dispatch", DispatchSection),
        ("shelter_beds", ShelterBedsSection),
        ("notify", NotifySection),
        ("identity", IdentitySection),
    ],
)
def test_a_section_survives_the_journey_to_its_service(
    ruse: Jurisdiction,
    service: Service,
    kind: type[IntakeSection | DispatchSection | ShelterBedsSection | NotifySection | IdentitySection],
) -> None:
    sent = section(ruse, service, first=False)
    assert kind.model_validate_json(sent.model_dump_json()) == sent
    assert kind.model_validate(sent.model_dump(mode="json")) == sent
