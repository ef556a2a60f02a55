"""Reading a request body strictly: what JSON libraries let pass in silence is refused here, by name.

Wrong content type, too large, invalid UTF-8, duplicate keys, deep nesting, NaN: each a problem document, none of
which repeats what was sent.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from fastapi import Request, Response
from fastapi.routing import APIRoute

from shared.contracts.problems import Kind
from shared.errors import FieldError, Invalid, NotFound

MOST_BYTES = 256 * 1024
MOST_BYTES_OF_A_DOCUMENT = 16 * 1024 * 1024
MOST_DEPTH = 12
_LARGEST = 2**63 - 1
_BODY = "body"
_PARTS = {"body", "query", "path", "header"}
_NAME = re.compile(r"[A-Za-z0-9_\[\]-]{1,40}")
_NOT_TEXT = "holds a character that is not text"


class Refused(Exception):
    """A body refused before its fields were looked at."""

    def __init__(self, kind: Kind, detail: str) -> None:
        super().__init__(detail)
        self.kind = kind
        self.detail = detail


_TOO_LARGE = Kind(413, "too-large", "Too large")
_NOT_JSON = Kind(400, "not-json", "Not JSON")
_WRONG_TYPE = Kind(415, "wrong-content-type", "Wrong content type")
_ACCEPTED_TYPES = {"application/json", "application/merge-patch+json"}


class _StrictRequest(Request):
    most_bytes = MOST_BYTES

    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks, size = [], 0
            async for chunk in self.stream():
                size += len(chunk)
                if size > self.most_bytes:
                    raise Refused(_TOO_LARGE, f"A request holds at most {self.most_bytes // 1024} KiB. Send less text.")
                chunks.append(chunk)
            self._body = b"".join(chunks)
        return self._body

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            self._json = parse(await self.body())
        return self._json


class _LargeRequest(_StrictRequest):
    most_bytes = MOST_BYTES_OF_A_DOCUMENT


class StrictRoute(APIRoute):
    """A route whose JSON body is read strictly."""

    request_class = _StrictRequest

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            request = self.request_class(request.scope, request.receive)
            _check_address(request)
            if request.method in {"POST", "PUT", "PATCH"} and await request.body():
                _check_content_type(request)
                await request.json()
            return await handler(request)

        return strict


class LargeRoute(StrictRoute):
    """A strict route for whole documents, such as a jurisdiction."""

    request_class = _LargeRequest


def _check_address(request: Request) -> None:
    """Refuse what no store can hold (NUL) in the path and the query."""
    if any("\x00" in value for value in request.path_params.values()):
        raise NotFound("page")
    for name, value in request.query_params.multi_items():
        if "\x00" in name + value:
            raise Invalid.field(_shown(name), _NOT_TEXT)


def _check_content_type(request: Request) -> None:
    media_type, _, parameters = request.headers.get("content-type", "").partition(";")
    charset = parameters.strip().lower().removeprefix("charset=").strip('"')
    if media_type.strip().lower() not in _ACCEPTED_TYPES or charset not in {"", "utf-8"}:
        raise Refused(_WRONG_TYPE, "Send JSON in UTF-8, with the header Content-Type: application/json.")


def parse(body: bytes) -> Any:
    """Parse JSON strictly.

    Raises:
        Refused: not UTF-8, not JSON, or nested too deeply.
        Invalid: a key stands twice in one object.
    """
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused(_NOT_JSON, f"The body is not valid UTF-8 (at byte {error.start}).") from None
    try:
        value = json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constants)
    except json.JSONDecodeError as error:
        raise Refused(_NOT_JSON, f"The body is not JSON: line {error.lineno}, column {error.colno}.") from None
    except RecursionError:
        raise _too_deep() from None
    except ValueError:  # more digits than Python reads at all
        raise Refused(_NOT_JSON, "A number in the body is too long to be read.") from None
    _check(value, "", 1)
    return value


def _too_deep() -> Refused:
    return Refused(_NOT_JSON, f"The body is nested deeper than {MOST_DEPTH} levels.")


def _check(value: Any, path: str, depth: int) -> None:
    """Refuse what no store can hold (NUL, half a surrogate pair, a number past 64 bits) and what nests too deep."""
    if isinstance(value, str):
        if "\x00" in value or not _encodable(value):
            raise Invalid.field(path or _BODY, _NOT_TEXT)
    elif isinstance(value, int | float):
        if not -_LARGEST <= value <= _LARGEST:
            raise Invalid.field(path or _BODY, "is too large a number")
    elif isinstance(value, dict | list):
        if depth > MOST_DEPTH:
            raise _too_deep()
        for key, item in value.items() if isinstance(value, dict) else enumerate(value):
            _check(item, f"{path}.{_shown(key)}" if path else _shown(key), depth + 1)
        if isinstance(value, dict):
            for key in value:
                _check(key, path, depth + 1)


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise Invalid.field(_shown(key), "stands twice in one object; send it once")
        found[key] = value
    return found


def _no_constants(_name: str) -> Any:
    raise Refused(_NOT_JSON, "NaN and Infinity are not JSON.")


def refusal(errors: Iterable[Mapping[str, Any]]) -> Invalid:
    """Return pydantic's errors as field errors: where, and what is accepted there, never the value it saw."""
    return Invalid([_field_error(item) for item in errors])


def _field_error(item: Mapping[str, Any]) -> FieldError:
    place = item["loc"][1:] if item["loc"] and item["loc"][0] in _PARTS else item["loc"]
    path = ".".join(_shown(part) for part in place) or _BODY
    if item["type"] == "extra_forbidden":
        return FieldError(path, "is not a field of this request; leave it out")
    return FieldError(path, item["msg"].removeprefix("Value error, "))


def _shown(name: object) -> str:
    """Return the name of a field as an answer may repeat it: what is no name may be a person's."""
    return str(name) if _NAME.fullmatch(str(name)) else "?"
