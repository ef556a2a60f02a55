"""Who may: default deny on every route of every service; only health, contracts and the door are open."""

from __future__ import annotations

import importlib
import importlib.util
import re
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute, iter_route_contexts
from prometheus_client import CollectorRegistry
from starlette.routing import Mount

from shared.contracts.vocabulary import Role, Service
from shared.ids import new_id
from shared.service import House
from shared.settings import Settings
from shared.web.access import GATEWAY_HEADER, _Allowed, _Anybody, allow, anybody
from shared.web.app import make_app
from shared.web.pages.cookies import FORM_HEADER
from shared.web.pages.route import Page
from shared.web.strict import StrictRoute
from tests.support.house import Running, running
from tests.support.trust import NOBODY

pytestmark = pytest.mark.anyio

BUILT = [service for service in Service if importlib.util.find_spec(f"services.{service}.main")]
OPEN = {
    "GET /health/live",
    "GET /health/ready",
    "GET /metrics",
    "GET /asyncapi.json",
    "GET /static/*",
}
"""What needs no token to be reached, without the service's prefix. Metrics ask for one behind the gateway."""
OPEN_TOO = {
    Service.IDENTITY: {
        "GET /.well-known/jwks.json",
        "POST /api/sessions",
        "POST /api/sessions/current/refresh",
        *(f"{method} /{page}" for method in ("GET", "POST") for page in ("sign-in", "renew", "unlock")),
        *(f"POST /{page}" for page in ("lock", "sign-out", "language", "theme")),
    },
    Service.SHELTER_BEDS: {"GET /offline", "GET /worker.js"},
}
FORM_WORD = "the word of a browser's forms"


@asynccontextmanager
async def no_lifespan(_app: FastAPI) -> AsyncIterator[None]:
    yield


def app_with(*routers: APIRouter) -> FastAPI:
    return make_app(
        Service.DISPATCH,
        description="",
        routers=routers,
        lifespan=no_lifespan,
        registry=CollectorRegistry(),
        asyncapi=dict,
        tags_of=None,
    )


def router_with(path: str, **more: Any) -> APIRouter:
    router = APIRouter(route_class=StrictRoute)

    @router.get(path, **more)
    async def route() -> None: ...

    return router


@pytest.mark.parametrize("more", [{}, {"include_in_schema": False}])
@pytest.mark.parametrize("nested", [False, True])
def test_a_route_that_names_no_role_stops_the_start(more: dict[str, Any], nested: bool) -> None:
    router = router_with("/forgotten", **more)
    if nested:
        outer = APIRouter()
        outer.include_router(router, prefix="/within")
        router = outer
    with pytest.raises(RuntimeError, match="forgotten"):
        app_with(router_with("/known", dependencies=[allow(Role.CREW)]), router)


def test_what_cannot_ask_who_it_is_stops_the_start_too() -> None:
    router = APIRouter(routes=[Mount("/files", app=FastAPI())])
    with pytest.raises(RuntimeError, match="files"):
        app_with(router)


def test_a_route_that_names_somebody_is_let_in() -> None:
    within = APIRouter()
    within.include_router(router_with("/deep", dependencies=[anybody("a test")]))
    app_with(within, router_with("/known", dependencies=[allow(Role.CREW)]))


@pytest.fixture(scope="module", params=BUILT)
async def service(
    anyio_backend: str, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Running]:
    """Each service that is built, with an empty store."""
    make_house: Callable[[Settings], House] = importlib.import_module(f"services.{request.param}.main").make_house
    folder = tmp_path_factory.mktemp("service")
    async with running(make_house, folder, valkey_url="redis://127.0.0.1:1/0") as made:
        yield made


@dataclass(frozen=True)
class Known:
    method: str
    path: str
    roles: frozenset[Role] | None
    """Whom it is for; ``None``: anybody."""
    is_page: bool


def routes(service: Running) -> Iterator[Known]:
    """Return every route; an id in its path is whatever."""
    for each in iter_route_contexts(service.chassis.app.routes):
        if not isinstance(each.original_route, APIRoute):
            continue
        rules = [rule.call for rule in every_dependency(each.dependant)]
        allowed = [rule.roles for rule in rules if isinstance(rule, _Allowed)]
        assert allowed or any(isinstance(rule, _Anybody) for rule in rules)
        for method in sorted(each.methods or ()):
            path = re.sub(r"\{[^}]*\}", new_id(), str(each.path).replace("{path:path}", "*"))
            yield Known(method, path, allowed[0] if allowed else None, isinstance(each.original_route, Page))


