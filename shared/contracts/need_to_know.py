"""P6, in one place: which service and which role is given which field of an incident.

A field that is not named is not given. Paths are those of ``Facts``; a path through a list means every item of it.
Adding a field to ``Facts`` therefore shows it to nobody until it is named here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from shared.contracts.vocabulary import Role, Service

_PEOPLE_AT_THE_SCENE = (
    "victim.name",
    "victim.injured",
    "victim.adults.sex",
    "victim.children.age",
    "victim.children.sex",
    "victim.children.where",
    "victim.languages",
    "victim.contact_mode",
    "victim.mobility",
    "victim.pets",
    "victim.decision_shelter",
    "perpetrators.name",
    "perpetrators.municipality",
    "perpetrators.present",
    "perpetrators.armed",
    "perpetrators.linked_to",
)
_WHERE = (
    "location.municipality",
    "location.settlement",
    "location.address",
    "location.latitude",
    "location.longitude",
)
_HOW_TO_REACH_HER = (
    "callback.phone",
    "callback.safe_to_call",
    "callback.code_word",
    "callback.channels_banned",
)
_FAMILY_FOR_A_ROOM = (
    "victim.adults.sex",
    "victim.children.age",
    "victim.children.sex",
    "victim.children.where",
    "victim.languages",
    "victim.mobility",
    "victim.pets",
    "victim.injured",
    "victim.decision_shelter",
)

SERVICES: Mapping[Service, tuple[str, ...]] = {
    # The crew that goes there: where, who, how dangerous.
    Service.DISPATCH: (
        "call",
        "caller.relation",
        *_WHERE,
        *_HOW_TO_REACH_HER,
        *_PEOPLE_AT_THE_SCENE,
        "protection_order",
        "narrative",
    ),
    # The family a room must fit, and whom it must be safe from; not the story, not her name.
    Service.SHELTER_BEDS: (
        "location.municipality",
        "location.latitude",
        "location.longitude",
        *_FAMILY_FOR_A_ROOM,
        "perpetrators.name",
        "perpetrators.municipality",
        "perpetrators.linked_to",
    ),
    # What notify may always have: enough to find the centre and, where a child is involved, child protection.
    Service.NOTIFY: (
        "location.municipality",
        "victim.languages",
        "victim.children.age",
        "victim.children.where",
    ),
}
"""What each service is sealed of an incident, whoever consented to what."""

WITH_CONSENT: Mapping[str, tuple[str, ...]] = {
    "contact": ("victim.name", *_HOW_TO_REACH_HER, "victim.contact_mode", "victim.languages"),
    "story": (
        "call",
        "caller.relation",
        "location.municipality",
        "location.settlement",
        *_PEOPLE_AT_THE_SCENE,
        "protection_order",
        "risk.instrument",
        "risk.answers",
        "narrative",
    ),
}
"""What her consent adds to what the centre is sealed, by scope. ``contact_and_story`` is both."""

_WHOLE_INCIDENT = (
    "channel",
    "external_ref",
    "call",
    "caller",
    "callback",
    "location",
    "victim",
    "perpetrators",
    "protection_order",
    "risk",
    "needs",
    "consent",
    "narrative",
)

ROLES: Mapping[Service, Mapping[Role, tuple[str, ...]]] = {
    Service.INTAKE: {
        Role.OPERATOR: _WHOLE_INCIDENT,
        Role.SUPERVISOR: _WHOLE_INCIDENT,
    },
    Service.DISPATCH: {
        Role.DISPATCHER: SERVICES[Service.DISPATCH],
        Role.CREW: SERVICES[Service.DISPATCH],
    },
    Service.SHELTER_BEDS: {
        Role.SHELTER_STAFF: _FAMILY_FOR_A_ROOM,
    },
    Service.NOTIFY: {
        Role.CENTRE_STAFF: tuple(
            dict.fromkeys((*SERVICES[Service.NOTIFY], *WITH_CONSENT["contact"], *WITH_CONSENT["story"]))
        ),
    },
}
"""Which of the fields that a service holds each role is shown by that service."""


def fields_with_consent(scope: str | None) -> tuple[str, ...]:
    """Return what a consent of this scope lets the centre have besides ``SERVICES[NOTIFY]``.

    No scope is the plain meaning of sharing: both. A scope that cannot be read gives its narrowest: how to reach her.
    """
    if scope is None or scope == "contact_and_story":
        return (*WITH_CONSENT["contact"], *WITH_CONSENT["story"])
    return WITH_CONSENT.get(scope, WITH_CONSENT["contact"])


def project(facts: Mapping[str, Any], paths: Iterable[str]) -> dict[str, Any]:
    """Return a copy of ``facts`` with only the fields that ``paths`` name."""
    shown = _only(facts, _tree_of(tuple(paths)))
    return dict(shown)


def for_role(service: Service, roles: Iterable[Role], facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an account with these roles is shown of an incident's facts by this service."""
    table = ROLES.get(service, {})
    return project(facts, [path for role in roles for path in table.get(role, ())])


_Tree = dict[str, "_Tree | None"]
"""Named fields, nested; ``None`` means: this field and all that is in it."""


@lru_cache(maxsize=64)
def _tree_of(paths: tuple[str, ...]) -> _Tree:
    """Return named fields as a tree. There are few sets of them, and every event is cut down by some."""
    tree: _Tree = {}
    for path in paths:
        _graft(tree, path.split("."))
    return tree


def _graft(tree: _Tree, names: list[str]) -> None:
    name, rest = names[0], names[1:]
    if not rest:
        tree[name] = None
        return
    branch = tree.setdefault(name, {})
    if branch is not None:
        _graft(branch, rest)


def _only(value: Any, tree: _Tree | None) -> Any:
    if tree is None:
        return value
    if isinstance(value, Mapping):
        return {name: _only(value[name], branch) for name, branch in tree.items() if name in value}
    if isinstance(value, list):
        return [_only(item, tree) for item in value]
    return None
