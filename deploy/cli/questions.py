"""What `call` asks on a terminal: what a caller says in the first half minute. Enter means: not known."""

from collections.abc import Iterable
from typing import Any

import typer

from shared.contracts.vocabulary import CallState, Channel, LegKind, Tri, Where

# LAP, questions 1-3: each alone is high danger.
_FIRST_QUESTIONS = {
    "1": "Was a weapon used or threatened against her?",
    "2": "Has he threatened to kill her or the children?",
    "3": "Does she think he might kill her?",
}


def ask_for_call() -> dict[str, Any]:
    """Return the body of an incident."""
    body: dict[str, Any] = {
        "channel": _one_of("Which way did the call come?", Channel, Channel.EMERGENCY_112),
        "call": _one_of("Is the caller on the line?", CallState, CallState.UNKNOWN),
        "location": {"municipality": _ask("Municipality, by its code")},
        "risk": {"instrument": "lap", "answers": {}},
    }
    for number, question in _FIRST_QUESTIONS.items():
        answer = _tri(question)
        body["risk"]["answers"][number] = "not_answered" if answer == Tri.UNKNOWN else answer
    body["perpetrators"] = [{"present": _tri("Is he there now?"), "armed": _tri("Is he armed?")}]
    ages = [int(word) for word in _ask("Ages of the children with her", "").split() if word.isdecimal()]
    body["victim"] = {"children": [{"age": age, "where": Where.WITH_VICTIM} for age in ages]}
    phone = _ask("A number that is hers", "")
    if phone:
        body["callback"] = {"phone": phone, "safe_to_call": _tri("Is it safe to call her there?")}
    body["narrative"] = _ask("What happened", "") or None
    body["needs"] = {leg: typer.confirm(f"Is the {leg} needed?", default=True, err=True) for leg in LegKind}
    return {name: value for name, value in body.items() if value is not None}


def _tri(question: str) -> str:
    return _one_of(question, Tri, Tri.UNKNOWN)


def _one_of(question: str, words: Iterable[str], default: str) -> str:
    """A word of the list, or how it begins."""
    words = [str(word) for word in words]
    while True:
        answer = _ask(f"{question} ({' / '.join(words)})", str(default)).lower()
        fitting = [word for word in words if word.startswith(answer)]
        if answer and fitting:
            return fitting[0]


def _ask(question: str, default: str | None = None) -> str:
    answer: str = typer.prompt(question, default=default, show_default=bool(default), err=True)
    return answer.strip()
