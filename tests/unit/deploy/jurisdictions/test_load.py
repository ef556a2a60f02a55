"""A file is one jurisdiction, or it is refused with everything that is wrong in it."""

from pathlib import Path

import pytest

from deploy.jurisdictions import load
from deploy.jurisdictions.load import BadJurisdiction
from shared.contracts.jurisdiction import Deadlines

SMALL = Path(__file__).with_name("small.yaml").read_text("utf-8")
"""The smallest jurisdiction that has one of everything."""


def _written(folder: Path, text: str) -> Path:
    path = folder / "test.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_small_jurisdiction_is_accepted(tmp_path: Path) -> None:
    document = load.load(_written(tmp_path, SMALL))
    assert document.code == "TST"
    assert document.deadlines == Deadlines()
    assert document.units[0].state == "available"


def test_everything_wrong_is_said_at_once_in_the_order_of_lines(tmp_path: Path) -> None:
    text = (
        SMALL.replace("country: BG", "country: Bulgaria")
        .replace("beds: 3", "beds: 0")
        .replace("person: ana", "person: A")
    )
    with pytest.raises(BadJurisdiction) as refused:
        load.load(_written(tmp_path, text))
    lines = str(refused.value).splitlines()
    assert [line.split(":")[1] for line in lines] == ["3", "38", "44"]
    assert lines[0] == f"{tmp_path / 'test.yaml'}:3: country: must be a two-letter country code, such as BG"


def test_a_file_with_thousands_of_errors_shows_the_first_fifty(tmp_path: Path) -> None:
    text = SMALL.replace('  - "+359888000900"', "\n".join(["  - nothing"] * 2_000))
    with pytest.raises(BadJurisdiction) as refused:
        load.load(_written(tmp_path, text))
    assert str(refused.value).splitlines()[-1].endswith("and 1950 more")
