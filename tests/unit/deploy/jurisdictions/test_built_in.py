"""What the built-in jurisdictions promise."""

import json
from pathlib import Path

import pytest

from deploy.jurisdictions import load
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.jurisdiction_checks import together

EXAMPLES = Path(__file__).parents[4] / "docs" / "examples"


def test_the_built_in_jurisdictions_are_known_by_name() -> None:
    assert load.names() == ("kosovo", "milwaukee", "plovdiv", "ruse", "targovishte", "scale")
    with pytest.raises(KeyError):
        load.named("atlantis")


@pytest.mark.parametrize("name", ["kosovo", "milwaukee", "plovdiv", "ruse", "targovishte", "scale"])
def test_a_built_in_jurisdiction_loads_and_says_what_is_invented(name: str) -> None:
    assert "nvented" in load.named(name).invented


def test_the_built_in_jurisdictions_can_share_a_deployment() -> None:
    assert together([load.named(name) for name in load.names()]) == []


def _free_elsewhere(document: Jurisdiction, *municipalities: str) -> int:
    return sum(len(shelter.rooms) for shelter in document.shelters if shelter.municipality not in municipalities)


def test_ruse_is_the_demo_that_the_documents_promise() -> None:
    ruse = load.named("ruse")
    assert len(ruse.municipalities) == 8
    assert ruse.units[0].code == "Ruse-12"
    assert len(ruse.units) == 12
    assert len(ruse.shelters) == 4
    assert sum(len(shelter.rooms) for shelter in ruse.shelters) == 18
    assert sum(shelter.municipality != "RSE27" for shelter in ruse.shelters) == 2
    logins = {person.login for person in ruse.people}
    assert logins >= {"operator", "dispatcher", "crew", "supervisor", "auditor", "ops", "admin"}
    assert logins >= {f"shelter_staff.{shelter.code}" for shelter in ruse.shelters}
    assert logins >= {f"centre_staff.{centre.code}" for centre in ruse.centres}
    assert logins >= {f"crew.{unit.code.lower()}" for unit in ruse.units}


@pytest.mark.parametrize("name", ["kosovo", "milwaukee", "plovdiv", "ruse", "targovishte"])
def test_from_every_municipality_there_are_rooms_in_another(name: str) -> None:
    document = load.named(name)
    for municipality in document.municipalities:
        assert _free_elsewhere(document, municipality.code) >= 5


@pytest.mark.parametrize("name", ["milwaukee", "plovdiv", "ruse", "targovishte", "kosovo"])
def test_a_policeman_can_be_answered_by_another_directorate(name: str) -> None:
    assert len({station.directorate for station in load.named(name).stations}) >= 2


def test_the_example_calls_are_places_of_ruse() -> None:
    ruse = load.named("ruse")
    municipalities = {municipality.code for municipality in ruse.municipalities}
    settlements = {settlement.code: settlement.municipality for settlement in ruse.settlements}
    for name in ("call.json", "minimal-call.json"):
        location = json.loads((EXAMPLES / name).read_text("utf-8"))["location"]
        assert location["municipality"] in municipalities
        assert settlements.get(location.get("settlement"), location["municipality"]) == location["municipality"]
