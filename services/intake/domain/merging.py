"""Later facts: JSON Merge Patch (RFC 7396), except where danger or a need could be taken back by it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from services.intake.domain.instruments import INSTRUMENTS, LAP
from services.intake.domain.risk import Danger
from shared.contracts.facts import Child, Facts, SceneFacts
from shared.contracts.vocabulary import Decision, Tri


def merge_patch(target: Any, patch: Any) -> Any:
    """Apply a JSON Merge Patch: objects merge, ``null`` removes, everything else replaces (lists too)."""
    if not isinstance(patch, Mapping):
        return patch
    merged = dict(target) if isinstance(target, Mapping) else {}
    for name, value in patch.items():
        if value is None:
            merged.pop(name, None)
        else:
            merged[name] = merge_patch(merged.get(name), value)
    return merged


def unknown_fields(patch: Mapping[str, Any], model: type[BaseModel]) -> Iterator[tuple[str, ...]]:
    """Yield the paths that a patch names and the model does not have; a ``null`` there would pass in silence."""
    for name, value in patch.items():
        field = model.model_fields.get(name)
        if field is None:
            yield (name,)
        elif isinstance(value, Mapping) and isinstance(field.annotation, type):
            yield from ((name, *rest) for rest in unknown_fields(value, field.annotation))


def later_facts(facts: Mapping[str, Any], patch: Mapping[str, Any], instrument: str) -> dict[str, Any]:
    """Return the facts after a patch, to be validated. Of risk answers only the new ones are in it.

    They belong to the incident's instrument unless the patch names another.
    """
    merged: dict[str, Any] = merge_patch(facts, patch)
    merged["risk"] = merge_patch({}, {} if patch.get("risk") is None else patch["risk"])
    if isinstance(merged["risk"], dict):
        merged["risk"].setdefault("instrument", instrument)
    return merged


def as_stored(before: Mapping[str, Any], facts: Facts) -> dict[str, Any]:
    """Return validated facts as they are stored: only what somebody said. Needs only grow, risk is ``Danger``'s."""
    said = facts.model_dump(mode="json", exclude_unset=True, exclude={"mode", "risk"})
    said["needs"] = grown_needs(before.get("needs", {}), said["needs"])
    return {**said, **({"risk": before["risk"]} if "risk" in before else {})}


def grown_needs(old: Mapping[str, bool], new: Mapping[str, bool]) -> dict[str, bool]:
    """Needs only grow: taking one back is a waiver, with somebody's name to the decision."""
    return {name: bool(old.get(name, False) or new.get(name, False)) for name in {*old, *new}}


def patched(facts: Mapping[str, Any], patch: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts after a patch, as they are stored. Risk answers are merged by ``Danger``, not here."""
    merged: dict[str, Any] = merge_patch(facts, {name: value for name, value in patch.items() if name != "risk"})
    old, new = facts.get("needs", {}), merged.get("needs", {})
    merged["needs"] = grown_needs(old, new)
    if "risk" in facts:
        merged["risk"] = facts["risk"]
    return merged


def with_risk(facts: Mapping[str, Any], danger: Danger) -> dict[str, Any]:
    """Return the facts showing the instrument and the merged answers."""
    if not danger.answers and danger.instrument == LAP.code:
        return dict(facts)
    answers = {question: answer.value for question, answer in danger.answers.items()}
    return {**facts, "risk": {"instrument": danger.instrument, "answers": answers}}


def with_scene(facts: Mapping[str, Any], scene: SceneFacts) -> dict[str, Any]:
    """Return the facts after what the crew reported from the scene."""
    patch: dict[str, Any] = {"victim": {}, "needs": {}}
    victim = patch["victim"]
    if scene.injured is not None:
        victim["injured"] = scene.injured.value
    if scene.children is not None:
        victim["children"] = [_plain(child) for child in scene.children]
    if scene.adults is not None:
        victim["adults"] = [adult.model_dump(mode="json") for adult in scene.adults]
    if scene.decision_shelter is not None:
        victim["decision_shelter"] = scene.decision_shelter.value
    if scene.decision_shelter is Decision.ACCEPTS:
        patch["needs"]["shelter"] = True  # she may agree at the scene to what nobody asked for on the phone
    if scene.medical:
        patch["needs"]["medical"] = True
    at_scene = {"present": scene.perpetrator_present, "armed": scene.perpetrator_armed}
    seen = {name: value.value for name, value in at_scene.items() if value is not None}
    if seen:
        first, *others = facts.get("perpetrators") or [{}]
        patch["perpetrators"] = [{**first, **seen}, *others]
    return patched(facts, {name: value for name, value in patch.items() if value})


def scene_as_facts(scene: SceneFacts, instrument: str) -> Facts:
    """Return what the scene says about danger, in the shape that ``Danger.learned`` reads."""
    known = {question: answer for question, answer in scene.risk.items() if question in INSTRUMENTS[instrument].ids}
    return Facts.model_validate(
        {
            "call": "live",  # the scene says nothing of the call
            "victim": {
                "injured": (scene.injured or Tri.UNKNOWN).value,
                "children": [_plain(child) for child in scene.children or []],
            },
            "perpetrators": [
                {
                    "present": (scene.perpetrator_present or Tri.UNKNOWN).value,
                    "armed": (scene.perpetrator_armed or Tri.UNKNOWN).value,
                }
            ],
            "needs": {"medical": scene.medical},
            "risk": {"instrument": instrument, "answers": known},
        }
    )


def _plain(child: Child) -> dict[str, Any]:
    return child.model_dump(mode="json", exclude_none=True)
