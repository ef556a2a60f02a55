"""What a use case answers over HTTP, and how a client says which version it saw."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from fastapi import Request, Response

from shared.errors import Invalid, StaleVersion

_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS
_ETAG = re.compile(r'(?:W/)?"(\d{1,9})"')


@dataclass(frozen=True)
class Reply:
    """An answer, made inside the transaction so that the same question can be given it again."""

    body: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def entity(cls, body: Mapping[str, Any], *, status: int = 200, location: str | None = None) -> Reply:
        """Answer with an entity and its ``ETag``."""
        headers = {"ETag": f'"{body["version"]}"'} | ({"Location": location} if location else {})
        return cls(body, status, headers)

    def encoded(self) -> bytes:
        """Return the body as JSON."""
        return orjson.dumps(self.body, option=_OPTIONS)

    def response(self) -> Response:
        """Return the reply as an HTTP response that no cache keeps."""
        return json_response(self.encoded(), self.status, self.headers)


def json_response(body: bytes, status: int, headers: Mapping[str, str]) -> Response:
    """Return JSON that no cache keeps."""
    return Response(body, status, {**headers, "Cache-Control": "no-store"}, media_type="application/json")


def if_match(request: Request) -> int | None:
    """Return the version that the client saw, if it said so.

    Raises:
        Invalid: the header cannot be read.
    """
    header = request.headers.get("if-match", "").strip()
    if not header or header == "*":
        return None
    match = _ETAG.fullmatch(header)
    if match is None:
        raise Invalid.field("If-Match", 'one ETag as it was given, for instance "3"')
    return int(match[1])


def check_version(seen: int | None, present: int) -> None:
    """Refuse a write that was made looking at an older version.

    Raises:
        StaleVersion: somebody changed it meanwhile.
    """
    if seen is not None and seen != present:
        raise StaleVersion(present)
