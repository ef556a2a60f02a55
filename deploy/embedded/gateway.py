"""Caddy's configuration: one origin, each service under its prefix, a problem document when one is away."""

import json
from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]

# How long a request waits for a service that is being started again, before the gateway answers 503.
RESTART_PATIENCE = "2s"
RETRY_AFTER_SECONDS = 2
# How long requests under way may still take when the stack stops; open event streams end with it.
STOP_GRACE = "2s"

# Added to everything that came through the gateway and taken from every client: a service knows its
# own port's callers (metrics without a token) from the public's.
GATEWAY_HEADER = "X-Zakrila-Gateway"


def configuration(listen: str, ports_by_prefix: Mapping[str, int]) -> str:
    """Caddy's JSON for the origin at `listen` ("host:port") before services on loopback ports."""
    routes = [_to_service(prefix, port) for prefix, port in ports_by_prefix.items()]
    server: Json = {
        "listen": [listen],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "read_header_timeout": "10s",
        "idle_timeout": "2m",
        "routes": [*routes, _home(), _nothing_there()],
        "errors": {"routes": [*map(_service_away, ports_by_prefix), _other_failure()]},
    }
    document: Json = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "INFO", "encoder": _ENCODER}}},
        "apps": {"http": {"grace_period": STOP_GRACE, "servers": {"origin": server}}},
    }
    return json.dumps(document, indent=1)


def _to_service(prefix: str, port: int) -> Json:
    # Event streams are flushed as they come: Caddy does that for text/event-stream by itself, and
    # without its flush_interval a stream that the client left also ends at the service.
    proxy: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": f"127.0.0.1:{port}"}],
        "load_balancing": {"try_duration": RESTART_PATIENCE, "try_interval": "50ms"},
        "headers": {"request": {"set": {GATEWAY_HEADER: ["1"]}}},
        "transport": {"protocol": "http", "dial_timeout": "1s", "response_header_timeout": "30s"},
    }
    return {"match": [{"path": _paths(prefix)}], "handle": [proxy], "terminal": True}


def _home() -> Json:
    answer = {"handler": "static_response", "status_code": 302, "headers": {"Location": ["/identity/"]}}
    return {"match": [{"path": ["/"]}], "handle": [answer], "terminal": True}


def _nothing_there() -> Json:
    return {"handle": [_problem(404, "not-found", "Not found", "Nothing is served under this path.")]}


def _service_away(prefix: str) -> Json:
    detail = f"The service behind {prefix} does not answer; it is being started again. Try again shortly."
    away = _problem(503, "service-away", "Service away", detail)
    away["headers"]["Retry-After"] = [str(RETRY_AFTER_SECONDS)]
    match = [{"path": _paths(prefix), "expression": "{http.error.status_code} in [502, 503]"}]
    return {"match": match, "handle": [away], "terminal": True}


def _other_failure() -> Json:
    detail = "The gateway got no usable answer to this request; whether it had an effect is unknown."
    return {"handle": [_problem(None, "no-answer", "No answer", detail)]}


def _paths(prefix: str) -> list[str]:
    return [prefix, f"{prefix}/*"]


def _problem(status: int | None, code: str, title: str, detail: str) -> Json:
    """RFC 9457 §3; without a status of its own, the one of the failure at hand."""
    document: Json = {"type": f"urn:zakrila:problem:{code}", "title": title, "detail": detail}
    if status is not None:
        document["status"] = status
    return {
        "handler": "static_response",
        "status_code": status or "{http.error.status_code}",
        "headers": {"Content-Type": ["application/problem+json"], "Cache-Control": ["no-store"]},
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
