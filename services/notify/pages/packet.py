"""A packet as people read it: what she has told already, and what nobody has asked yet, each thing once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.notify.domain.packet import holds_story

_TOLD = (
    ("victim.name", ""),
    ("caller.relation", "relation"),
    ("call", "call_state"),
    ("location.municipality", "place"),
    ("location.settlement", ""),
    ("victim.injured", "truth"),
    ("victim.decision_shelter", "decision"),
    ("protection_order", "truth"),
)
_OF_HIM = (
    ("name", ""),
    ("municipality", "place"),
    ("present", "truth"),
    ("armed", "truth"),
    ("linked_to", "linked_to"),
)
_ANSWERS = "risk.answers."
_PERPETRATORS = "perpetrators."
_CONTACT = "callback."


@dataclass(frozen=True)
class Item:
    """One thing that is known or should be asked."""

    name: str
    """A key of the words ``fact``."""
    of: int | None = None
    """Which perpetrator, where there are several."""
    words: str = ""
    """The words of its value; empty: it is shown as it was typed; ``place``: it is a municipality's code."""
    value: str = ""


@dataclass(frozen=True)
class Known:
    """What is known, in the order of reading."""

    items: Sequence[Item]
    instrument: str
    answers: Mapping[str, Sequence[str]]
    """Answer → the questions that were answered so."""
    narrative: str
    story: bool
    """Whether she lets the centre know her story, not only how to reach her."""

    @property
    def anything(self) -> bool:
        """Whether there is anything to read."""
        return bool(self.items or self.narrative or any(self.answers.values()))


@dataclass(frozen=True)
class Unasked:
    """What nobody has asked yet, as it would be asked together."""

    contact: Sequence[Item]
    story: Sequence[Item]
    instrument: str
    questions: Sequence[str]

    def __len__(self) -> int:
        return len(self.contact) + len(self.story) + len(self.questions)


def known(packet: Mapping[str, Any]) -> Known:
    """Return what she, or somebody for her, has told already."""
    facts = packet["facts"]
    unasked = frozenset(packet["not_yet_asked"])
    risk: Mapping[str, Any] = facts.get("risk") or {}
    answers: dict[str, list[str]] = {"yes": [], "no": [], "not_applicable": []}
    for number, answer in sorted((risk.get("answers") or {}).items(), key=lambda each: int(each[0])):
        if answer in answers:
            answers[answer].append(number)
    return Known(
        items=[*_about_her(facts, unasked), *_about_them(facts, unasked)],
        instrument=risk.get("instrument", "lap"),
        answers=answers,
        narrative=facts.get("narrative") or "",
        story=holds_story(facts),
    )


def _about_her(facts: Mapping[str, Any], unasked: frozenset[str]) -> Iterator[Item]:
    for path, words in _TOLD:
        value: Any = facts
        for name in path.split("."):
            value = value.get(name) if isinstance(value, Mapping) else None
        if value not in (None, "", "unknown") and path not in unasked:
            yield Item(path, words=words, value=str(value))


def _about_them(facts: Mapping[str, Any], unasked: frozenset[str]) -> Iterator[Item]:
    perpetrators: Sequence[Mapping[str, Any]] = facts.get("perpetrators") or ()
    for number, perpetrator in enumerate(perpetrators):
        of = number + 1 if len(perpetrators) > 1 else None
        for name, words in _OF_HIM:
            if perpetrator.get(name) and f"{_PERPETRATORS}{number}.{name}" not in unasked:
                yield Item(f"perpetrator.{name}", of, words, str(perpetrator[name]))


def unasked(packet: Mapping[str, Any]) -> Unasked:
    """Return what nobody has asked yet."""
    paths: Sequence[str] = packet["not_yet_asked"]
    risk: Mapping[str, Any] = packet["facts"].get("risk") or {}
    several = len(packet["facts"].get("perpetrators") or ()) > 1
    items = [_asked(path, several=several) for path in paths if not path.startswith(_ANSWERS)]
    return Unasked(
        contact=[item for item in items if item.name.startswith(_CONTACT)],
        story=[item for item in items if not item.name.startswith(_CONTACT)],
        instrument=risk.get("instrument", "lap"),
        questions=[path.removeprefix(_ANSWERS) for path in paths if path.startswith(_ANSWERS)],
    )


def _asked(path: str, *, several: bool) -> Item:
    if not path.startswith(_PERPETRATORS):
        return Item(path)
    number, _, name = path.removeprefix(_PERPETRATORS).partition(".")
    return Item(f"perpetrator.{name}", int(number) + 1 if several else None)
