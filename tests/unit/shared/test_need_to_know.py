"""P6: what is given is a part of what there is, and a field that is not named is given to nobody."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some

from shared.contracts.facts import Facts
from shared.contracts.need_to_know import (
    ROLES,
    SERVICES,
    WITH_CONSENT,
    fields_with_consent,
    for_role,
    project,
)
from shared.contracts.vocabulary import Role, Service

NAMES = some.sampled_from(("a", "b", "c", "d"))
LEAVES = some.one_of(some.none(), some.booleans(), some.integers(), some.text(max_size=3))
VALUES = some.recursive(
    LEAVES, lambda inner: some.dictionaries(NAMES, inner, max_size=4) | some.lists(inner, max_size=3), max_leaves=20
)
FACTS = some.dictionaries(NAMES, VALUES, max_size=4)
PATHS = some.lists(some.lists(NAMES, min_size=1, max_size=4).map(".".join), max_size=6)


def leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every leaf with its path; items of a list share theirs."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield from leaves(inner, (*path, name))
    elif isinstance(value, list):
        for item in value:
            yield from leaves(item, path)
    else:
        yield path, value


def is_part(part: Any, whole: Any) -> bool:
    if isinstance(part, Mapping) and isinstance(whole, Mapping):
        return all(name in whole and is_part(value, whole[name]) for name, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) == len(whole) and all(map(is_part, part, whole))
    return part is None or part == whole


@given(FACTS, PATHS)
def test_what_is_given_is_a_part_of_what_there_is(facts: dict[str, Any], paths: list[str]) -> None:
    assert is_part(project(facts, paths), facts)


@given(FACTS, PATHS)
def test_nothing_is_given_that_no_path_names(facts: dict[str, Any], paths: list[str]) -> None:
    named = [tuple(path.split(".")) for path in paths]
    for place, value in leaves(project(facts, paths)):
        is_named = any(place[: len(path)] == path for path in named)
        assert is_named or value is None


@given(FACTS, PATHS)
def test_whatever_is_named_is_given_whole(facts: dict[str, Any], paths: list[str]) -> None:
    tops = [path for path in paths if "." not in path]
    given_ = project(facts, paths)
    for name in tops:
        if name in facts:
            assert given_[name] == facts[name]


@given(FACTS, PATHS)
def test_the_order_of_paths_does_not_matter_and_facts_stay_as_they_are(facts: dict[str, Any], paths: list[str]) -> None:
    before = repr(facts)
    assert project(facts, paths) == project(facts, list(reversed(paths)))
    assert repr(facts) == before


def fields(model: Mapping[str, Any], definitions: Mapping[str, Any], path: str = "") -> Iterator[str]:
    """Yield the path of every field of ``Facts``."""
    for option in (model, *model.get("anyOf", ())):
        if reference := option.get("$ref"):
            yield from fields(definitions[reference.rpartition("/")[2]], definitions, path)
        if items := option.get("items"):
            yield from fields(items, definitions, path)
        for name, inner in option.get("properties", {}).items():
            here = f"{path}.{name}" if path else name
            yield here
            yield from fields(inner, definitions, here)


SCHEMA = Facts.model_json_schema()
KNOWN = set(fields(SCHEMA, SCHEMA["$defs"]))
TABLES = {
    **{f"service {service}": paths for service, paths in SERVICES.items()},
    **{f"consent {scope}": paths for scope, paths in WITH_CONSENT.items()},
    **{f"{service} {role}": paths for service, roles in ROLES.items() for role, paths in roles.items()},
}


@pytest.mark.parametrize("table", TABLES)
def test_every_named_path_is_a_field_that_there_is(table: str) -> None:
    assert set(TABLES[table]) <= KNOWN


def test_no_service_but_those_named_is_sealed_anything() -> None:
    assert set(SERVICES) == {Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY}


def test_shelters_get_neither_her_name_nor_her_story_nor_the_address() -> None:
    for paths in (SERVICES[Service.SHELTER_BEDS], ROLES[Service.SHELTER_BEDS][Role.SHELTER_STAFF]):
        assert not {"victim", "victim.name", "narrative", "location", "location.address", "callback"} & set(paths)
    assert not any(path.startswith("perpetrators") for path in ROLES[Service.SHELTER_BEDS][Role.SHELTER_STAFF])


def test_without_consent_the_centre_is_given_no_name_no_phone_no_story() -> None:
    assert {path.partition(".")[0] for path in SERVICES[Service.NOTIFY]} == {"location", "victim"}
    assert "victim.name" not in SERVICES[Service.NOTIFY]


@pytest.mark.parametrize(
    ("scope", "name", "story"),
    [
        (None, True, True),
        ("contact_and_story", True, True),
        ("contact", True, False),
        ("story", False, True),
        ("illegible", True, False),
    ],
)
def test_consent_gives_what_its_scope_says_and_the_least_when_it_cannot_be_read(
    scope: str | None, *, name: bool, story: bool
) -> None:
    paths = fields_with_consent(scope)
    assert ("callback.phone" in paths, "narrative" in paths) == (name, story)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMIN, Role.OPS])
@pytest.mark.parametrize("service", list(Service))
def test_who_keeps_the_system_sees_nothing_personal_anywhere(service: Service, role: Role) -> None:
    facts = {"victim": {"name": "Мария"}, "narrative": "…", "location": {"address": "…"}}
    assert for_role(service, [role], facts) == {}


def test_two_roles_see_what_either_sees() -> None:
    facts = {"narrative": "…", "victim": {"name": "Мария", "pets": 1}}
    both = for_role(Service.DISPATCH, [Role.CREW, Role.AUDITOR], facts)
    assert both == for_role(Service.DISPATCH, [Role.CREW], facts) == facts
