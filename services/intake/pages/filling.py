"""The form of a call, as the document that it stands for, and a document as the form's fields.

One set of fields serves the raise form, the call that goes on and every later fact; ``static/fields.js`` reads it in
the same way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import Connection

from services.intake.domain.places import coordinates
from services.intake.store import names
from shared.clock import rfc3339, utc_now
from shared.errors import Invalid
from shared.web.pages.forms import Form
from shared.web.pages.words import N_

PLACE, CHILDREN, ASKED = "place", "children_there", "asked"
"""Fields that stand in no document: a place as it was typed, "Children?", which promises are asked for."""
ALL_ASKED = ("police", "shelter", "centre")
_LANGUAGES = "victim.languages"
_ROWS = ("victim.children", "perpetrators")
_CONSENT = "consent.share_with_centre"
_NO_ANSWER = frozenset({"unknown", "not_answered", "undecided"})
_ASKED_ALOUD = frozenset({"victim.injured", "callback.safe_to_call", "protection_order", "victim.decision_shelter"})
_OF_HIM = (".present", ".armed")
_NAMES_OF_LANGUAGES = re.compile(r"[\s,;]+")
_MOST_CHOICES = 20
NO_SUCH_PLACE = N_("There is no such place here. Type three letters of a town or village, or coordinates.")
WHICH_PLACE = N_("Several places have this name. Choose one.")


class SeveralPlaces(Invalid):
    """What was typed names more than one place; ``choices`` are those."""

    def __init__(self, choices: list[dict[str, Any]]) -> None:
        super().__init__(Invalid.field(PLACE, WHICH_PLACE).errors)
        self.choices = choices


def document(form: Form) -> dict[str, Any]:
    """Return what a form says of a call. What was left empty was not said."""
    said = Form([each for each in form.fields if not _unsaid(*each)]).document("callback.channels_banned")
    for name in (PLACE, CHILDREN, ASKED, "place_choice"):
        said.pop(name, None)
    victim = said.get("victim", {})
    if isinstance(victim.get("languages"), str):
        victim["languages"] = [each for each in _NAMES_OF_LANGUAGES.split(victim["languages"]) if each]
    if "children" in victim:
        victim["children"] = [child for child in victim["children"] if child.get("where")]
    if form.get(CHILDREN) == "yes" and not victim.get("children"):
        said.setdefault("victim", {})["children"] = [{"where": "unknown"}]
    consent = said.get("consent", {})
    if consent.get("share_with_centre") and "by" not in consent:
        consent |= {"by": "victim", "at": rfc3339(utc_now())}
    return said


def patch(form: Form, facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return as a merge patch what a form says otherwise than the facts that it showed.

    What was emptied is taken back; of a list, one changed row sends all of its rows.
    """
    shown = flat(facts)
    typed = {name.partition(":")[0]: " ".join(values) for name, values in form.content.items()}
    said = document(form)
    changed: dict[str, Any] = {}
    for name, value in typed.items():
        group = _group(name)
        if group is None or value.strip() == shown.get(name, ""):
            continue
        path = group.split(".")
        _put(changed, path, _value(said, path) or ([] if group in _ROWS else None))
        if group == _CONSENT:
            changed["consent"] = said.get("consent") or {"share_with_centre": False}
    return changed


def place(form: Form, connection: Connection) -> dict[str, Any]:
    """Return the location that was chosen or typed.

    Raises:
        SeveralPlaces: the name is that of several places.
        Invalid: no place has this name.
    """
    typed = form.get(PLACE)
    chosen = form.get("place_choice")
    if chosen:
        kind, _, code = chosen.partition(":")
        return {kind: code} if kind in {names.MUNICIPALITY, names.SETTLEMENT} else {}
    point = coordinates(typed)
    if point is not None:
        return {"latitude": point[0], "longitude": point[1]}
    found = names.places_named(connection, typed, _MOST_CHOICES) if typed else []
    if not found:
        raise Invalid.field(PLACE, NO_SUCH_PLACE)
    if len(found) > 1:
        raise SeveralPlaces(found)
    return {found[0]["kind"]: found[0]["code"]}


def flat(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return facts as the fields of the form: ``victim.children[0].age`` → ``"4"``."""
    fields = dict(_flat(facts, ""))
    languages = facts.get("victim", {}).get("languages")
    if languages is not None:
        fields[_LANGUAGES] = ", ".join(languages)
    adults = facts.get("victim", {}).get("adults")
    if adults is not None:
        fields["victim.adults"] = str(len(adults))
    children = facts.get("victim", {}).get("children")
    if children is not None:
        fields[CHILDREN] = "yes" if children else "no"
    return fields


def _flat(value: Any, name: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{key}" if name else key)
    elif isinstance(value, list) and all(isinstance(item, str) for item in value):
        yield name, " ".join(value)
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _flat(item, f"{name}[{number}]")
    elif isinstance(value, bool):
        yield name, "true" if value else "false"
    elif value is not None:
        yield name, str(value)


def _unsaid(name: str, value: str) -> bool:
    """Say whether a question still stands as nobody has answered it."""
    return value in _NO_ANSWER and (name in _ASKED_ALOUD or name.endswith(_OF_HIM) or name.startswith("risk.answers."))


def _group(name: str) -> str | None:
    """Return what is sent when a field changes: its list, or itself; nothing for what stands in no document."""
    if name == CHILDREN:
        return "victim.children"
    if name in {PLACE, "place_choice", ASKED}:
        return None
    return name.partition("[")[0]


def _value(said: Any, path: list[str]) -> Any:
    for part in path:
        if not isinstance(said, Mapping):
            return None
        said = said.get(part)
    return said


def _put(said: dict[str, Any], path: list[str], value: Any) -> None:
    for part in path[:-1]:
        said = said.setdefault(part, {})
    said[path[-1]] = value
