"""Where staff and crew meet, and the word by which they know each other."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from shared.contracts.vocabulary import MeetingPointKind
from shared.errors import Conflict, Invalid

_WORDS: Mapping[str, Sequence[str]] = {
    "bg": (
        "агне",
        "бор",
        "брод",
        "вятър",
        "гълъб",
        "гора",
        "дъга",
        "елен",
        "жерав",
        "залив",
        "звезда",
        "извор",
        "камък",
        "киви",
        "круша",
        "лале",
        "лимон",
        "люляк",
        "лято",
        "мост",
        "облак",
        "орех",
        "пролет",
        "река",
        "роза",
        "сняг",
        "сокол",
        "утро",
        "фенер",
        "хляб",
        "череша",
        "щурец",
    ),
    "en": (
        "acorn",
        "amber",
        "anchor",
        "apple",
        "autumn",
        "basket",
        "birch",
        "bridge",
        "button",
        "candle",
        "cherry",
        "clover",
        "coral",
        "daisy",
        "feather",
        "garden",
        "harbour",
        "kettle",
        "lantern",
        "lemon",
        "maple",
        "meadow",
        "mitten",
        "orchard",
        "pebble",
        "pepper",
        "ribbon",
        "river",
        "saddle",
        "thimble",
        "violet",
        "walnut",
    ),
    "es": (
        "abeja",
        "arena",
        "barco",
        "bosque",
        "campana",
        "canela",
        "cereza",
        "cesta",
        "cometa",
        "espiga",
        "faro",
        "fuente",
        "gaviota",
        "hoja",
        "jardín",
        "lago",
        "limón",
        "manzana",
        "menta",
        "molino",
        "nube",
        "olivo",
        "paloma",
        "piedra",
        "pino",
        "puente",
        "río",
        "rosal",
        "sauce",
        "trigo",
        "uva",
        "violeta",
    ),
    "sq": (
        "arrë",
        "bletë",
        "borë",
        "bredh",
        "buka",
        "dardhë",
        "det",
        "diell",
        "dritare",
        "fener",
        "fletë",
        "fushë",
        "gur",
        "kopsht",
        "kulla",
        "lule",
        "mal",
        "mollë",
        "mur",
        "pemë",
        "pishë",
        "portë",
        "pranverë",
        "qershi",
        "shkallë",
        "shtëpi",
        "trëndafil",
        "urë",
        "verë",
        "vjeshtë",
        "yll",
        "zog",
    ),
}
"""Plain words that nobody has to spell; the list of the jurisdiction's first language, or else English."""

_LETTERS = "ABCDEFGHKLMNPRSTVXZ"
"""Without those that are heard or read as another, or as a figure."""


def word(language: str, pick: Callable[[Sequence[str]], str]) -> str:
    """Return a word for both sides to say, once."""
    return pick(_WORDS.get(language.partition("-")[0], _WORDS["en"]))


def aliases(pick: Callable[[Sequence[str]], str]) -> list[str]:
    """Return names for a placement, the shortest first: drawn by lot, so that they tell nothing."""
    digits = [str(digit) for digit in range(10)]

    def drawn(length: int) -> str:
        return pick(_LETTERS) + "-" + pick(digits[1:]) + "".join(pick(digits) for _ in range(length - 1))

    return [*(drawn(2) for _ in range(4)), *(drawn(4) for _ in range(4))]


def meeting_point(
    asked: str | Mapping[str, Any],
    points: Sequence[Mapping[str, str]],
    *,
    address_set: bool,
    police_linked: bool,
) -> dict[str, Any]:
    """Return the meeting point that staff name, by its code or in their own words.

    Raises:
        Invalid: the shelter has no such point.
        Conflict: it would be the door and no address is typed, or a police station where a policeman is feared.
    """
    chosen = dict(asked) if not isinstance(asked, str) else _named(asked, points)
    if chosen["kind"] == MeetingPointKind.STATION and police_linked:
        raise Conflict("A perpetrator is linked to the police: a police station cannot be the meeting point.")
    if chosen["kind"] == MeetingPointKind.DOOR and not address_set:
        raise Conflict("The shelter's address is not typed yet. Type it first, or choose another meeting point.")
    return chosen


def offered(
    listed: Sequence[Mapping[str, Any]], used: Sequence[Mapping[str, Any]], language: str
) -> list[dict[str, str]]:
    """Return the meeting points to offer, each as ``code, kind, text``: those used last first, then the rest.

    Args:
        listed: the shelter's, as its jurisdiction says.
        used: what staff used (``code``; ``kind`` and ``text`` where they are their own words), the last first.
        language: of the texts, where there is a choice.
    """
    named = {str(point["code"]): {"code": str(point["code"]), **_told(point, language)} for point in listed}
    own = {
        str(each["code"]): {name: str(each[name]) for name in ("code", "kind", "text")} for each in used if each["kind"]
    }
    known = own | named
    return [known[code] for code in dict.fromkeys([*(str(each["code"]) for each in used), *named]) if code in known]


def kept_code(kind: str, text: str) -> str:
    """Return the code of a meeting point in the staff's own words: the same words, the same code."""
    return f"kept-{hashlib.sha256(f'{kind} {text}'.encode()).hexdigest()[:12]}"


def _told(point: Mapping[str, Any], language: str) -> dict[str, str]:
    texts = point["text"]
    return {"kind": str(point["kind"]), "text": str(texts.get(language) or next(iter(texts.values())))}


def _named(code: str, points: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    for point in points:
        if point["code"] == code:
            return {"kind": point["kind"], "text": point["text"]}
    known = ", ".join(sorted(str(point["code"]) for point in points))
    raise Invalid.field("meeting_point", f"one of {known}, or kind and text" if known else "kind and text")
