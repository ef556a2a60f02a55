"""Bodies are read strictly: what JSON libraries let pass in silence is refused by name, and never repeated."""

from __future__ import annotations

import contextlib
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, Request
from hypothesis import given
from hypothesis import strategies as some
from prometheus_client import CollectorRegistry
from pydantic import BaseModel, ConfigDict

from shared.contracts.vocabulary import Service
from shared.errors import Invalid
from shared.web.access import anybody
from shared.web.app import make_app
from shared.web.strict import MOST_BYTES, MOST_DEPTH, LargeRoute, Refused, StrictRoute, parse
from tests.support.world import refused

pytestmark = pytest.mark.anyio


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")

    age: int = 0
    name: str = ""


def routers() -> tuple[APIRouter, APIRouter]:
    strict, large = APIRouter(route_class=StrictRoute), APIRouter(route_class=LargeRoute)

    @strict.post("/echo", dependencies=[anybody("an example")])
    async def echo(body: Body) -> dict[str, Any]:
        return body.model_dump()

    @strict.post("/bare", dependencies=[anybody("an example")])
    async def bare(request: Request) -> dict[str, Any]:
        return {"bytes": len(await request.body())}

    @large.post("/large", dependencies=[anybody("an example")])
    async def large_one(request: Request) -> dict[str, Any]:
        return {"bytes": len(await request.body())}

    return strict, large


@pytest.fixture
async def client(anyio_backend: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody who sends things to an application, without a network."""
    app = make_app(
        Service.INTAKE,
        description="",
        routers=routers(),
        lifespan=None,  # type: ignore[arg-type]  # never started
        registry=CollectorRegistry(),
        asyncapi=dict,
        tags_of=None,
    )
    transport = httpx.ASGITransport(app=app)
    headers = {"Content-Type": "application/json"}
    async with httpx.AsyncClient(transport=transport, base_url="http://test/intake/api", headers=headers) as made:
        yield made


async def test_what_is_right_is_taken(client: httpx.AsyncClient) -> None:
    answer = await client.post("/echo", content='{"age": 7, "name": "Мария"}'.encode())
    assert (answer.status_code, answer.json()) == (200, {"age": 7, "name": "Мария"})


@pytest.mark.parametrize(
    ("body", "status", "kind"),
    [
        (b'{"age": 1, "age": 2}', 422, "invalid"),
        (b'{"name": "\xff\xfe"}', 400, "not-json"),
        (b"{", 400, "not-json"),
        (b'{"age": NaN}', 400, "not-json"),
        (b'{"age": -Infinity}', 400, "not-json"),
        (b'{"name": "\\u0000"}', 422, "invalid"),
        (b'{"name": "\\ud800"}', 422, "invalid"),
        (b'{"\\ud800": 1}', 422, "invalid"),
        (b"[" * 100_000, 400, "not-json"),
        (b'{"a":' * 20 + b"1" + b"}" * 20, 400, "not-json"),
        (b'{"name": "' + b"x" * 2**20 + b'"}', 413, "too-large"),
        (b'{"age": "seven"}', 422, "invalid"),
        (b'{"agee": 7}', 422, "invalid"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b"", 422, "invalid"),
        (b'{"age": 1' + b"0" * 5000 + b"}", 400, "not-json"),
        (b'{"age": 9223372036854775808}', 422, "invalid"),
        (b'{"age": 1e999}', 422, "invalid"),
    ],
    ids=lambda each: each[:12].decode("latin-1") if isinstance(each, bytes) else None,
)
async def test_what_is_wrong_is_refused_by_name(client: httpx.AsyncClient, body: bytes, status: int, kind: str) -> None:
    answer = await client.post("/echo", content=body)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["type"] == f"urn:zakrila:problem:{kind}"
    assert answer.json()["detail"]


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1", ""]
)
async def test_another_content_type_is_refused(client: httpx.AsyncClient, media_type: str) -> None:
    await refused(client.post("/echo", content=b"{}", headers={"Content-Type": media_type}), 415)


@pytest.mark.parametrize("media_type", ["application/json; charset=UTF-8", "application/merge-patch+json"])
async def test_json_by_its_other_names_is_taken(client: httpx.AsyncClient, media_type: str) -> None:
    answer = await client.post("/echo", content=b"{}", headers={"Content-Type": media_type})
    assert answer.status_code == 200


async def test_nothing_that_was_sent_is_repeated(client: httpx.AsyncClient) -> None:
    for body in (
        {"age": "Мария Иванова"},
        {"Мария Иванова": 1},
        {"name": ["Мария Иванова"]},
    ):
        answer = await client.post("/echo", json=body)
        assert answer.status_code == 422
        if "Мария Иванова" not in body:
            assert "Мария" not in answer.text
    twice = '{"Мария Иванова": 1, "Мария Иванова": 2}'
    assert "Мария" not in (await client.post("/echo", content=twice.encode())).text


async def test_a_large_document_has_its_own_way_in(client: httpx.AsyncClient) -> None:
    body = b'{"name": "' + b"x" * (MOST_BYTES + 1) + b'"}'
    assert (await client.post("/large", content=body)).status_code == 200
    await refused(client.post("/bare", content=body), 413)


async def test_a_body_that_needs_no_model_is_read_as_strictly(client: httpx.AsyncClient) -> None:
    await refused(client.post("/bare", content=b'{"a": 1, "a": 2}'), 422)
    assert (await client.post("/bare", content=b"")).status_code == 200


JSON_VALUES = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**53), 2**53)
    | some.text(some.characters(exclude_characters="\x00", codec="utf-8"), max_size=5),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text("abc", max_size=3), inner, max_size=3),
    max_leaves=10,
)


@given(JSON_VALUES)
def test_what_is_json_is_read_as_it_was_meant(value: Any) -> None:
    if depth_of(value) <= MOST_DEPTH:
        assert parse(json.dumps(value, ensure_ascii=False).encode()) == value


@given(some.binary(max_size=60))
def test_whatever_comes_is_read_or_refused(body: bytes) -> None:
    with contextlib.suppress(Refused, Invalid):
        parse(body)


def depth_of(value: Any) -> int:
    if isinstance(value, dict | list):
        return 1 + max(map(depth_of, value.values() if isinstance(value, dict) else value), default=0)
    return 0
