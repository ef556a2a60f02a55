"""Caddy's configuration: one origin, each service under its prefix, a problem document when one is away."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True)
class Tls:
    """The origin's certificate: one of one's own, or one that Caddy signs itself for these names."""

    names: Sequence[str]
    plain: str
    """Where plain HTTP is answered ("host:port"): with the way to the origin, and with 200 at /health."""
    public_port: int
    """The port by which people reach the origin."""
    own_certificate: str | None = None
    """Folder with ``tls.crt`` and ``tls.key``."""


def configuration(listen: str, upstreams: Mapping[Service, str], tls: Tls | None = None) -> str:
    """Caddy's JSON for the origin at `listen` ("host:port") before services at these addresses ("host:port")."""
    routes = [_to_service(service, address) for service, address in upstreams.items()]
    server: Json = {
        "listen": [listen],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "read_header_timeout": "10s",
        "idle_timeout": "2m",
        "routes": [*routes, _home(), _nothing_there()],
        "errors": {"routes": [route for service in upstreams for route in _service_away(service)] + [_no_answer()]},
    }
    http: Json = {"grace_period": STOP_GRACE, "servers": {"origin": server}}
    document: Json = {
        "admin": {"disabled": True, "config": {"persist": False}},
        "logging": {"logs": {"default": {"level": "INFO", "encoder": _ENCODER}}},
        "apps": {"http": http},
    }
    if tls is not None:
        server["protocols"] = ["h1", "h2"]
        server["tls_connection_policies"] = [{"default_sni": tls.names[0]}]
        http["servers"]["plain"] = _way_to_the_origin(tls)
        document["apps"].update(_certificates(tls))
    return json.dumps(document, indent=1)


def _way_to_the_origin(tls: Tls) -> Json:
    port = "" if tls.public_port == 443 else f":{tls.public_port}"  # noqa: PLR2004  # https without a port
    there = f"https://{{http.request.host}}{port}{{http.request.uri}}"
    healthy = {"match": [{"path": ["/health"]}], "handle": [{"handler": "static_response", "status_code": 200}]}
    away = {"handler": "static_response", "status_code": 308, "headers": {"Location": [there]}}
    return {
        "listen": [tls.plain],
        "automatic_https": {"disable": True},
        "protocols": ["h1"],
        "read_header_timeout": "10s",
        "routes": [{**healthy, "terminal": True}, {"handle": [away]}],
    }


def _certificates(tls: Tls) -> Json:
    if tls.own_certificate is not None:
        file, key = (f"{tls.own_certificate}/tls.{kind}" for kind in ("crt", "key"))
        return {"tls": {"certificates": {"load_files": [{"certificate": file, "key": key}]}}}
    signed_here = {"subjects": list(tls.names), "issuers": [{"module": "internal"}]}
    return {
        "tls": {"certificates": {"automate": list(tls.names)}, "automation": {"policies": [signed_here]}},
        "pki": {"certificate_authorities": {"local": {"install_trust": False}}},
    }


def _to_service(service: Service, address: str) -> Json:
    # Event streams are flushed as they come: Caddy does that for text/event-stream by itself, and
    # without its flush_interval a stream that the client left also ends at the service.
    proxy: Json = {
        "handler": "reverse_proxy",
        "upstreams": [{"dial": address}],
        "load_balancing": {"try_duration": RESTART_PATIENCE, "try_interval": "50ms"},
        "headers": {"request": {"set": {GATEWAY_HEADER: ["1"]}}},
        "transport": {"protocol": "http", "dial_timeout": "1s", "response_header_timeout": "30s"},
    }
    return {"match": [{"path": _paths(service)}], "handle": [_COMPRESSED, proxy], "terminal": True}


# Never an event stream: it must not wait for a compressor.
_COMPRESSED: Json = {
    "handler": "encode",
    "encodings": {"zstd": {}, "gzip": {}},
    "prefer": ["zstd", "gzip"],
    "minimum_length": 1024,
    "match": {
        "headers": {"Content-Type": ["text/html*", "text/css*", "text/javascript*", "application/json*", "image/svg*"]}
    },
}


def _home() -> Json:
    answer = {"handler": "static_response", "status_code": 302, "headers": {"Location": ["/identity/"]}}
    return {"match": [{"path": ["/"]}], "handle": [answer], "terminal": True}


def _nothing_there() -> Json:
    return {"handle": [_answer(problems.document(_NOTHING, "Nothing is served under this path."))]}


def _service_away(service: Service) -> list[Json]:
    away = Unavailable(f"The service {service} does not answer; it is being started again. Try again shortly.", 2)
    match: Json = {"path": _paths(service), "expression": "{http.error.status_code} in [502, 503]"}
    browser = {**match, "header": {"Accept": ["*text/html*"]}}
    headers = problems.headers_of(away)
    return [
        {"match": [browser], "handle": [_page(problems.of(away)["status"], headers)], "terminal": True},
        {"match": [match], "handle": [_answer(problems.of(away), headers)], "terminal": True},
    ]


def _page(status: int, headers: Mapping[str, str]) -> Json:
    """A page for people while a service is away: it stands alone, for whoever would serve its style is away too."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    every = {
        **headers,
        "Content-Type": "text/html; charset=utf-8",
        "Cache-Control": "no-store",
        "Content-Security-Policy": policy,
    }
    return {
        "handler": "static_response",
        "status_code": status,
        "headers": {name: [value] for name, value in every.items()},
        "body": (Path(__file__).parent / "away.html").read_text(),
    }


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
