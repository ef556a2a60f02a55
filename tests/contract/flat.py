"""A JSON schema as lines that a person reads: one for each field, by its path."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

Fields = dict[str, str]
"""For instance ``{"victim.children[].age": "optional integer"}``; words of an enum stand in quotes."""

ALWAYS, PERHAPS = "required", "optional"
_BETWEEN = " | "


def fields_of(schema: Mapping[str, Any], definitions: Mapping[str, Any] | None = None) -> Fields:
    """Return the fields of an object's schema. Limits of length and size are left to the full documents."""
    return dict(_fields(schema, definitions or schema.get("$defs", {}), ""))


def is_required(line: str) -> bool:
    """Say whether a field must be there."""
    return line.startswith(ALWAYS)


def alternatives(line: str) -> frozenset[str]:
    """Return what may stand in a field: types and quoted words."""
    return frozenset(line.partition(" ")[2].split(_BETWEEN))


def _fields(schema: Mapping[str, Any], definitions: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for option in _options(schema, definitions):
        required = option.get("required", ())
        for name, inner in option.get("properties", {}).items():
            here = f"{path}.{name}" if path else name
            kinds = sorted({kind for each in _options(inner, definitions) for kind in _kinds(each, definitions)})
            yield here, f"{ALWAYS if name in required else PERHAPS} {_BETWEEN.join(kinds)}"
            yield from _fields(inner, definitions, here)
        if isinstance(items := option.get("items"), Mapping):
            yield from _fields(items, definitions, f"{path}[]")
        if isinstance(values := option.get("additionalProperties"), Mapping):
            yield from _fields(values, definitions, f"{path}{{}}")


def _options(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a schema allows, with references followed and ``anyOf`` taken apart."""
    if reference := schema.get("$ref"):
        yield from _options(definitions[reference.rpartition("/")[2]], definitions)
    elif several := schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf"):
        for each in several:
            yield from _options(each, definitions)
    else:
        yield schema


def _kinds(option: Mapping[str, Any], definitions: Mapping[str, Any]) -> Iterator[str]:
    words = option.get("enum", [option["const"]] if "const" in option else None)
    if words is not None:
        yield from (f'"{word}"' for word in words)
        return
    kind = option.get("format") or option.get("type", "anything")
    inner = option.get("items") or option.get("additionalProperties")
    if not isinstance(inner, Mapping) or not inner:
        yield kind
        return
    for each in _options(inner, definitions):
        for value in _kinds(each, definitions):
            yield f"{value}[]" if kind == "array" else f"{value}{{}}"
