"""The check itself: what it calls breaking, and what it lets pass."""

from __future__ import annotations

import pytest
from pydantic import BaseModel

from tests.contract.breaking import broken
from tests.contract.flat import Fields, fields_of

EVENT: Fields = {"id": "required string", "state": 'required "closed" | "open"', "unit": "optional null | string"}
REQUEST: Fields = {"body": "optional object", "body.reason": "required string", "body.kind": 'optional "a" | "b"'}


def changed(before: Fields, **lines: str | None) -> Fields:
    return {path: line for path, line in {**before, **lines}.items() if line is not None}


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (changed(EVENT, unit=None), "unit is not given any more"),
        (changed(EVENT, id="optional string"), "id may be missing now"),
        (changed(EVENT, id="required integer"), "id is never string any more"),
        (changed(EVENT, state='required "open"'), 'state is never "closed" any more'),
        (changed(EVENT, id="required null | string"), "id may be null now"),
    ],
)
def test_readers_of_events_are_protected(now: Fields, sentence: str) -> None:
    found = broken("dispatch.events", {"dispatch.job.*": EVENT}, {"dispatch.job.*": now})
    assert f"dispatch.events: dispatch.job.*: {sentence}" in found


@pytest.mark.parametrize(
    ("now", "sentence"),
    [
        (changed(REQUEST, **{"body.kind": None}), "body.kind is not accepted any more"),
        (changed(REQUEST, **{"body.kind": 'required "a" | "b"'}), "body.kind is required now"),
        (changed(REQUEST, **{"body.kind": 'optional "a"'}), 'body.kind is never "b" any more'),
        (changed(REQUEST, **{"body.more": "required string"}), "body.more is new and required"),
        (changed(REQUEST, **{"query who": "required string"}), "query who is new and required"),
        (changed(REQUEST, body="required object"), "body is required now"),
    ],
)
def test_senders_of_requests_are_protected(now: Fields, sentence: str) -> None:
    found = broken("dispatch.http", {"POST /jobs": REQUEST}, {"POST /jobs": now})
    assert found == [f"dispatch.http: POST /jobs: {sentence}"]


@pytest.mark.parametrize("name", ["dispatch.http", "dispatch.events"])
def test_a_route_or_type_that_is_gone_breaks(name: str) -> None:
    assert broken(name, {"one": {}, "two": {}}, {"one": {}}) == [f"{name}: two is gone"]


def test_additions_are_free() -> None:
    more = {**EVENT, "state": 'required "closed" | "new" | "open"', "more": "required string"}
    assert broken("dispatch.events", {"a": EVENT}, {"a": more, "b": {}}) == []
    taken = {
        **REQUEST,
        "body.kind": 'optional "a" | "b" | "c"',
        "body.reason": "optional string",
        "body.place": "optional object",
        "body.place.code": "required string",
    }
    assert broken("dispatch.http", {"a": REQUEST}, {"a": taken, "b": {}}) == []


class Child(BaseModel):
    age: int


class Family(BaseModel):
    children: list[Child]
    by_name: dict[str, Child] = {}
    tags: list[str] = []
    eldest: Child | None = None


def test_fields_are_found_at_any_depth() -> None:
    assert fields_of(Family.model_json_schema()) == {
        "children": "required object[]",
        "children[].age": "required integer",
        "by_name": "optional object{}",
        "by_name{}.age": "required integer",
        "tags": "optional string[]",
        "eldest": "optional null | object",
        "eldest.age": "required integer",
    }
