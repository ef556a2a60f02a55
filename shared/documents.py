"""Reads one YAML document that a person wrote, and says file, line and reason for everything wrong with it.

The YAML is of the plain kind: mappings, lists, text (as in YAML 1.2, `yes` and `no` too), numbers, `true`,
`false`, `null`, anchors; no tags, no second document, no key twice. It is built from parser events, so that
every value knows its line and nothing deep or self-repeating can exhaust the reader.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple, TypeVar, cast

import yaml
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

MAX_BYTES: Final = 8_000_000
MAX_DEPTH: Final = 16
MAX_VALUES: Final = 1_000_000
SHOWN_PROBLEMS: Final = 50

_LOADER: Final = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WHOLE_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}")
_NUMBER: Final = re.compile(r"[-+]?[0-9]{1,18}(\.[0-9]{0,18})?([eE][-+]?[0-9]{1,3})?")
_WORDS: Final[dict[str, object]] = {"": None, "~": None, "null": None, "true": True, "false": False}
_REASONS: Final = {
    "missing": "is missing",
    "extra_forbidden": "is not a known field",
    "string_type": "must be text: put it in quotes",
    "string_too_long": "must be at most {max_length} characters long",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be fields with values",
    "model_type": "must be fields with values",
    "too_short": "must have at least {min_length}",
    "too_long": "must have at most {max_length}",
}

Where = tuple[int | str, ...]
ModelT = TypeVar("ModelT", bound=BaseModel)


class Problem(NamedTuple):
    """One thing that is wrong. `line` counts from 1; `where`: the field's path, empty for the whole file."""

    line: int
    where: str
    reason: str


class BadDocument(Exception):
    """A document that was refused; nothing of it was used."""

    def __init__(self, file: str, problems: list[Problem]) -> None:
        self.file = file
        self.problems = tuple(sorted(problems))
        super().__init__(file, self.problems)

    def __str__(self) -> str:
        """One line per problem, `FILE:LINE: FIELD: REASON`."""
        lines = [
            f"{self.file}:{problem.line}: {problem.where + ': ' if problem.where else ''}{problem.reason}"
            for problem in self.problems[:SHOWN_PROBLEMS]
        ]
        if more := len(self.problems) - len(lines):
            lines.append(f"{self.file}: and {more} more")
        return "\n".join(lines)


def read(path: Path, model: type[ModelT], *, refusal: type[BadDocument] = BadDocument) -> ModelT:
    """The file as a `model`, or `refusal` with everything that is wrong in it."""
    try:
        text = _text(path)
    except _Unreadable as unreadable:
        raise refusal(str(path), [Problem(unreadable.line, "", unreadable.reason)]) from None
    return read_text(text, str(path), model, refusal=refusal)


def read_text(text: str, name: str, model: type[ModelT], *, refusal: type[BadDocument] = BadDocument) -> ModelT:
    """Text that was handed over as a `model`; `name` stands where a file's name would."""
    composer = _Composer()
    try:
        _check_indents(text)
        content = composer.document(text)
    except _Unreadable as unreadable:
        raise refusal(name, [*composer.problems, Problem(unreadable.line, "", unreadable.reason)]) from None
    if composer.problems:
        raise refusal(name, composer.problems)
    try:
        return model.model_validate(content)
    except ValidationError as invalid:
        raise refusal(name, _explained(invalid.errors(), composer.lines)) from None


