"""Names of the domain's states, roles and reasons, as people read them; translated where they are shown."""

from __future__ import annotations

from collections.abc import Mapping


def N_(sentence: str) -> str:  # noqa: N802  # gettext's own name for "translate this later"
    """Mark a sentence for translation without translating it yet."""
    return sentence


WORDS: Mapping[str, Mapping[str, str]] = {
    "leg": {"police": N_("Police"), "shelter": N_("Shelter"), "centre": N_("Centre")},
    "leg_state": {
        "not_needed": N_("not needed"),
        "waiting": N_("waiting"),
        "answered": N_("answered"),
        "accepted": N_("accepted"),
        "done": N_("done"),
        "unmet": N_("not met"),
        "waived": N_("waived"),
    },
    "incident_state": {"open": N_("open"), "closed": N_("closed"), "cancelled": N_("cancelled")},
    "priority": {"1": N_("Priority 1"), "2": N_("Priority 2"), "3": N_("Priority 3")},
    "mode": {"actual": N_("actual"), "exercise": N_("exercise"), "test": N_("test")},
    "level": {"standard": N_("standard"), "medium": N_("medium"), "high": N_("high")},
    "role": {
        "operator": N_("Operator"),
        "dispatcher": N_("Dispatcher"),
        "crew": N_("Crew"),
        "shelter_staff": N_("Shelter staff"),
        "centre_staff": N_("Centre staff"),
        "supervisor": N_("Supervisor"),
        "auditor": N_("Auditor"),
        "ops": N_("Operations"),
        "admin": N_("Administrator"),
    },
    "truth": {"yes": N_("yes"), "no": N_("no"), "unknown": N_("unknown")},
    "answer": {
        "yes": N_("yes"),
        "no": N_("no"),
        "not_answered": N_("not answered"),
        "not_applicable": N_("does not apply"),
    },
}
"""What several services show. A service's own words stand in its ``pages/words.py``, in the same form."""


def merged(*parts: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    """Return the words of several parts of a service as one."""
    together: dict[str, dict[str, str]] = {}
    for part in parts:
        for group, names in part.items():
            together.setdefault(group, {}).update(names)
    return together


def word_of(group: str, code: object, *more: Mapping[str, Mapping[str, str]]) -> str:
    """Return the English name of a code; a code that nobody named is shown as it is."""
    for words in (WORDS, *more):
        known = words.get(group, {}).get(str(code))
        if known is not None:
            return known
    return str(code).replace("_", " ")
