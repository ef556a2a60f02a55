"""What the code promises now, as the snapshots write it: every service's events and HTTP, and what is sealed."""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_type_hints

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from shared.contracts.asyncapi import asyncapi_document
from shared.contracts.sealed import ForDispatch, ForNotify, ForShelterBeds, FromScene
from shared.contracts.vocabulary import Service
from shared.security.keys import ensure_keys
from shared.service import House
from shared.web.app import make_app
from tests.contract.flat import ALWAYS, PERHAPS, Fields, fields_of

Promises = dict[str, Fields]
"""What is promised under a name (a type of event, a route), field by field."""

_SERVICES = Path(__file__).parents[2] / "services"


def services() -> list[Service]:
    """Return the services that are built."""
    return [service for service in Service if (_SERVICES / service / "main.py").exists()]


def everything() -> dict[str, Promises]:
    """Return all promises, by the name of their snapshot."""
    found = {f"{service}.events": events_of(service) for service in Service}
    found |= {f"{service}.http": http_of(service) for service in services()}
    return found | {"sealed": sealed()}


def events_of(service: Service) -> Promises:
    """Return what a service says, by type; types of one family share their fields, so they are written once."""
    document = asyncapi_document(service)
    promises: Promises = {}
    for name, operation in document["operations"].items():
        if operation["action"] != "send":
            continue
        family = name.removeprefix("say.")
        messages = document["channels"][family]["messages"]
        for event_type in messages:
            promises[event_type] = {}
        promises[f"{family}.*"] = fields_of(next(iter(messages.values()))["payload"])
    return promises


def sealed() -> Promises:
    """Return what is sealed, by the name of its model."""
    return {
        model.__name__: fields_of(model.model_json_schema())
        for model in (ForDispatch, ForShelterBeds, ForNotify, FromScene)
    }


def http_of(service: Service) -> Promises:
    """Return what a service takes over HTTP, by route: parameters and the fields of the body."""
    document = app_of(service).openapi()
    definitions = document.get("components", {}).get("schemas", {})
    return {
        f"{method.upper()} {path}": _inputs(operation, definitions)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def app_of(service: Service) -> FastAPI:
    """Return a service's application, without running the service."""
    house = house_of(service)
    return make_app(
        house.service,
        description=house.description,
        routers=house.routers,
        jurisdictions=house.jurisdictions,
        lifespan=lambda _app: (_ for _ in ()).throw(RuntimeError("only described")),
        registry=CollectorRegistry(),
        asyncapi=lambda: asyncapi_document(service),
        tags_of=house.tags_of,
    )


def house_of(service: Service) -> House:
    """Return a service's description, made as its ``main.py`` makes it."""
    make_house = importlib.import_module(f"services.{service}.main").make_house
    settings_class = next(hint for name, hint in get_type_hints(make_house).items() if name != "return")
    with tempfile.TemporaryDirectory() as keys:
        ensure_keys(Path(keys))
        house: House = make_house(settings_class(keys=Path(keys)))
    return house


def _inputs(operation: Mapping[str, Any], definitions: Mapping[str, Any]) -> Fields:
    inputs: Fields = {}
    for parameter in operation.get("parameters", ()):
        if parameter["in"] != "path":
            one = {"properties": {"it": parameter["schema"]}, "required": ["it"] if parameter["required"] else []}
            inputs[f"{parameter['in']} {parameter['name']}"] = fields_of(one, definitions)["it"]
    body = operation.get("requestBody")
    if body:
        schema = body["content"]["application/json"]["schema"]
        inputs["body"] = f"{ALWAYS if body.get('required') else PERHAPS} object"
        inputs |= {f"body.{path}": line for path, line in fields_of(schema, definitions).items()}
    return inputs
