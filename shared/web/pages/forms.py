"""A form as a browser sends it, read as strictly as JSON: the same models say what is accepted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, TypeVar
from urllib.parse import parse_qsl

from fastapi import Request
from pydantic import BaseModel, ValidationError

from shared.contracts.problems import Kind
from shared.errors import Invalid
from shared.web.pages.cookies import FORM_FIELD
from shared.web.strict import MOST_BYTES, Refused, refusal

KEY_FIELD = "key"
"""Names one filling of a form, as ``Idempotency-Key`` names one request: pressed twice is done once."""
VERSION_FIELD = "version"
"""The version that whoever filled the form saw, as ``If-Match`` says it."""
_MOST_FIELDS = 500
_PLACE = re.compile(r"\[\d{1,3}\]")
_NUMBER = re.compile(r"-?\d{1,15}([.,]\d{1,15})?")
_FRACTION = re.compile(r"[.,]")
_ACCEPTED = "application/x-www-form-urlencoded"
_TOO_LARGE = Kind(413, "too-large", "Too large")
_WRONG_TYPE = Kind(415, "wrong-content-type", "Wrong content type")
_NOT_A_FORM = Kind(400, "not-a-form", "Not a form")

Model = TypeVar("Model", bound=BaseModel)


class Form:
    """What was filled in. Fields left empty were not said.

    A name with dots is a place in a document: ``caller.phone``, ``victim.children[0].age:number``. What ends with
    ``:number`` is a number there, with ``:truth`` true or false; everything else is text.
    """

    def __init__(self, fields: list[tuple[str, str]]) -> None:
        self.fields = fields
        self._values = dict(fields)

    def get(self, name: str) -> str:
        """Return a field as it was typed, or nothing."""
        return self._values.get(name, "").strip()

    def exact(self, name: str) -> str:
        """Return a field with every blank in it: a password."""
        return self._values.get(name, "")

    def all(self, name: str) -> list[str]:
        """Return every value of a field that may be chosen several times."""
        return [value for field, value in self.fields if field == name and value]

    @property
    def key(self) -> str | None:
        """The name of this filling, if the form had one."""
        return self.get(KEY_FIELD) or None

    @property
    def version(self) -> int | None:
        """The version that was seen, if the form said so."""
        said = self.get(VERSION_FIELD)
        return int(said) if said.isdecimal() and len(said) <= 9 else None  # noqa: PLR2004  # as an ETag's

    @property
    def content(self) -> dict[str, Any]:
        """What was said, without what only belongs to the form: the same words mean the same form."""
        own = {FORM_FIELD, KEY_FIELD, VERSION_FIELD}
        return {name: self.all(name) for name in sorted(self._values) if name not in own}

    def document(self, *lists: str) -> dict[str, Any]:
        """Return the fields as the document that they stand for.

        Args:
            lists: names of fields that are lists, of each chosen value.
        """
        document: dict[str, Any] = {}
        for name in self.content:
            place, _, kind = name.partition(":")
            value: Any = self.all(name) if name in lists else _of_kind(kind, self.get(name))
            if value not in ("", []):
                _put(document, place.replace("[", ".[").split("."), value)
        complete: dict[str, Any] = _with_lists(document)
        return complete

    def read(self, model: type[Model], *lists: str) -> Model:
        """Return the form as a model.

        Args:
            model: what is accepted, the same as over the API.
            lists: names of fields that are lists, of each chosen value.

        Raises:
            Invalid: with each field that is not accepted.
        """
        return read(model, self.document(*lists))


def read(model: type[Model], document: Mapping[str, Any]) -> Model:
    """Return a document as a model.

    Raises:
        Invalid: with each field that is not accepted.
    """
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise refusal(error.errors(include_url=False, include_input=False)) from None


async def read_form(request: Request, most_bytes: int = MOST_BYTES) -> Form:
    """Read the form in a request's body.

    Raises:
        Refused: it is no form, or too large.
        Invalid: it holds what no store can hold.
    """
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most_bytes:
            raise Refused(_TOO_LARGE, f"A form holds at most {most_bytes // 1024} KiB. Send less text.")
    if body and media_type != _ACCEPTED:
        raise Refused(_WRONG_TYPE, "Send the form as a browser does (application/x-www-form-urlencoded).")
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict")
    except ValueError:
        raise Refused(_NOT_A_FORM, "The form cannot be read. Load the page again, then repeat it.") from None
    if any("\x00" in name + value for name, value in pairs):
        raise Invalid.field("form", "holds a character that is not text")
    return Form([(name, value.replace("\r\n", "\n")) for name, value in pairs])


def _of_kind(kind: str, typed: str) -> Any:
    """Return what was typed as what it stands for; what cannot be read stays, and the model says what is accepted."""
    if kind == "truth" and typed:
        return {"true": True, "on": True, "false": False}.get(typed, typed)
    if kind == "number" and _NUMBER.fullmatch(typed):
        return float(typed.replace(",", ".")) if _FRACTION.search(typed) else int(typed)
    return typed


def _put(document: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        inner = document.setdefault(part, {})
        if not isinstance(inner, dict):
            raise Invalid.field(".".join(path), "stands for two things at once")
        document = inner
    document[path[-1]] = value


def _with_lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    inner = {key: _with_lists(item) for key, item in value.items()}
    if inner and all(_PLACE.fullmatch(key) for key in inner):
        return [inner[key] for key in sorted(inner, key=lambda key: int(key[1:-1]))]
    return inner
