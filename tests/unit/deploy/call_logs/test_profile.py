from pathlib import Path

import pytest

from deploy.call_logs import profile
from deploy.call_logs.profile import BadProfile
from deploy.jurisdictions import load

EXAMPLE = Path(profile.__file__).with_name("example.yaml").read_text("utf-8")


def _refused(folder: Path, old: str, new: str) -> BadProfile:
    assert old in EXAMPLE
    path = folder / "profile.yaml"
    path.write_text(EXAMPLE.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(BadProfile) as refused:
        profile.load(path)
    return refused.value


def test_the_built_in_profiles_are_known_by_name() -> None:
    assert profile.names() == ("example", "milwaukee")
    with pytest.raises(KeyError):
        profile.named("atlantis")


@pytest.mark.parametrize(("name", "jurisdiction"), [("example", "ruse"), ("milwaukee", "milwaukee")])
def test_a_profiles_areas_are_municipalities_of_its_jurisdiction(name: str, jurisdiction: str) -> None:
    written, area = profile.named(name), load.named(jurisdiction)
    assert written.jurisdiction == area.code
    assert set(written.areas.values()) <= {municipality.code for municipality in area.municipalities}


@pytest.mark.parametrize(
    ("old", "new", "where", "reason"),
    [
        ("id: number, ", "", "columns.id", "is missing"),
        ("id: number, ", "id: number, colour: c, ", "columns.colour", "not a known field"),
        ('"%d.%m.%Y %H:%M"', '"%d.%m.%Y"', "time", "has no year, month, day, hour or minute"),
        ('"%d.%m.%Y %H:%M"', '"%d.%m.%Y %Q"', "time", "bad directive"),
        ("zone: Europe/Sofia", "zone: Europe/Atlantis", "time.zone", "tz database"),
        ("Русе: RSE27", "Русе: Ruse", "areas.Русе", "such as RSE27"),
        ('delimiter: ";"', 'delimiter: ";;"', "delimiter", "at most 1 character"),
        ("channel: emergency_112", "channel: telegraph", "channel", "'emergency_112'"),
        ('answers: {"1": yes}', 'answers: {"12": yes}', "hints[1].answers.12", "from 1 to 11"),
        ("armed: yes", "armed: maybe", "hints[1].armed", "'yes'"),
        ("adult: {f: 95, m: 5}", "adult: {f: 0, m: 0}", "family.adult", "has no weight above 0"),
        ('children: {"0": 40,', "children: {none: 40,", "family.children.none", "children from 0 to 12"),
        ("boys: 0.5", "boys: 50", "family.boys", "less than or equal to 1"),
        ("needs: {police: true,", "needs: {police: yes,", "needs.police", "true or false"),
    ],
)
def test_a_bad_profile_is_refused_with_line_field_and_reason(
    tmp_path: Path, old: str, new: str, where: str, reason: str
) -> None:
    refused = _refused(tmp_path, old, new)
    line = 1 + EXAMPLE[: EXAMPLE.index(old)].count("\n")
    assert any(
        problem.line == line and problem.where == where and reason in problem.reason for problem in refused.problems
    ), refused.problems


def test_a_time_is_read_in_the_logs_zone_summer_and_winter() -> None:
    time = profile.named("milwaukee").time
    assert time.moment("2018-05-01 00:03:46").isoformat() == "2018-05-01T05:03:46+00:00"
    assert time.moment("2018-01-01 00:03:46").isoformat() == "2018-01-01T06:03:46+00:00"


def test_a_time_that_says_its_own_zone_is_believed() -> None:
    time = profile.Time(format="%Y-%m-%dT%H:%M:%S%z", zone="Europe/Sofia")
    assert time.moment("2026-03-02T10:00:00+05:00").isoformat() == "2026-03-02T05:00:00+00:00"
