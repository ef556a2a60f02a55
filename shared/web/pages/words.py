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
    "service": {
        "intake": N_("Calls"),
        "dispatch": N_("Police jobs"),
        "shelter_beds": N_("Shelters and rooms"),
        "notify": N_("Handovers to centres"),
        "identity": N_("Accounts and sign-in"),
    },
    "part_state": {"ok": N_("answers"), "away": N_("does not answer")},
    "part_trouble": {
        "store": N_("The store does not answer: nothing is accepted here."),
        "bus": N_("The bus does not answer: the other parts hear nothing of what is written here."),
        "cache": N_("The cache does not answer: everything works on, slower."),
        "outbox": N_("Events wait for the bus for too long."),
        "behind": N_("Behind what the other parts said."),
        "dead_letters": N_("Dead letters wait for a human."),
        "disk": N_("The disk of the store fills up."),
        "clock": N_("Clocks differ by more than a second."),
    },
    "settled_as": {"replayed": N_("replayed"), "discarded": N_("discarded")},
    "settling_reason": {
        "mended": N_("What was wrong is mended"),
        "try_again": N_("It may have been a passing fault"),
        "not_ours": N_("Not meant for us"),
        "malformed": N_("Never right: its sender must be mended"),
        "superseded": N_("Something newer says the same or more"),
        "duplicate": N_("Handled already"),
        "test": N_("From a test"),
    },
    "jurisdiction_kind": {
        "jurisdiction": N_("The jurisdiction itself"),
        "municipality": N_("Municipalities"),
        "settlement": N_("Settlements"),
        "duty_phones": N_("Numbers to ring"),
        "organisation_number": N_("Numbers of organisations"),
        "station": N_("Stations"),
        "unit": N_("Units"),
        "shelter": N_("Shelters"),
        "room": N_("Rooms"),
        "centre": N_("Centres"),
        "office": N_("Child protection offices"),
        "organisation": N_("Organisations"),
    },
    "jurisdiction_field": {
        "name": N_("name"),
        "names": N_("names"),
        "languages": N_("languages"),
        "deadlines": N_("deadlines"),
        "country": N_("country"),
        "municipality": N_("municipality"),
        "municipalities": N_("municipalities"),
        "region": N_("region"),
        "latitude": N_("latitude"),
        "longitude": N_("longitude"),
        "neighbours": N_("neighbours"),
        "covers": N_("covers"),
        "serves": N_("serves"),
        "directorate": N_("directorate"),
        "phone": N_("phone"),
        "duty_phones": N_("numbers to ring"),
        "station": N_("station"),
        "by_hand": N_("made by hand"),
        "code_name": N_("code name"),
        "admission": N_("admission rules"),
        "meeting_points": N_("meeting points"),
        "beds": N_("beds"),
        "accessible": N_("accessible"),
        "rota": N_("rota"),
        "kind": N_("kind"),
        "hold": N_("seconds a room is held"),
        "shelter_arrived": N_("seconds to arrive"),
        "stale_room": N_("seconds until a room is confirmed again"),
        "police_accepted": N_("seconds to acknowledge a job"),
        "centre_accepted": N_("seconds to acknowledge a handover"),
        "centre_done": N_("seconds to accept a handover"),
        "rota_step": N_("seconds for one step of a rota"),
    },
    "said": {
        "dead_letter_replayed": N_("Handled once more."),
        "dead_letter_discarded": N_("Discarded; it stays in the list of the settled for 30 days."),
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
