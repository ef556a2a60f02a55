"""Danger: merged from everything anybody said, rising by itself, lowered only by a supervisor (P7).

The priority is a pure function of the merged danger, so the order in which facts were typed does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from services.intake.domain.instruments import INSTRUMENTS, LAP, LAP_CHOKED, LAP_GUN
from shared.contracts.facts import Facts
from shared.contracts.vocabulary import Answer, CallState, Level, LinkedTo, Tri, Where

_RANK = {Answer.NOT_ANSWERED: 0, Answer.NO: 1, Answer.NOT_APPLICABLE: 2, Answer.YES: 3}
"""How much danger an answer leaves possible. One that does not apply leaves more than a no: see LAP."""
_UNCERTAIN_CALLS = {CallState.DROPPED, CallState.SILENT, CallState.UNKNOWN}

LOWEST_PRIORITY = 3


@dataclass(frozen=True)
class Override:
    """A supervisor's decision, good for what was known then: a new yes counts again."""

    level: Level
    known_yes: frozenset[str]


@dataclass(frozen=True)
class Danger:
    """Everything that makes an incident dangerous, as known so far. It only grows (but for ``override``)."""

    instrument: str = LAP.code
    answers: Mapping[str, Answer] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    """Questions answered yes once and something lower later."""
    raised: bool = False
    override: Override | None = None
    present: bool = False
    armed: bool = False
    injured: bool = False
    medical: bool = False
    child_with_perpetrator: bool = False
    call_uncertain: bool = False
    """The call dropped, or fell silent, or nobody can say: treated as dropped."""
    police_linked: bool = False
    choked: bool = False
    """Whether LAP 5 was yes before the instrument was changed."""

    def range(self) -> tuple[Level, Level]:
        """Return the lowest and the highest possible level of danger."""
        lowest, highest = INSTRUMENTS[self.instrument].range(self.answers)
        if self.raised:
            return Level.HIGH, Level.HIGH
        if self.override is not None and not (self._yes() - self.override.known_yes):
            return self.override.level, self.override.level
        return lowest, highest

    def _yes(self) -> frozenset[str]:
        return frozenset(q for q, answer in self.answers.items() if answer is Answer.YES)

    def priority(self) -> int:
        """Return 1, 2 or 3 by the rule of CONTRACT, "Risk"."""
        lowest, highest = self.range()
        if lowest is Level.HIGH or self.present or self.armed or self.child_with_perpetrator:
            return 1
        if self.call_uncertain and highest is Level.HIGH:
            return 1
        if highest is Level.HIGH or self.injured or self.medical:
            return 2
        return 3

    @property
    def ambulance_needed(self) -> bool:
        """Whether somebody must call an ambulance: asked for, or she was choked (LAP 5)."""
        return self.medical or self._was_choked

    @property
    def _was_choked(self) -> bool:
        return self.choked or (self.instrument == LAP.code and self.answers.get(LAP_CHOKED) is Answer.YES)

    def open_questions(self) -> list[str]:
        """Return the questions nobody answered yet."""
        return INSTRUMENTS[self.instrument].open_questions(self.answers)

    def answered(self, new: Mapping[str, Answer]) -> Danger:
        """Merge answers upward: a lower answer to a question already yes changes nothing and is listed."""
        answers = dict(self.answers)
        conflicts = set(self.conflicts)
        for question, answer in new.items():
            known = answers.get(question, Answer.NOT_ANSWERED)
            if _RANK[answer] > _RANK[known]:
                answers[question] = answer
            elif known is Answer.YES and answer in {Answer.NO, Answer.NOT_APPLICABLE}:
                conflicts.add(question)
        return replace(self, answers=answers, conflicts=tuple(sorted(conflicts, key=int)))

    def learned(self, facts: Facts) -> Danger:
        """Merge what facts say about danger, answers included."""
        perpetrators, children = facts.perpetrators, facts.victim.children
        merged = self if facts.risk.instrument == self.instrument else self._with_instrument(facts.risk.instrument)
        merged = merged.answered(facts.risk.answers)
        police_linked = self.police_linked or any(p.linked_to is LinkedTo.POLICE for p in perpetrators)
        if police_linked and merged.instrument == LAP.code:
            merged = merged.answered({LAP_GUN: Answer.YES})  # whoever is armed by his office has a gun
        return replace(
            merged,
            present=self.present or any(p.present is Tri.YES for p in perpetrators),
            armed=self.armed or any(p.armed is Tri.YES for p in perpetrators),
            injured=self.injured or facts.victim.injured is Tri.YES,
            medical=self.medical or facts.needs.medical,
            child_with_perpetrator=self.child_with_perpetrator
            or any(child.where is Where.WITH_PERPETRATOR for child in children),
            call_uncertain=self.call_uncertain or facts.call in _UNCERTAIN_CALLS,
            police_linked=police_linked,
        )

    def _with_instrument(self, instrument: str) -> Danger:
        """Change the instrument; before any answer that costs nothing, later the level reached stays as a raise."""
        lowest, _ = self.range()
        raised = self.raised or lowest is Level.HIGH
        return replace(self, instrument=instrument, answers={}, conflicts=(), raised=raised, choked=self._was_choked)

    def as_json(self) -> dict[str, Any]:
        """Return the danger as it is stored."""
        override = self.override and {"level": self.override.level, "known_yes": sorted(self.override.known_yes)}
        fields = {name: getattr(self, name) for name in _FLAGS}
        return {
            **fields,
            "instrument": self.instrument,
            "answers": dict(self.answers),
            "conflicts": list(self.conflicts),
            "override": override,
        }

    @classmethod
    def from_json(cls, stored: Mapping[str, Any]) -> Danger:
        """Read back what ``as_json`` stored."""
        override = stored["override"]
        return cls(
            instrument=stored["instrument"],
            answers={question: Answer(answer) for question, answer in stored["answers"].items()},
            conflicts=tuple(stored["conflicts"]),
            override=override and Override(Level(override["level"]), frozenset(override["known_yes"])),
            **{name: stored.get(name, False) for name in _FLAGS},
        )


_FLAGS = (
    "raised",
    "present",
    "armed",
    "injured",
    "medical",
    "child_with_perpetrator",
    "call_uncertain",
    "police_linked",
    "choked",
)


def overridden(danger: Danger, level: Level) -> Danger:
    """Set the level by a supervisor's decision; a yes that comes later counts again."""
    known = frozenset(q for q, answer in danger.answers.items() if answer is Answer.YES)
    return replace(danger, raised=False, override=Override(level, known))


def next_priority(old: int, new: int) -> int:
    """Return the priority after an update: it rises freely, and falls by itself only from 2 to 3."""
    if new <= old or (old, new) == (2, 3):
        return new
    return old


def unknown_questions(instrument: str, questions: Iterable[str]) -> Sequence[str]:
    """Return those question ids that the instrument does not have."""
    return [question for question in questions if question not in INSTRUMENTS[instrument].ids]
