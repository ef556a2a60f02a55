"""A call log becomes incidents in the order of its calls; what cannot be read is said by line."""

import os
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from deploy.call_logs import profile
from deploy.call_logs.read import BadLog, Call, CallLog, read

ROOT = Path(__file__).parents[4]
INVENTED = ROOT / "docs" / "examples" / "calls.csv"
REAL = Path(
    os.environ.get("ZAKRILA_REAL_CALL_LOG", ROOT.parent / "shared" / "data" / "milwaukee_pd_dv_calls_2018-05-01_16.csv")
)
HEADER = "number;received;district;street;lat;lon;type;remark\n"


def _example(folder: Path, rows: str, header: str = HEADER) -> CallLog:
    path = folder / "log.csv"
    path.write_text(header + rows, encoding="utf-8")
    return read(path, profile.named("example"))


def _one(folder: Path, row: str) -> dict[str, Any]:
    [call] = _example(folder, row)
    return dict(call.body)


def test_a_row_becomes_an_incident(tmp_path: Path) -> None:
    body = _one(tmp_path, "112-17;05.03.2026 22:41;Русе;ул. „Измислена“ 1;43.84;25.96;побой, НОЖ;x\n")
    family = body.pop("victim")
    assert body == {
        "channel": "emergency_112",
        "external_ref": "ruse-log-112-17",
        "mode": "actual",
        "call": "ended",
        "location": {
            "municipality": "RSE27",
            "address": "ул. „Измислена“ 1",
            "latitude": 43.84,
            "longitude": 25.96,
        },
        "perpetrators": [{"municipality": "RSE27", "armed": "yes"}],
        "needs": {"police": True, "shelter": True, "centre": True, "medical": False},
        "narrative": "побой, НОЖ",
        "risk": {"instrument": "lap", "answers": {"1": "yes"}},
    }
    assert family["injured"] == "yes"
    assert family["decision_shelter"] == "undecided"


def test_calls_come_in_the_order_of_their_times_with_seconds_since_the_first(tmp_path: Path) -> None:
    log = _example(
        tmp_path,
        "b;05.03.2026 22:42;Русе;;;;;\nc;05.03.2026 23:41;Бяла;;;;;\na;05.03.2026 22:41;Русе;;;;;\n",
    )
    assert [(call.body["external_ref"], call.offset, call.line) for call in log] == [
        ("ruse-log-a", 0, 4),
        ("ruse-log-b", 60, 2),
        ("ruse-log-c", 3600, 3),
    ]


@pytest.mark.parametrize("position", [";", "x;y", "43.84;", "48.2;16.4", "0;0", "95;200", "nan;inf"])
def test_a_row_without_a_position_in_the_area_is_placed_by_its_district(tmp_path: Path, position: str) -> None:
    body = _one(tmp_path, f"1;05.03.2026 22:41;Ветово;;{position};;\n")
    assert body["location"] == {"municipality": "RSE05"}


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (";05.03.2026 22:41;Русе;;;;;", "number must be 1 to 64 printed characters"),
        ("1" * 65 + ";05.03.2026 22:41;Русе;;;;;", "number must be 1 to 64 printed characters"),
        ("1;2026-03-05;Русе;;;;;", "received is not a time of the form %d.%m.%Y %H:%M"),
        ("1;31.02.2026 22:41;Русе;;;;;", "received is not a time"),
        ("1;05.03.2026 22:41;София;;;;;", "district is none of the profile's areas"),
        ("1;05.03.2026 22:41;Русе", "has 3 values, the header 8"),
        ("1;05.03.2026 22:41;Русе;;;;;;;", "has 10 values, the header 8"),
        ('1;05.03.2026 22:41;Русе;"a"b;;;;', "is not CSV"),
        ("first;05.03.2026 22:41;Русе;;;;;", "its id is already on line 2"),
    ],
)
def test_a_bad_row_is_reported_by_its_line_and_the_others_are_read(tmp_path: Path, row: str, reason: str) -> None:
    log = _example(tmp_path, f"first;05.03.2026 22:00;Русе;;;;;\n\n{row}\nlast;05.03.2026 23:00;Русе;;;;;\n")
    [refused] = log.refused
    assert refused.line == 4
    assert reason in refused.reason
    assert [call.line for call in log] == [2, 5]


