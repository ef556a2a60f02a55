"""The packet: how to reach her safely first, then what is known, and what was not asked yet.

Nobody should have to tell her story twice, and nobody should ask what she was asked already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from services.notify.domain.incident import Incident
from shared.contracts.vocabulary import Answer, Tri

_HER_CONTACT = ("victim.name", "callback.phone", "callback.safe_to_call", "callback.code_word", "victim.languages")
_HER_STORY = (
    "victim.injured",
    "victim.adults",
    "victim.children",
    "victim.contact_mode",
    "victim.mobility",
    "victim.pets",
    "victim.decision_shelter",
    "perpetrators",
    "protection_order",
    "narrative",
)
_OF_EACH_PERPETRATOR = ("name", "municipality", "present", "armed", "linked_to")
_STORY_HOLDS = frozenset({"call", "caller", "location", "perpetrators", "protection_order", "risk", "narrative"})
"""Whoever consented to more than contact has at least one of these: a call always has a place."""
_QUESTIONS = {"lap": 11, "dash": 24}
_UNKNOWN = (None, "", Tri.UNKNOWN, Answer.NOT_ANSWERED)


def handed_over(incident: Incident, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a centre is given.

    Without consent that is number, region, languages and head-count, and nothing else.

    Args:
        incident: what may always be known.
        facts: what her consent lets the centre know, already cut down to the reader's role.
    """
    always = {
        "consented": incident.consented,
        "number": incident.number,
        "region": incident.region,
        "languages": list(incident.languages),
        "people": incident.people,
    }
    if not incident.consented:
        return always
    return {
        "safe_contact": safe_contact(facts),
        **always,
        "facts": facts,
        "not_yet_asked": list(not_yet_asked(facts)),
    }


def safe_contact(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rules for reaching her. Calling is safe only if she said so; not knowing means: do not call."""
    callback: Mapping[str, Any] = facts.get("callback") or {}
    victim: Mapping[str, Any] = facts.get("victim") or {}
    safe = callback.get("safe_to_call") or Tri.UNKNOWN.value
    return {
        "call": "allowed" if safe == Tri.YES else "do_not_call",
        "safe_to_call": safe,
        "channels_banned": callback.get("channels_banned") or [],
        "code_word": callback.get("code_word"),
        "phone": callback.get("phone"),
        "contact_mode": victim.get("contact_mode"),
    }


def not_yet_asked(facts: Mapping[str, Any]) -> Iterator[str]:
    """Yield the paths of what nobody knows yet, as far as she lets the centre know it."""
    yield from (path for path in _HER_CONTACT if _unknown(facts, path.split(".")))
    if not holds_story(facts):
        return
    yield from (path for path in _HER_STORY if _unknown(facts, path.split(".")))
    for number, perpetrator in enumerate(facts.get("perpetrators") or ()):
        yield from (f"perpetrators.{number}.{name}" for name in _OF_EACH_PERPETRATOR if _unknown(perpetrator, [name]))
    risk: Mapping[str, Any] = facts.get("risk") or {}
    answers: Mapping[str, Any] = risk.get("answers") or {}
    most = _QUESTIONS.get(risk.get("instrument", "lap"), 0)
    yield from (f"risk.answers.{number}" for number in range(1, most + 1) if _unknown(answers, [str(number)]))


def holds_story(facts: Mapping[str, Any]) -> bool:
    """Say whether she lets the centre know more than how to reach her."""
    return not _STORY_HOLDS.isdisjoint(facts)


def _unknown(value: Any, path: Sequence[str]) -> bool:
    """Say whether a field was never filled in. An empty list that was given is an answer: none."""
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return True
        value = value[name]
    return value in _UNKNOWN if isinstance(value, str | None) else False
