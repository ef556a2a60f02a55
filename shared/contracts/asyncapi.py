"""The events of a service as an AsyncAPI 3 document, made from the table of families."""

from __future__ import annotations

from typing import Any

from shared.contracts.events import FAMILIES, BoardData, EventData, Family
from shared.contracts.vocabulary import Service


def asyncapi_document(service: Service) -> dict[str, Any]:
    """Return what a service says and hears."""
    said = [family for family in FAMILIES if family.source is service]
    heard = [family for family in FAMILIES if service in family.heard_by]
    channels = {family.prefix: _channel(family) for family in (*said, *heard)}
    operations = {f"say.{family.prefix}": _operation("send", family) for family in said}
    operations |= {f"hear.{family.prefix}": _operation("receive", family) for family in heard}
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": f"Zakrila: events of {service}",
            "version": "1",
            "description": "CloudEvents 1.0 in NATS binary mode; `ce-subject` is the entity's id.",
        },
        "defaultContentType": "application/json",
        "channels": channels,
        "operations": operations,
    }


def _channel(family: Family) -> dict[str, Any]:
    return {
        "address": f"zakrila.{{jurisdiction}}.{family.prefix}.{{step}}",
        "parameters": {
            "jurisdiction": {"description": "code of the jurisdiction, or ALL"},
            "step": {"enum": list(family.steps)},
        },
        "messages": {name: {"name": name, "payload": _payload(family)} for name in family.types},
    }


def _operation(action: str, family: Family) -> dict[str, Any]:
    return {"action": action, "channel": {"$ref": f"#/channels/{family.prefix}"}}


def _payload(family: Family) -> dict[str, Any]:
    envelope = EventData if family.about_incident else BoardData
    schema = envelope.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions = schema.pop("$defs", {})
    state = family.state.model_json_schema(ref_template="#/components/schemas/{model}")
    definitions |= state.pop("$defs", {})
    schema["properties"]["state"] = state
    payload: dict[str, Any] = _inlined(schema, definitions)
    return payload


def _inlined(schema: Any, definitions: dict[str, Any]) -> Any:
    """Put definitions where they are used: every message then reads by itself."""
    if isinstance(schema, dict):
        reference = schema.get("$ref")
        if isinstance(reference, str):
            return _inlined(definitions[reference.rpartition("/")[2]], definitions)
        return {key: _inlined(value, definitions) for key, value in schema.items()}
    if isinstance(schema, list):
        return [_inlined(item, definitions) for item in schema]
    return schema
