"""The calls of the staged night, all invented; each a scene that goes so far and no further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_THERE = ("acknowledge", "en-route", "on-scene")
_CONSENT = {"share_with_centre": True, "by": "victim", "scope": "contact_and_story"}
_ALL = {"police": True, "shelter": True, "centre": True, "medical": False}


@dataclass(frozen=True)
class Scene:
    """One call, and what people have done about it so far."""

    name: str
    call: Mapping[str, Any]
    police: Sequence[str] = ()
    shelter: Sequence[str] = ()
    journey: Sequence[str] = ()
    """What the crew does once the shelter has answered."""
    centre: Sequence[str] = ()
    close: Mapping[str, Any] | None = None


def _her(name: str, *, children: Sequence[Mapping[str, Any]] = (), **more: Any) -> dict[str, Any]:
    usual = {"injured": "no", "adults": [{"sex": "f"}], "languages": ["bg"], "decision_shelter": "accepts"}
    return {"name": name, **usual, "children": list(children), **more}


def _him(name: str, municipality: str, **more: Any) -> list[dict[str, Any]]:
    usual = {"present": "no", "armed": "no", "linked_to": "none"}
    return [{"name": name, "municipality": municipality, **usual, **more}]


def _at(municipality: str, latitude: float, longitude: float, address: str) -> dict[str, Any]:
    return {"municipality": municipality, "latitude": latitude, "longitude": longitude, "address": address}


def _child(age: int, sex: str, where: str = "with_victim") -> dict[str, Any]:
    return {"age": age, "sex": sex, "where": where}


CALLS: Sequence[Scene] = (
    Scene(
        "ended",
        {
            "channel": "emergency_112",
            "call": "ended",
            "caller": {"relation": "victim", "phone": "+359888000011"},
            "callback": {"phone": "+359888000011", "safe_to_call": "yes"},
            "location": _at("RSE27", 43.8487, 25.9534, "бул. „Измислен“ 3"),
            "victim": _her("Елена Измислена", decision_shelter="refuses"),
            "perpetrators": _him("Стоян Измислен", "RSE27"),
            "risk": {"instrument": "lap", "answers": {str(number): "no" for number in range(1, 12)}},
            "needs": {**_ALL, "shelter": False},
            "consent": _CONSENT,
            "narrative": "Скарали са се, той излязъл. Не иска да тръгва. (Измислен случай.)",
        },
        police=(*_THERE, "clear"),
        centre=("accept",),
        close={"outcome": "resolved", "seen_alone": "yes", "note": "Говорихме с нея насаме."},
    ),
    Scene(
        "arrived",
        {
            "channel": "helpline",
            "call": "ended",
            "caller": {"relation": "professional", "phone": "+359888000012"},
            "callback": {"safe_to_call": "no", "channels_banned": ["sms", "email"]},
            "location": _at("RSE13", 43.6833, 25.9500, "ул. „Измислена“ 8, с. Иваново"),
            "victim": _her("Айше Измислена", children=[_child(9, "m")], languages=["tr"]),
            "perpetrators": _him("Мехмед Измислен", "RSE13"),
            "protection_order": "yes",
            "risk": {"instrument": "lap", "answers": {"2": "yes", "5": "no", "6": "yes"}},
            "needs": _ALL,
            "consent": _CONSENT,
            "narrative": "Учителката се обади: детето разказало в училище. (Измислен случай.)",
        },
        police=_THERE,
        shelter=("confirm", "arrive"),
        journey=("transporting", "delivered"),
        centre=("accept",),
    ),
    Scene(
        "journey",
        {
            "channel": "emergency_112",
            "call": "dropped",
            "caller": {"relation": "victim", "phone": "+359888000013"},
            "callback": {"phone": "+359888000013", "safe_to_call": "no", "code_word": "пратка"},
            "location": _at("RSE27", 43.8564, 25.9707, "ул. „Измислена“ 12, вх. Б, ет. 3"),
            "victim": _her("Мария Измислена", children=[_child(4, "f"), _child(7, "m")], injured="yes"),
            "perpetrators": _him("Петър Измислен", "RSE27", present="yes", armed="unknown"),
            "risk": {"instrument": "lap", "answers": {"1": "yes", "3": "yes", "5": "yes", "7": "yes", "8": "no"}},
            "needs": {**_ALL, "medical": True},
            "consent": _CONSENT,
            "narrative": "Вратата е заключена отвътре, чува се плач. (Измислен случай.)",
        },
        police=_THERE,
        shelter=("confirm",),
        journey=("transporting",),
        centre=("acknowledge",),
    ),
    Scene(
        "silent",
        {
            "channel": "emergency_112",
            "call": "silent",
            "location": _at("RSE04", 43.4592, 25.7358, "до автогарата, Бяла"),
            "victim": {"languages": ["bg"]},
            "needs": {**_ALL, "shelter": False},
        },
        police=("acknowledge", "en-route"),
    ),
    Scene(
        "no_room",
        {
            "channel": "police_desk",
            "call": "ended",
            "caller": {"relation": "victim"},
            "location": _at("RSE05", 43.7000, 26.2667, "районно управление Ветово"),
            "victim": _her(
                "Фатме Измислена",
                children=[_child(age, "m") for age in (3, 5, 8, 11, 14, 16)],
                mobility="wheelchair",
                pets=2,
            ),
            "perpetrators": _him("Али Измислен", "RSE05"),
            "risk": {"instrument": "lap", "answers": {"1": "no", "2": "yes"}},
            "needs": _ALL,
            "consent": _CONSENT,
        },
        police=("acknowledge",),
        centre=("acknowledge",),
    ),
    Scene(
        "drill",
        {
            "channel": "emergency_112",
            "mode": "exercise",
            "call": "live",
            "location": _at("RSE27", 43.8500, 25.9600, "учебен адрес"),
            "victim": _her("Учебна Измислена"),
            "needs": _ALL,
            "narrative": "Учение.",
        },
    ),
    Scene(
        "waiting",
        {
            "channel": "emergency_112",
            "call": "live",
            "caller": {"relation": "neighbour", "phone": "+359888000009"},
            "callback": {
                "phone": "+359888000001",
                "safe_to_call": "unknown",
                "code_word": "лимон",
                "channels_banned": ["sms"],
            },
            "location": _at("RSE33", 43.9422, 26.2031, "ул. „Измислена“ 21, Сливо поле"),
            "victim": _her("Десислава Измислена", children=[_child(2, "f", "with_perpetrator")]),
            "perpetrators": _him("Георги Измислен", "RSE33", present="yes"),
            "risk": {"instrument": "lap", "answers": {"1": "yes", "4": "not_answered", "7": "yes"}},
            "needs": _ALL,
            "consent": _CONSENT,
            "narrative": "Съседка чува викове и плач на дете. (Измислен случай.)",
        },
    ),
)
"""The last is the youngest: nobody has answered it yet, and while the pictures are taken it becomes late."""
