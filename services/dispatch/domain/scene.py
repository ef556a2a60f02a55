"""What a crew reports from the scene, piece by piece: the later piece replaces, danger only rises (P7)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from shared.contracts.facts import SceneFacts
from shared.contracts.vocabulary import Answer

_MOST_ANSWERS = 40
_RISING = (Answer.NOT_ANSWERED, Answer.NO, Answer.NOT_APPLICABLE, Answer.YES)
"""``not_applicable`` stands above ``no``: with it LAP is never ``standard`` (CONTRACT, "Risk")."""


class Report(SceneFacts):
    """One report, with limits."""

    risk: Annotated[
        dict[Annotated[str, StringConstraints(pattern=r"^[0-9]{1,2}$")], Answer],
        Field(max_length=_MOST_ANSWERS, default_factory=dict),
    ]

    @property
    def told(self) -> dict[str, Any]:
        """What was said in it, as JSON; empty if nothing was."""
        given = self.model_dump(mode="json", exclude_unset=True)
        return {name: value for name, value in given.items() if value is not None and value != {}}


def merged(known: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """Return everything reported so far."""
    both = {**known, **told}
    if "risk" in both:
        both["risk"] = _risen(known.get("risk", {}), told.get("risk", {}))
    if known.get("medical"):
        both["medical"] = True
    return both


def _risen(known: Mapping[str, str], told: Mapping[str, str]) -> dict[str, str]:
    return {
        question: max((answers[question] for answers in (known, told) if question in answers), key=_rank)
        for question in sorted({*known, *told}, key=int)
    }


def _rank(answer: str) -> int:
    return _RISING.index(Answer(answer))