def test_a_value_over_several_lines_does_not_shift_the_numbers(tmp_path: Path) -> None:
    log = _example(tmp_path, '1;05.03.2026 22:00;Русе;"one\ntwo\nthree";;;;\n2;bad;Русе;;;;;\n')
    assert [(call.line, call.body["location"]) for call in log] == [
        (2, {"municipality": "RSE27", "address": "one two three"})
    ]
    assert log.refused[0].line == 5


def test_a_row_that_is_not_utf8_is_reported(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_bytes(HEADER.encode() + b"1;05.03.2026 22:00;\xd0\xd0;;;;;\n")
    assert read(path, profile.named("example")).refused[0].reason == "is not UTF-8 text"


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("", ":1: is empty"),
        (
            "number;received;street\n",
            ":1: has no column district, lat, lon, type; its columns are number, received",
        ),
        ("number;" + HEADER, ":1: has more than one column number"),
        ('"number"x;y\n', ":1: is not CSV"),
    ],
)
def test_a_file_that_is_no_log_of_the_profile_is_refused(tmp_path: Path, header: str, reason: str) -> None:
    with pytest.raises(BadLog) as refused:
        _example(tmp_path, "", header=header)
    assert reason in str(refused.value)


def test_a_missing_log_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadLog, match="cannot be read: No such file"):
        read(tmp_path / "log.csv", profile.named("example"))


def test_a_log_without_calls_is_empty(tmp_path: Path) -> None:
    assert list(_example(tmp_path, "")) == []


def test_the_same_row_gives_the_same_family_wherever_it_stands(tmp_path: Path) -> None:
    rows = [f"{number};05.03.2026 22:{number:02d};Русе;;;;;\n" for number in range(60)]
    there = {call.body["external_ref"]: call.body["victim"] for call in _example(tmp_path, "".join(rows))}
    again = {call.body["external_ref"]: call.body["victim"] for call in _example(tmp_path, "".join(rows[30:]))}
    assert len({str(family) for family in there.values()}) > 10
    assert again.items() <= there.items()


def test_without_a_family_part_every_call_is_one_woman(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text(HEADER + "1;05.03.2026 22:41;Русе;;;;;\n", encoding="utf-8")
    [call] = read(path, profile.named("example").model_copy(update={"family": None}))
    assert call.body["victim"] == {"adults": [{"sex": "f"}], "decision_shelter": "undecided"}


def _are_milwaukees(calls: list[Call]) -> None:
    for earlier, later in pairwise(calls):
        assert earlier.offset <= later.offset
    assert len({call.body["external_ref"] for call in calls}) == len(calls)
    sizes = Counter(_people(call) for call in calls)
    assert sizes.keys() >= {1, 2, 3, 4}


def _people(call: Call) -> int:
    victim: Any = call.body["victim"]
    return len(victim["adults"]) + len(victim["children"])


def test_the_invented_log_is_read_whole() -> None:
    log = read(INVENTED, profile.named("milwaukee"))
    assert len(log) == 60
    assert log.refused == ()
    _are_milwaukees(list(log))
    assert sum("latitude" not in str(call.body["location"]) for call in log) == 2


def test_every_row_of_the_invented_log_says_that_it_is() -> None:
    rows = INVENTED.read_text("utf-8").splitlines()[1:]
    assert all(row.endswith(",Invented") for row in rows)


@pytest.mark.skipif(not REAL.is_file(), reason=f"the real call log is not at {REAL}")
def test_the_real_log_is_read_whole() -> None:
    log = read(REAL, profile.named("milwaukee"))
    calls = list(log)
    assert len(calls) == 1_004
    assert log.refused == ()
    _are_milwaukees(calls)
    assert sum("latitude" not in str(call.body["location"]) for call in calls) == 4
    assert 15 * 24 * 3600 < calls[-1].offset < 16 * 24 * 3600