def every_dependency(dependant: Any) -> Iterator[Any]:
    for each in dependant.dependencies:
        yield each
        yield from every_dependency(each)


def client(service: Running, token: str = "") -> httpx.AsyncClient:
    headers = {"Cookie": f"zakrila_form={FORM_WORD}", FORM_HEADER: FORM_WORD}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    origin = service.base.removesuffix(service.chassis.house.service.prefix)
    return httpx.AsyncClient(verify=NOBODY, base_url=origin, headers=headers, timeout=10)


def assert_a_page_is_shut(page: Known, answer: httpx.Response) -> None:
    """A browser is led to the door; a form that somebody filled is not lost by that: it is told where to sign in."""
    if page.method == "GET":
        assert answer.status_code == 303, (page, answer.text)
        assert answer.headers["location"].startswith("/identity/renew?next="), page
    else:
        assert answer.status_code == 401, (page, answer.text)


async def test_without_a_good_token_every_route_but_the_open_ones_is_shut(service: Running) -> None:
    prefix = service.chassis.house.service.prefix
    found = set()
    for token in ("", "not.a.token", "x"):
        async with client(service, token) as nobody:
            for each in routes(service):
                if each.roles is None:
                    found.add(f"{each.method} {each.path.removeprefix(prefix)}")
                    continue
                answer = await nobody.request(each.method, each.path)
                if each.is_page:
                    assert_a_page_is_shut(each, answer)
                    continue
                assert answer.status_code == 401, (each, answer.text)
                assert answer.headers["www-authenticate"] == "Bearer"
                assert answer.headers["content-type"] == "application/problem+json"
    assert found == OPEN | OPEN_TOO.get(service.chassis.house.service, set())


async def test_no_page_takes_a_form_that_is_not_its_own(service: Running) -> None:
    for role in (None, *Role):
        async with client(service, service.token(role, "TST", unit="N-1") if role else "") as somebody:
            somebody.headers[FORM_HEADER] = "a guess"
            for each in routes(service):
                if each.is_page and each.method == "POST":
                    assert (await somebody.post(each.path)).status_code == 403, each


@pytest.mark.parametrize("role", Role)
async def test_a_role_that_is_not_named_is_refused(service: Running, role: Role) -> None:
    async with client(service, service.token(role, "TST", unit="N-1")) as somebody:
        for each in routes(service):
            if each.roles is None or role in each.roles:
                continue
            answer = await somebody.request(each.method, each.path)
            assert answer.status_code == 403, (each, answer.text)


async def test_every_api_route_asks_who_it_is(service: Running) -> None:
    prefix = f"{service.chassis.house.service.prefix}/api/"
    within = [each for each in routes(service) if each.path.startswith(prefix)]
    assert len(within) > 3
    open_within = {f"{each.method} /api/{each.path.removeprefix(prefix)}" for each in within if each.roles is None}
    assert open_within <= OPEN_TOO.get(service.chassis.house.service, set())


async def test_health_contracts_and_own_metrics_need_no_token(service: Running) -> None:
    async with client(service) as nobody:
        for path in ("health/live", "health/ready", "openapi.json", "asyncapi.json", "metrics"):
            answer = await nobody.get(f"{service.chassis.house.service.prefix}/{path}")
            assert answer.status_code == 200, path


async def test_through_the_gateway_metrics_are_for_whoever_watches(service: Running) -> None:
    path = f"{service.chassis.house.service.prefix}/metrics"
    async with client(service) as nobody:
        assert (await nobody.get(path, headers={GATEWAY_HEADER: "1"})).status_code == 401
    for role in Role:
        async with client(service, service.token(role, "TST")) as somebody:
            answer = await somebody.get(path, headers={GATEWAY_HEADER: "1"})
            assert answer.status_code == (200 if role in {Role.OPS, Role.AUDITOR, Role.ADMIN} else 403), role


async def test_an_account_that_asks_too_often_must_wait_and_nobody_else(tmp_path: Path) -> None:
    make_house = importlib.import_module("services.identity.main").make_house
    async with running(make_house, tmp_path, requests_per_second=2.0) as service:
        async with client(service, service.token(Role.OPERATOR)) as busy:
            answers = [await busy.get("/identity/api/sessions") for _ in range(12)]
        refused = [answer for answer in answers if answer.status_code == 429]
        assert answers[0].status_code == 200
        assert refused
        assert all(int(answer.headers["retry-after"]) >= 1 for answer in refused)
        async with client(service, service.token(Role.SUPERVISOR)) as other:
            assert (await other.get("/identity/api/sessions")).status_code == 200
