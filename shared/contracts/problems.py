"""Problem documents (RFC 9457): the one table from domain errors to what a client is told.

``type`` is stable and is what programs look at; ``detail`` is a sentence a person can act on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from shared import errors

TYPE_PREFIX = "urn:zakrila:problem:"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Kind:
    status: int
    name: str
    title: str


_KINDS: Mapping[type[Exception], Kind] = {
    errors.NotSignedIn: Kind(401, "not-signed-in", "Not signed in"),
    errors.Forbidden: Kind(403, "forbidden", "Not allowed"),
    errors.NotFound: Kind(404, "not-found", "Not found"),
    errors.IllegalMove: Kind(409, "illegal-move", "This step is not possible from here"),
    errors.Conflict: Kind(409, "conflict", "Not possible as things stand"),
    errors.RequestInProgress: Kind(409, "request-in-progress", "The first try is still running"),
    errors.StaleVersion: Kind(412, "stale-version", "Changed meanwhile"),
    errors.Invalid: Kind(422, "invalid", "Not accepted"),
    errors.KeyReused: Kind(422, "key-reused", "Idempotency-Key used for something else"),
    errors.TooMany: Kind(429, "too-many", "Too many requests"),
    errors.Unavailable: Kind(503, "unavailable", "Cannot accept this now"),
}
UNEXPECTED = Kind(500, "unexpected", "Something went wrong here")


def kind_of(error: Exception) -> Kind:
    """Return how an error is shown; a class not in the table is shown as its nearest parent that is."""
    for cls in type(error).__mro__:
        if cls in _KINDS:
            return _KINDS[cls]
    return UNEXPECTED


def document(kind: Kind, detail: str, **more: Any) -> dict[str, Any]:
    """Return a problem document."""
    return {"type": TYPE_PREFIX + kind.name, "title": kind.title, "status": kind.status, "detail": detail, **more}


def of(error: Exception) -> dict[str, Any]:
    """Return the problem document of a domain error. An error that is not one is never described."""
    kind = kind_of(error)
    if kind is UNEXPECTED:
        return document(kind, "This was noted. Try again; if it stays, tell the ops team.")
    more: dict[str, Any] = {}
    if isinstance(error, errors.IllegalMove):
        more = {"from": error.from_state, "to": error.to_state}
    elif isinstance(error, errors.Invalid):
        more = {"errors": [{"field": e.field, "message": e.message} for e in error.errors]}
    elif isinstance(error, errors.StaleVersion):
        more = {"version": error.present}
    return document(kind, str(getattr(error, "detail", "")), **more)


def headers_of(error: Exception) -> dict[str, str]:
    """Return the headers that go with an error."""
    if isinstance(error, errors.TooMany | errors.Unavailable):
        return {"Retry-After": str(max(1, round(error.retry_after)))}
    if isinstance(error, errors.NotSignedIn):
        return {"WWW-Authenticate": "Bearer"}
    return {}
