"""What loading a document changes: found before anything is written, so that it can be shown before it is done."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Generic, Literal, TypeVar

from shared.errors import Conflict
from shared.web.pages.words import N_

BY_HAND = N_("%(code)s was made by hand; from now on the document has it.")
Key = TypeVar("Key", bound=Hashable)
_SHOWN_IN_A_REFUSAL = 5
_LONGEST_SHOWN = 60


@dataclass(frozen=True)
class Remark:
    """Something to know about a load, in a sentence that can be said in every language."""

    sentence: str
    """With placeholders, as ``N_`` marked it: ``Unit %(unit)s has a job.``"""
    names: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """Say it in English."""
        return self.sentence % self.names


@dataclass(frozen=True)
class Change:
    """One thing that is added, changed or removed (retired, where it has a history)."""

    kind: str
    code: str
    how: Literal["added", "changed", "removed"]
    fields: Mapping[str, Sequence[str | None]] = field(default_factory=dict)
    """Of a changed thing: what differs, as ``[before, after]``; empty where the values are too long to show."""


@dataclass(frozen=True)
class Difference(Generic[Key]):
    """What a document changes about one kind of thing, by code (rooms: by shelter and name)."""

    kind: str
    added: Sequence[Key]
    changed: Sequence[Key]
    removed: Sequence[Key]
    known: Mapping[Key, Mapping[str, Any]]
    wanted: Mapping[Key, Mapping[str, Any]]

    @classmethod
    def between(
        cls, kind: str, known: Mapping[Key, Mapping[str, Any]], wanted: Mapping[Key, Mapping[str, Any]]
    ) -> Difference[Key]:
        """Compare rows by the fields that are wanted; what was made by hand is not the document's to remove."""
        return cls(
            kind,
            added=[code for code in wanted if code not in known],
            changed=[
                code
                for code, row in wanted.items()
                if code in known and any(known[code][name] != value for name, value in row.items())
            ],
            removed=[code for code, row in known.items() if code not in wanted and not row.get("by_hand")],
            known=known,
            wanted=wanted,
        )

    @property
    def moved(self) -> Sequence[Key]:
        """Whatever must be written."""
        return (*self.added, *self.changed)

    def changes(self) -> list[Change]:
        """Return every change, thing by thing."""
        return [
            *(Change(self.kind, _code(key), "added") for key in self.added),
            *(Change(self.kind, _code(key), "changed", self._fields(key)) for key in self.changed),
            *(Change(self.kind, _code(key), "removed") for key in self.removed),
        ]

    def taken_over(self) -> Iterator[Remark]:
        """Say what was made by hand and is the document's from now on."""
        for key in self.changed:
            if self.known[key]["by_hand"]:
                yield Remark(BY_HAND, {"code": _code(key)})

    def _fields(self, key: Key) -> dict[str, Sequence[str | None]]:
        known, wanted = self.known[key], self.wanted[key]
        return {name: _shown(known[name], value) for name, value in wanted.items() if known[name] != value}


@dataclass(frozen=True)
class Loaded:
    """What a load changed, and what whoever loads should know of it."""

    differences: Sequence[Difference[Any]]
    warnings: Sequence[Remark] = ()

    def counts(self) -> dict[str, int]:
        """Return how much was added, changed and removed."""
        return {
            how: sum(len(getattr(each, how)) for each in self.differences) for how in ("added", "changed", "removed")
        }


@dataclass(frozen=True)
class Preview:
    """What a load would change, and what stands in its way."""

    loaded: Loaded
    obstacles: Sequence[Remark] = ()

    @property
    def changes(self) -> list[Change]:
        """Every change, kind by kind."""
        return [change for difference in self.loaded.differences for change in difference.changes()]

    def document(self) -> dict[str, Any]:
        """Return it as the API tells it."""
        return {
            **self.loaded.counts(),
            "changes": [asdict(change) for change in self.changes],
            "warnings": [str(each) for each in self.loaded.warnings],
            "obstacles": [str(each) for each in self.obstacles],
        }


@dataclass(frozen=True)
class Plan:
    """A load that was thought through and not yet done."""

    preview: Preview
    write: Callable[[], None]
    """Does it, in the transaction that the plan was made in."""

    def carry_out(self) -> Loaded:
        """Do it.

        Raises:
            Obstructed: something stands in its way; nothing was written.
        """
        if self.preview.obstacles:
            raise Obstructed(self.preview)
        self.write()
        return self.preview.loaded


class Obstructed(Conflict):
    """A load that is not possible now: everything that stands in its way, and what it would change."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(" ".join(str(each) for each in preview.obstacles[:_SHOWN_IN_A_REFUSAL]))
        self.preview = preview


def _code(key: Hashable) -> str:
    return " / ".join(map(str, key)) if isinstance(key, tuple) else str(key)


def _shown(before: Any, after: Any) -> Sequence[str | None]:
    """Return two values as a person compares them; nothing where that would be too long to read."""
    texts = [None if value is None else _text(value) for value in (before, after)]
    return [] if any(text is not None and len(text) > _LONGEST_SHOWN for text in texts) else texts


def _text(value: Any) -> str:
    match value:
        case bool():
            return "yes" if value else "no"
        case dict():
            return ", ".join(f"{name}: {_text(each)}" for name, each in value.items())
        case list() | tuple():
            return ", ".join(_text(each) for each in value)
    return str(value)
