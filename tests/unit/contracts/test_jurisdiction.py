"""The document builds its addresses, says what cannot be loaded beside it, and its parts agree."""

from typing import Any

import pytest
from pydantic import ValidationError

from deploy.jurisdictions import scale
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.jurisdiction_checks import together


def _as_written(**changes: Any) -> dict[str, Any]:
    return scale.generate(units=8, rooms=12).model_dump() | changes


def _with_code(code: str, **changes: Any) -> Jurisdiction:
    """The generated jurisdiction under another code, with its own municipalities, units and organisations."""
    text = scale.generate(units=2, rooms=2).model_dump_json()
    for kind in ("Scale-", "station-", "shelter-", "centre-", "scale-children"):
        text = text.replace(f'"{kind}', f'"{code.lower()}-{kind}')
    text = text.replace("SCALE", code)
    return Jurisdiction.model_validate(Jurisdiction.model_validate_json(text).model_dump() | changes)


def test_in_the_first_jurisdiction_demo_addresses_are_plain() -> None:
    document = scale.generate(units=1, rooms=1).addressed(first=True)
    assert {person.login for person in document.people} >= {"operator@demo.example", "crew@demo.example"}
    assert document.centres[0].rota[0].person == "centre_staff@demo.example"


def test_in_any_other_jurisdiction_demo_addresses_carry_its_code() -> None:
    document = scale.generate(units=1, rooms=1).addressed(first=False)
    assert document.people[0].login == "operator.scale@demo.example"
    assert document.centres[0].rota[0].person == "centre_staff.scale@demo.example"


def test_a_true_address_is_left_as_it_is() -> None:
    written = _as_written()
    written["people"][0]["login"] = "maria@shelters.example.org"
    document = Jurisdiction.model_validate(written)
    assert document.addressed(first=False).people[0].login == "maria@shelters.example.org"


def test_building_addresses_again_changes_nothing() -> None:
    document = scale.generate(units=1, rooms=1).addressed(first=True)
    assert document.addressed(first=False) == document


def test_a_document_survives_being_written_and_read() -> None:
    document = scale.generate(units=60, rooms=25)
    assert Jurisdiction.model_validate_json(document.model_dump_json()) == document


def test_a_document_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setattr(scale.generate(units=1, rooms=1), "code", "OTHER")  # noqa: B010 - as a careless caller would


def test_a_refusal_carries_the_path_of_each_field() -> None:
    written = _as_written()
    written["units"][3]["station"] = "nowhere"
    written["shelters"][1]["rooms"] = []
    with pytest.raises(ValidationError) as refused:
        Jurisdiction.model_validate(written)
    paths = {error["loc"] for error in refused.value.errors()}
    assert paths >= {("units", 3, "station"), ("shelters", 1, "rooms")}


@pytest.mark.parametrize("field", ["address", "street", "latitude", "longitude"])
def test_no_document_says_where_a_shelter_is(field: str) -> None:
    written = _as_written()
    written["shelters"][0][field] = 43.8
    with pytest.raises(ValidationError, match="no file may") as refused:
        Jurisdiction.model_validate(written)
    assert refused.value.errors()[0]["loc"] == ("shelters", 0, field)


def test_jurisdictions_of_different_names_can_share_a_deployment() -> None:
    assert together([_with_code("AA"), _with_code("BB")]) == []


def test_two_of_the_same_name_cannot() -> None:
    reasons = together([_with_code("AA"), _with_code("AA")])
    assert {reason.split(" is in ")[0] for reason in reasons} >= {
        "jurisdiction AA",
        "municipality AA001",
        "unit aa-Scale-1",
        "organisation aa-shelter-0001",
        "child protection office aa-scale-children",
    }


def test_a_demo_name_that_would_build_anothers_address_cannot() -> None:
    first = _with_code("AA")
    people = [person.model_dump() for person in first.people]
    people[0]["login"] = "operator.bb"
    assert together([_with_code("AA", people=people), _with_code("BB")]) == [
        "account operator.bb@demo.example is in more than one jurisdiction: AA, BB"
    ]
