"""Caddy's configuration: one origin, each service under its prefix, a problem document when one is away."""

import json
from collections.abc import Mapping
from typing import Any

from shared.contracts import problems
from shared.contracts.vocabulary import Service
from shared.errors import NotFound, Unavailable

Json = dict[str, Any]

# How long a request waits for a service that is being started again, before the gateway answers 503.
RESTART_PATIENCE = "2s"
# How long requests under way may still take when the stack stops; open event streams end with it.
STOP_GRACE = "2s"

# Added to everything that came through the gateway and taken from every client: a service knows its
# own port's callers (metrics without a token) from the public's.
GATEWAY_HEADER = "X-Zakrila-Gateway"


_NOTHING = problems.kind_of(NotFound("page"))
_NO_ANSWER = problems.Kind(504, "no-answer", "No answer")


def configuration(listen: str, ports: Mapping[Service, int]) -> str:
    """Caddy's JSON for the origin at `listen` ("host:port") before services on loopback ports."""
    routes = [_to_service(service, port) for service, port in ports.items()]
    server: Json = {
        "listen": [listen],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "read_header_timeout": "10s",
        "idle_timeout": "2m",
        "routes": [*routes, _home(), _nothing_there()],
        "errors": {"routes": [*map(_service_away, ports), _no_answer()]},
    }
    document: Json = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "INFO", "encoder": _ENCODER}}},
        "apps": {"http": {"grace_period": STOP_GRACE, "servers": {"origin": server}}},
    }
    return json.dumps(document, indent=1)


def _to_service(service: Service, port: int) -> Json:
    # Event streams are flushed as they come: Caddy does that for text/event-stream by itself, and
    # without its flush_interval a stream that the client left also ends at the service.
    proxy: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        "load_balancing": {"try_duration": RESTART_PATIENCE, "try_interval": "50ms"},
        "headers": {"request": {"set": {GATEWAY_HEADER: ["1"]}}},
        "transport": {"protocol": "http", "dial_timeout": "1s", "response_header_timeout": "30s"},
    }
    return {"match": [{"path": _paths(service)}], "handle": [proxy], "terminal": True}


def _home() -> Json:
    answer = {"handler": "static_response", "status_code": 302, "headers": {"Location": ["/identity/"]}}
    return {"match": [{"path": ["/"]}], "handle": [answer], "terminal": True}


def _nothing_there() -> Json:
    return {"handle": [_answer(problems.document(_NOTHING, "Nothing is served under this path."))]}


def _service_away(service: Service) -> Json:
    away = Unavailable(f"The service {service} does not answer; it is being started again. Try again shortly.", 2)
    match = [{"path": _paths(service), "expression": "{http.error.status_code} in [502, 503]"}]
    return {"match": match, "handle": [_answer(problems.of(away), problems.headers_of(away))], "terminal": True}


def _no_answer() -> Json:
    detail = "The service did not answer this request in time; whether it had an effect is unknown."
    return {"handle": [_answer(problems.document(_NO_ANSWER, detail))]}


def _paths(service: Service) -> list[str]:
    return [service.prefix, f"{service.prefix}/*"]


def _answer(document: Json, headers: Mapping[str, str] | None = None) -> Json:
    every = {**(headers or {}), "Content-Type": problems.MEDIA_TYPE, "Cache-Control": "no-store"}
    return {
        "handler": "static_response",
        "status_code": document["status"],
        "headers": {name: [value] for name, value in every.items()},
        "body": json.dumps(document),
    }


# P6: Caddy writes the whole request into the log of a failure; only its path may stay.
_DELETED = ("headers", "remote_ip", "remote_port", "client_ip")
_ENCODER: Json = {
    "format": "filter",
    "wrap": {"format": "json"},
    "fields": {
        **{f"request>{field}": {"filter": "delete"} for field in _DELETED},
        "request>uri": {"filter": "regexp", "regexp": r"\?.*", "value": ""},
        "resp_headers": {"filter": "delete"},
    },
}
