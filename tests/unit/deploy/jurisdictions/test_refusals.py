"""A file with a mistake is refused: line, field, reason."""

from pathlib import Path

import pytest

from deploy.jurisdictions import load
from deploy.jurisdictions.load import BadJurisdiction

SMALL = Path(__file__).with_name("small.yaml").read_text("utf-8")
"""The smallest jurisdiction that has one of everything."""

MEETING = "      - {code: hospital, kind: hospital, text: {bg: Входът}}"
OPERATOR = "{role: operator, organisation: TST}"
CREW = "{role: crew, organisation: police, unit: Unit-1}"


# What is written instead of what; the line it is on; the field; a part of the reason.
REFUSALS = {
    "code": ("code: TST\n", "code: tst\n", 1, "code", "2 to 8 capital letters"),
    "country": ("country: BG", "country: Bulgaria", 3, "country", "two-letter"),
    "language": ("languages: [bg, en]", "languages: [bg, English]", 4, "languages[1]", "BCP 47"),
    "language twice": ("[bg, en]", "[bg, bg]", 4, "languages[1]", "language bg is already there"),
    "time zone": ("Europe/Sofia", "Europe/Ruse", 5, "timezone", "tz database"),
    "time zone outside of the database": ("Europe/Sofia", "../../etc/passwd", 5, "timezone", "tz database"),
    "own neighbour": ("neighbours: [RSE]", "neighbours: [TST]", 6, "neighbours", "its own neighbour"),
    "missing": ("invented: Everything here is invented.\n", "", 1, "invented", "is missing"),
    "empty text": (
        "invented: Everything here is invented.",
        "invented: ' '",
        7,
        "invented",
        "one line of text",
    ),
    "unknown field": ("  hold: 3600", "  hodl: 3600", 9, "deadlines.hodl", "not a known field"),
    "deadline as text": ("hold: 3600", 'hold: "3600"', 9, "deadlines.hold", "valid integer"),
    "deadline of nothing": ("hold: 3600", "hold: 0", 9, "deadlines.hold", "greater than or equal to 1"),
    "hold shorter than the answer": (
        "hold: 3600",
        "hold: 60",
        9,
        "deadlines.hold",
        "shorter than shelter_accepted",
    ),
    "municipality code": ("{code: TST2,", "{code: two,", 12, "municipalities[1].code", "such as RSE27"),
    "municipality twice": (
        "{code: TST2,",
        "{code: TST1,",
        12,
        "municipalities[1].code",
        "code TST1 is already",
    ),
    "latitude of 95": (
        "latitude: 43.5",
        "latitude: 95",
        12,
        "municipalities[1].latitude",
        "less than or equal to 90",
    ),
    "latitude as text": (
        "latitude: 43.5",
        "latitude: north",
        12,
        "municipalities[1].latitude",
        "valid number",
    ),
    "latitude of nothing": (
        "latitude: 43.5",
        "latitude: .nan",
        12,
        "municipalities[1].latitude",
        "valid number",
    ),
    "longitude of 190": (
        "longitude: 25.7",
        "longitude: 190",
        12,
        "municipalities[1].longitude",
        "equal to 180",
    ),
    "one-sided neighbours": (
        "neighbours: [TST1]}",
        "neighbours: []}",
        11,
        "municipalities[0].neighbours[0]",
        "TST2 does not name TST1 as its neighbour in return",
    ),
    "unknown neighbour": (
        "neighbours: [TST1]}",
        "neighbours: [TST1, TST9]}",
        12,
        "municipalities[1].neighbours[1]",
        "no municipality TST9",
    ),
    "neighbour too far": (
        "latitude: 43.5, longitude: 25.7",
        "latitude: 25.7, longitude: 43.5",
        11,
        "municipalities[0].neighbours[0]",
        "one of the two positions is wrong",
    ),
    "name not in the first language": ("{bg: Две}", "{en: Two}", 12, "municipalities[1].name", "has no bg"),
    "name in a foreign language": (
        "{bg: Две}",
        "{bg: Две, de: Zwei}",
        12,
        "municipalities[1].name.de",
        "de is not one",
    ),
    "settlement code as a number": ('"00001"', "00001", 14, "settlements[0].code", "put it in quotes"),
    "settlement of nowhere": (
        "Село}, municipality: TST1",
        "Село}, municipality: TST9",
        14,
        "settlements[0].municipality",
        "no municipality TST9",
    ),
    "settlement with swapped position": (
        "latitude: 43.81, longitude: 25.91",
        "latitude: 25.91, longitude: 43.81",
        14,
        "settlements[0].latitude",
        "are latitude and longitude swapped?",
    ),
    "phone": ('"+359888000900"', '"0888 000 900"', 16, "organisation_numbers[0]", "international number"),
    "uncovered municipality": (
        "covers: [TST1, TST2]",
        "covers: [TST1]",
        12,
        "municipalities[1]",
        "no station covers TST2",
    ),
    "station without covers": (" covers: [TST1, TST2],", "", 18, "stations[0].covers", "is missing"),
    "covered twice": (
        "covers: [TST1, TST2]",
        "covers: [TST1, TST2, TST1]",
        18,
        "stations[0].covers[2]",
        "already",
    ),
    "unit of unknown station": (
        "station: police,",
        "station: other,",
        20,
        "units[0].station",
        "no station other",
    ),
    "unit's state": (
        "longitude: 25.9}\nshelters",
        "longitude: 25.9, state: asleep}\nshelters",
        20,
        "units[0].state",
        "'available'",
    ),
    "shelter with an address": (
        "    code_name: Липа",
        "    code_name: Липа\n    address: here",
        24,
        "shelters[0].address",
        "no file may",
    ),
    "shelter of nowhere": (
        "    municipality: TST2",
        "    municipality: TST9",
        25,
        "shelters[0].municipality",
        "no municipality TST9",
    ),
    "shelter in another region": (
        "    region: two",
        "    region: one",
        24,
        "shelters[0].region",
        "TST2 lies in region two",
    ),
    "shelter without rooms": (
        '    rooms:\n      - {name: "1", beds: 2}\n      - {name: "2", beds: 3, accessible: true}\n',
        "    rooms: []\n",
        36,
        "shelters[0].rooms",
        "shelter lipa has no rooms",
    ),
    "shelter without meeting point": (
        f"    meeting_points:\n{MEETING}\n",
        "    meeting_points: []\n",
        34,
        "shelters[0].meeting_points",
        "has no meeting point",
    ),
    "meeting point at the door": (
        "kind: hospital",
        "kind: door",
        35,
        "shelters[0].meeting_points[0].kind",
        "'station'",
    ),
    "room twice": ('{name: "2",', '{name: "1",', 38, "shelters[0].rooms[1].name", "room 1 is already there"),
    "room without beds": (
        "beds: 3",
        "beds: 0",
        38,
        "shelters[0].rooms[1].beds",
        "greater than or equal to 1",
    ),
    "no accessible room": (
        ", accessible: true",
        "",
        29,
        "shelters[0].admission.mobility",
        "no room is accessible",
    ),
    "boys of 40": (
        "oldest_boy: 14",
        "oldest_boy: 40",
        28,
        "shelters[0].admission.oldest_boy",
        "less than or equal to 17",
    ),
    "no as a truth": (
        "acute_medical: false",
        "acute_medical: no",
        30,
        "shelters[0].admission.acute_medical",
        "true or false",
    ),
    "centre of nowhere": (
        "serves: [TST1, TST2]",
        "serves: [TST1, TST9]",
        42,
        "centres[0].serves[1]",
        "no municipality TST9",
    ),
    "centre named like a shelter": (
        "  - code: dunav",
        "  - code: lipa",
        40,
        "centres[0].code",
        "one of the shelters",
    ),
    "unknown on the rota": (
        "person: ana",
        "person: eva",
        44,
        "centres[0].rota[0].person",
        "there is no person eva",
    ),
    "crew on the rota": ("person: ana", "person: crew", 44, "centres[0].rota[0].person", "centre_staff"),
    "rota of a day": (
        "minutes: 5",
        "minutes: 1440",
        44,
        "centres[0].rota[0].minutes",
        "less than or equal to 240",
    ),
    "children without protection": (
        "municipalities: [TST1, TST2]}",
        "municipalities: [TST1]}",
        12,
        "municipalities[1]",
        "no child",
    ),
    "login twice": ("{login: ana,", "{login: crew,", 50, "people[2].login", "login crew is already there"),
    "login": ("{login: ana,", "{login: Ana B,", 50, "people[2].login", "e-mail address"),
    "role": ("role: operator,", "role: boss,", 48, "people[0].roles[0].role", "'operator'"),
    "unknown organisation": (
        OPERATOR,
        "{role: operator, organisation: RSE}",
        48,
        "people[0].roles[0].organisation",
        "no organisation RSE",
    ),
    "operator of a station": (
        OPERATOR,
        "{role: operator, organisation: police}",
        48,
        "people[0].roles[0].organisation",
        "in a mechanism",
    ),
    "crew without a unit": (
        CREW,
        "{role: crew, organisation: police}",
        49,
        "people[1].roles[0]",
        "names its unit",
    ),
    "crew of an unknown unit": (
        CREW,
        CREW.replace("-1", "-2"),
        49,
        "people[1].roles[0].unit",
        "no unit Unit-2",
    ),
    "key twice": ("country: BG\n", "country: BG\ncode: TSU\n", 4, "code", "given twice, first on line 1"),
    "tab": ("  hold: 3600", "\thold: 3600", 9, "", "indented with a tab"),
    "not YAML": ("covers: [TST1, TST2]", "covers: [TST1, TST2", 18, "", "is not YAML"),
    "control character": ("Проба", "Про\x07ба", 2, "", "is not YAML"),
    "tag": ("code: TST\n", "code: !!python/name:os.system TST\n", 1, "", "tag"),
    "second document": ("municipalities:\n", "---\nmunicipalities:\n", 10, "", "second document"),
    "unknown anchor": ("country: BG", "country: *bg", 3, "", "no anchor"),
    "too deep": ("country: BG", "country: " + "[" * 20 + "]" * 20, 3, "", "nested deeper"),
}


@pytest.mark.parametrize(("old", "new", "line", "where", "reason"), REFUSALS.values(), ids=REFUSALS.keys())
def test_a_refusal_names_line_field_and_reason(
    tmp_path: Path, old: str, new: str, line: int, where: str, reason: str
) -> None:
    assert old in SMALL
    path = tmp_path / "test.yaml"
    path.write_text(SMALL.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadJurisdiction) as refused:
        load.load(path)
    found = refused.value.problems
    assert any(at == line and field == where and reason in why for at, field, why in found), found