class _Unreadable(Exception):
    """The file has no content that could be looked at field by field."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(line, reason)
        self.line = line
        self.reason = reason


def _text(path: Path) -> str:
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
    except OSError as error:
        raise _Unreadable(1, f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise _Unreadable(1, f"is larger than {MAX_BYTES // 1_000_000} MB, the largest file accepted")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _Unreadable(1 + raw.count(b"\n", 0, error.start), "is not UTF-8 text") from None


def _check_indents(text: str) -> None:
    for number, line in enumerate(text.split("\n"), start=1):
        if "\t" in line[: len(line) - len(line.lstrip())]:
            raise _Unreadable(number, "is indented with a tab: YAML takes spaces only")


class _Composer:
    """Builds plain values from YAML events and remembers on which line each field stands."""

    def __init__(self) -> None:
        self.lines: dict[Where, int] = {}
        self.problems: list[Problem] = []
        self._anchors: dict[str, tuple[object, int]] = {}
        self._values = 0

    def document(self, text: str) -> dict[object, object]:
        events = iter(yaml.parse(text, Loader=_LOADER))
        try:
            first = next(event for event in events if not isinstance(event, _FRAME))
            content = self._value(first, events, ())
            for event in events:
                if isinstance(event, yaml.DocumentStartEvent):
                    raise _Unreadable(_line(event), "a second document begins: one file is one document")
        except StopIteration:
            raise _Unreadable(1, "is empty") from None
        except yaml.MarkedYAMLError as error:
            line = error.problem_mark.line + 1 if error.problem_mark else 1
            raise _Unreadable(line, f"is not YAML: {error.problem}") from None
        except yaml.reader.ReaderError as error:
            line = 1 + text.count("\n", 0, error.position)
            raise _Unreadable(line, f"is not YAML: {error.reason}") from None
        if content is None:
            raise _Unreadable(1, "is empty")
        if not isinstance(content, dict):
            raise _Unreadable(1, "must be fields with values (`code: RSE`), not a list or a text")
        return content

    def _value(self, event: yaml.Event, events: Iterator[yaml.Event], where: Where) -> object:
        self.lines.setdefault(where, _line(event))
        self._count(1, event)
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise _Unreadable(_line(event), f"*{event.anchor} names no anchor that is complete above it")
            value, size = self._anchors[event.anchor]
            self._count(size, event)
            return value
        if len(where) > MAX_DEPTH:
            raise _Unreadable(_line(event), f"is nested deeper than {MAX_DEPTH} levels")
        node = cast("yaml.ScalarEvent | yaml.CollectionStartEvent", event)
        if node.tag is not None:
            raise _Unreadable(_line(event), f"the tag {node.tag} is not accepted: write plain values")
        before = self._values
        value = self._built(event, events, where)
        if node.anchor is not None:
            self._anchors[node.anchor] = (value, self._values - before)
        return value

    def _built(self, event: yaml.Event, events: Iterator[yaml.Event], where: Where) -> object:
        if isinstance(event, yaml.ScalarEvent):
            return _plain(event.value) if event.implicit[0] else event.value
        if isinstance(event, yaml.SequenceStartEvent):
            items: list[object] = []
            while not isinstance(item := next(events), yaml.SequenceEndEvent):
                items.append(self._value(item, events, (*where, len(items))))
            return items
        return self._mapping(events, where)

    def _mapping(self, events: Iterator[yaml.Event], where: Where) -> dict[object, object]:
        fields: dict[object, object] = {}
        while not isinstance(key := next(events), yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise _Unreadable(_line(key), "a field's name must be a word")
            name = key.value
            if name in fields:
                reason = f"is given twice, first on line {self.lines[*where, name]}"
                self.problems.append(Problem(_line(key), _path((*where, name)), reason))
            self.lines.setdefault((*where, name), _line(key))
            fields[name] = self._value(next(events), events, (*where, name))
        return fields

    def _count(self, values: int, event: yaml.Event) -> None:
        self._values += values
        if self._values > MAX_VALUES:
            raise _Unreadable(_line(event), f"holds more than {MAX_VALUES} values, its anchors written out")


_FRAME: Final = (yaml.StreamStartEvent, yaml.StreamEndEvent, yaml.DocumentStartEvent, yaml.DocumentEndEvent)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _plain(word: str) -> object:
    if word in _WORDS:
        return _WORDS[word]
    if _WHOLE_NUMBER.fullmatch(word):
        return int(word)
    return float(word) if _NUMBER.fullmatch(word) else word


def _explained(errors: Sequence[ErrorDetails], lines: dict[Where, int]) -> list[Problem]:
    """Each with the line of its field, or, where there is none, of what the field should stand in."""
    around = {error["loc"][:length] for error in errors for length in range(len(error["loc"]))}
    problems = []
    for error in errors:
        where = error["loc"]
        if error["type"] == "too_short" and where in around:
            continue  # its items were refused one by one; they are there
        known = next(where[:length] for length in range(len(where), -1, -1) if where[:length] in lines)
        form = _REASONS.get(error["type"])
        reason = form.format_map(error.get("ctx", {})) if form else error["msg"].removeprefix("Input ")
        problems.append(Problem(lines[known], _path(where), reason))
    return problems


def _path(where: Where) -> str:
    """As a person would point at it. A field's own name is what pydantic calls its `[key]`."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in where if part != "[key]")
    return "".join(parts).removeprefix(".")
