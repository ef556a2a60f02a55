"""The HTTP side of a service: prefix, problem documents, health, metrics, and a rule on every route."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.contracts import problems
from shared.contracts.vocabulary import Role, Service
from shared.errors import Conflict, DomainError, Forbidden, NotFound, Unavailable
from shared.messaging import dead_letters
from shared.security.tokens import Account
from shared.telemetry.metrics import HttpMetrics
from shared.telemetry.tracing import SpanKind, Spans, Trace
from shared.web.access import allow, anybody, only_own_port, require_a_rule_on_every_route
from shared.web.audit import router as audit_router
from shared.web.dead_letters import router as dead_letters_router
from shared.web.jurisdictions import Jurisdictions, jurisdiction_routes
from shared.web.live import Tags, stream
from shared.web.pages import audit as audit_pages
from shared.web.pages import dead_letters as dead_letter_pages
from shared.web.pages import part
from shared.web.pages.jurisdictions import jurisdiction_pages
from shared.web.pages.route import refused
from shared.web.strict import Refused, StrictRoute, refusal

log = structlog.get_logger()

METRICS_READERS = (Role.OPS, Role.AUDITOR, Role.ADMIN)


def make_app(
    service: Service,
    *,
    description: str,
    routers: Sequence[APIRouter],
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    registry: CollectorRegistry,
    spans: Spans | None = None,
    asyncapi: Callable[[], dict[str, Any]],
    tags_of: Tags | None,
    beside_api: Sequence[APIRouter] = (),
    pages: Sequence[APIRouter] = (),
    jurisdictions: Jurisdictions[Any] | None = None,
) -> FastAPI:
    """Return the service's application; the caller fills ``app.state`` in its lifespan."""
    app = FastAPI(
        title=f"Zakrila: {service}",
        description=description,
        version="1",
        openapi_url=f"{service.prefix}/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.router.route_class = StrictRoute
    api = APIRouter(prefix=f"{service.prefix}/api", route_class=StrictRoute)
    for router in (*routers, *([jurisdiction_routes(jurisdictions)] if jurisdictions else ())):
        api.include_router(router)
    api.include_router(audit_router)
    api.include_router(dead_letters_router)
    if tags_of is not None:
        api.include_router(_stream_route(tags_of))
    app.include_router(api)
    for router in (_free_routes(registry, asyncapi), *beside_api):
        app.include_router(router, prefix=service.prefix)
    kernel = (part.router, dead_letter_pages.router, audit_pages.router)
    loading = [jurisdiction_pages(jurisdictions)] if jurisdictions else []
    for router in (*pages, *kernel, *loading):
        app.include_router(router, prefix=service.prefix, include_in_schema=False)
    _handle_errors(app)
    app.add_middleware(_Measured, metrics=HttpMetrics(registry), spans=spans)
    require_a_rule_on_every_route(app)
    return app


def _free_routes(registry: CollectorRegistry, asyncapi: Callable[[], dict[str, Any]]) -> APIRouter:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/health/live", dependencies=[anybody("health tells nothing but health")])
    async def live() -> dict[str, str]:
        """Say that the process runs."""
        return {"status": "ok"}

    @router.get("/health/ready", dependencies=[anybody("health tells nothing but health")])
    async def ready(request: Request) -> Response:
        """Say whether work can be taken on, and how the parts behind are."""
        state = await request.app.state.health()
        return JSONResponse(state, 200 if state["status"] == "ok" else 503, {"Cache-Control": "no-store"})

    @router.get(
        "/metrics", dependencies=[anybody("its own port is not public; the gateway's way in is checked inside")]
    )
    async def metrics(request: Request) -> Response:
        """Return Prometheus metrics: without a token on the service's own port, else for ops, auditor and admin."""
        if not only_own_port(request):
            account = request.app.state.gatekeeper.account(request)
            if not account.roles & set(METRICS_READERS):
                raise Forbidden("This is for: admin, auditor, ops.")
        # In a thread: what is counted in the store is counted now.
        return Response(await asyncio.to_thread(generate_latest, registry), media_type=CONTENT_TYPE_LATEST)

    @router.get("/asyncapi.json", dependencies=[anybody("the contract is public")])
    async def asyncapi_document() -> dict[str, Any]:
        """Return the events this service says and hears, as AsyncAPI 3."""
        return asyncapi()

    return router


def _stream_route(tags_of: Tags) -> APIRouter:
    router = APIRouter(route_class=StrictRoute)

    @router.get("/stream", response_class=Response)
    async def live_changes(request: Request, who: Annotated[Account, allow(*Role)]) -> Response:
        """Tell live of every change that this account may know of (server-sent events)."""
        gatekeeper = request.app.state.gatekeeper
        tags = tags_of(who) | dead_letters.tags_of(who)
        return stream(request, request.app.state.feed, tags, lambda: gatekeeper.still_holds(who))

    return router


def _handle_errors(app: FastAPI) -> None:
    async def domain(_request: Request, error: Exception) -> Response:
        return _problem(problems.of(error), problems.headers_of(error))

    async def integrity(_request: Request, _error: Exception) -> Response:
        return _problem(problems.of(Conflict("Somebody was faster. Read it again, then decide.")), {})

    async def store_away(_request: Request, error: Exception) -> Response:
        log.error("the store cannot be read", error=type(error).__name__)
        refusal = Unavailable("The store cannot be read just now. Try again shortly.")
        return _problem(problems.of(refusal), problems.headers_of(refusal))

    async def not_read(_request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101  # registered for it
        return _problem(problems.document(error.kind, error.detail), {})

    async def invalid(_request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101  # registered for it
        return _problem(problems.of(refusal(error.errors())), {})

    async def http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101  # registered for it
        # 405: somebody reads again what only answers a form.
        if error.status_code in {404, 405} and "text/html" in request.headers.get("accept", ""):
            return refused(request, NotFound("page"))
        if error.status_code == 404:  # noqa: PLR2004  # no route
            return _problem(problems.of(NotFound("page")), {})
        kind = problems.Kind(error.status_code, f"http-{error.status_code}", str(error.detail))
        return _problem(problems.document(kind, str(error.detail)), dict(error.headers or {}))

    app.add_exception_handler(DomainError, domain)
    app.add_exception_handler(Unavailable, domain)
    app.add_exception_handler(IntegrityError, integrity)
    app.add_exception_handler(SQLAlchemyError, store_away)
    app.add_exception_handler(Refused, not_read)
    app.add_exception_handler(RequestValidationError, invalid)
    app.add_exception_handler(HTTPException, http)


def _problem(document: dict[str, Any], headers: dict[str, str]) -> Response:
    return JSONResponse(
        document, document["status"], {**headers, "Cache-Control": "no-store"}, media_type=problems.MEDIA_TYPE
    )


_HUNG_UP = 499
"""Counted for a client that went away while it was still speaking; no fault of ours (nginx's number for it)."""


class _Measured:
    """Measures every request, gives it its trace, answers what nobody expected. Plain ASGI: streams flow through."""

    def __init__(self, app: ASGIApp, metrics: HttpMetrics, spans: Spans | None) -> None:
        self._app = app
        self._metrics = metrics
        self._spans = spans

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        traceparent = dict(scope["headers"]).get(b"traceparent", b"").decode("latin-1")
        trace = Trace.continued(traceparent)
        scope.setdefault("state", {})["trace"] = trace
        structlog.contextvars.bind_contextvars(trace_id=trace.trace_id)
        status, began, began_answering = 500, time.perf_counter(), False

        async def measured_send(message: Message) -> None:
            nonlocal status, began_answering
            if message["type"] == "http.response.start":
                status, began_answering = message["status"], True
            await send(message)

        try:
            await self._app(scope, receive, measured_send)
        except ClientDisconnect:
            status = _HUNG_UP  # before its words were complete: nothing was begun, and nobody hears an answer
        except Exception as error:
            incident = scope.get("path_params", {}).get("incident")
            log.exception("a request failed", method=scope["method"], incident=incident)
            if began_answering:
                raise
            await _problem(problems.of(error), {})(scope, receive, measured_send)
        finally:
            route = getattr(scope.get("route"), "path", "none")
            self._metrics.requests.labels(scope["method"], route, status).inc()
            seconds = time.perf_counter() - began
            self._metrics.seconds.labels(route).observe(seconds)
            if self._spans is not None:
                self._span(self._spans, trace, scope["method"], route, status, seconds)
            structlog.contextvars.unbind_contextvars("trace_id")

    @staticmethod
    def _span(spans: Spans, trace: Trace, method: str, route: str, status: int, seconds: float) -> None:
        # The route, never the path: a path may name whom somebody looks at.
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "http.route": route,
            "http.response.status_code": status,
        }
        began = time.time_ns() - int(seconds * 1e9)
        failed = status >= 500  # noqa: PLR2004  # OpenTelemetry: a refusal is no error of the server
        spans.ended(trace, SpanKind.REQUEST, f"{method} {route}", began, attributes, failed=failed)
