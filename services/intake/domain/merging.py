"""Later facts: JSON Merge Patch (RFC 7396), except where danger or a need could be taken back by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.contracts.facts import Child, Facts, SceneFacts
from shared.contracts.vocabulary import Answer, Tri


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


def with_answers(facts: Mapping[str, Any], instrument: str, answers: Mapping[str, Answer]) -> dict[str, Any]:
    """Return the facts showing the merged answers."""
    return {**facts, "risk": {"instrument": instrument, "answers": dict(answers)}}


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
    if scene.medical:
        patch["needs"]["medical"] = True
    at_scene = {"present": scene.perpetrator_present, "armed": scene.perpetrator_armed}
    seen = {name: value.value for name, value in at_scene.items() if value is not None}
    if seen:
        first, *others = facts.get("perpetrators") or [{}]
        patch["perpetrators"] = [{**first, **seen}, *others]
    return patched(facts, {name: value for name, value in patch.items() if value})


def scene_as_facts(scene: SceneFacts) -> Facts:
    """Return what the scene says about danger, in the shape that ``Danger.learned`` reads."""
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
        }
    )


def _plain(child: Child) -> dict[str, Any]:
    return child.model_dump(mode="json", exclude_none=True)
