"""Each service's AsyncAPI document: complete in itself, and true to the table of events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.events import FAMILIES
from shared.contracts.vocabulary import Service

SERVICES = list(Service)
TYPES = {"object", "array", "string", "integer", "number", "boolean", "null"}


def references(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"]
        for inner in part.values():
            yield from references(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from references(inner)


def schemas(part: Any) -> Iterator[dict[str, Any]]:
    """Yield every schema within a payload."""
    yield part
    for inner in (*part.get("properties", {}).values(), *part.get("anyOf", ())):
        yield from schemas(inner)
    for name in ("items", "additionalProperties"):
        if isinstance(part.get(name), dict):
            yield from schemas(part[name])


@pytest.mark.parametrize("service", SERVICES)
def test_every_reference_leads_somewhere_within_the_document(service: Service) -> None:
    document = asyncapi_document(service)
    assert document["asyncapi"].startswith("3.")
    assert {"title", "version"} <= document["info"].keys()
    for reference in references(document):
        place: Any = document
        for name in reference.removeprefix("#/").split("/"):
            place = place[name]


@pytest.mark.parametrize("service", SERVICES)
def test_it_says_what_the_service_says_and_hears_and_nothing_else(service: Service) -> None:
    operations = asyncapi_document(service)["operations"]
    said = {name.removeprefix("say.") for name, each in operations.items() if each["action"] == "send"}
    heard = {name.removeprefix("hear.") for name, each in operations.items() if each["action"] == "receive"}
    assert said == {family.prefix for family in FAMILIES if family.source is service}
    assert heard == {family.prefix for family in FAMILIES if service in family.heard_by}


@pytest.mark.parametrize("service", SERVICES)
def test_every_type_has_a_channel_whose_address_has_its_parameters(service: Service) -> None:
    for prefix, channel in asyncapi_document(service)["channels"].items():
        assert channel["address"] == f"zakrila.{{jurisdiction}}.{prefix}.{{step}}"
        assert set(channel["parameters"]) == {"jurisdiction", "step"}
        assert set(channel["messages"]) == {f"{prefix}.{step}" for step in channel["parameters"]["step"]["enum"]}


@pytest.mark.parametrize("service", SERVICES)
def test_every_payload_is_a_schema_that_says_what_must_be_there(service: Service) -> None:
    for channel in asyncapi_document(service)["channels"].values():
        for message in channel["messages"].values():
            payload = message["payload"]
            assert {"entity", "version", "jurisdiction", "state"} <= set(payload["required"])
            assert payload["properties"]["state"]["type"] == "object"
            for schema in schemas(payload):
                assert schema.get("type", "object") in TYPES
                assert set(schema.get("required", ())) <= schema.get("properties", {}).keys()
