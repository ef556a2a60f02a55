"""Charts: what is drawn, what the table says, and that both are the same numbers."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from jinja2 import Environment, FileSystemLoader

from shared.contracts.vocabulary import Service
from shared.web.pages import charts as kit
from shared.web.pages.charts import HEIGHT, WIDTH, Charts
from shared.web.pages.languages import Language

TEMPLATES = Path(kit.__file__).parent / "templates"


def charts(code: str = "en") -> Charts:
    return Charts(Language(code, [], ZoneInfo("Europe/Sofia")))


def drawn(chart: kit.Chart) -> str:
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.globals |= {"_": lambda sentence: sentence, "service": Service.INTAKE}
    return environment.from_string('{% from "charts.html" import figure %}{{ figure(chart) }}').render(chart=chart)


def test_stacked_bars_stand_on_each_other_and_the_table_says_their_numbers() -> None:
    chart = charts().bars(
        "b", "By hour", "Hour", ["00:00", "01:00"], [("One", "danger", [1, 0]), ("Two", "main", [3, 2])]
    )
    first, second, third = chart.bars
    assert first.y == second.y + second.height, "the second begins where the first ends"
    assert first.y + first.height == third.y + third.height == HEIGHT - 22
    assert second.height == pytest.approx(3 * first.height, abs=0.2)
    assert (first.look, second.look) == ("danger", "main")
    assert chart.head == ["Hour", "One", "Two"]
    assert chart.rows == [["00:00", "1", "3"], ["01:00", "0", "2"]]
    assert chart.says == "6 in all; most: 4 (00:00)."
    assert [name for _look, name in chart.legend] == ["One", "Two"]


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0, ["0", "1"]),
        (1, ["0", "1"]),
        (3, ["0", "1", "2", "3"]),
        (7, ["0", "2", "4", "6", "8"]),
        (84, ["0", "50", "100"]),
        (1000, ["0", "500", "1,000"]),
        (30592, ["0", "10,000", "20,000", "30,000", "40,000"]),
    ],
)
def test_marks_of_counts_are_round_whole_numbers(most: int, marks: list[str]) -> None:
    chart = charts().bars("b", "t", "l", ["a"], [("n", "main", [most])])
    assert [tick.label for tick in chart.across] == marks


@pytest.mark.parametrize(
    ("most", "marks"),
    [
        (0.04, ["0", "0.01 secs", "0.02 secs", "0.03 secs", "0.04 secs"]),
        (4.2, ["0", "2 secs", "4 secs", "6 secs"]),
        (65, ["0", "30 secs", "1 min", "1.5 mins"]),
        (610, ["0", "5 mins", "10 mins", "15 mins"]),
        (14000, ["0", "1 hr", "2 hrs", "3 hrs", "4 hrs"]),
        (400000, ["0", "2 days", "4 days", "6 days"]),
    ],
)
def test_marks_of_times_are_those_of_clocks(most: float, marks: list[str]) -> None:
    chart = charts().lines("l", "t", "d", ["a"], [("p50", "line", [most])])
    assert [tick.label for tick in chart.across] == marks


def test_a_line_breaks_where_nothing_was_measured() -> None:
    chart = charts().lines("l", "t", "d", list("abcde"), [("p50", "line", [1, 2, None, 4, None])])
    (line,) = chart.lines
    assert line.path.count("M") == 2
    assert len(line.points) == 3, "a value between two gaps is seen as a point"
    assert chart.rows == [["a", "1 sec"], ["b", "2 secs"], ["c", "–"], ["d", "4 secs"], ["e", "–"]]


def test_what_is_aimed_at_has_room_in_the_picture() -> None:
    chart = charts().lines("l", "t", "d", ["a"], [("p50", "line", [1])], target=("Target", 60))
    assert chart.target is not None
    assert 12 <= chart.target.at < chart.lines[0].points[0][1]
    assert chart.target.label == "Target: 1 min"


def test_bars_that_lie_fill_the_width_and_the_table_has_those_that_are_not_drawn() -> None:
    labels = [f"Shelter {number}" for number in range(50)]
    chart = charts().across("a", "t", "Shelter", labels, [("Free", "hollow", range(1, 51))])
    assert len(chart.texts) == 40
    assert len(chart.rows) == 50
    assert max(bar.x + bar.width for bar in chart.bars) <= WIDTH
    assert chart.texts[0].label == "Shelter 0"


def test_labels_below_do_not_run_into_each_other() -> None:
    hours = [f"{hour:02}:00" for hour in range(24)]
    chart = charts().bars("b", "t", "Hour", hours, [("n", "main", [1] * 24)])
    places = [tick.at for tick in chart.below]
    assert min(b - a for a, b in pairwise(places)) >= 39
    assert [tick.label for tick in chart.below][:2] == ["00:00", "04:00"]


def test_nothing_to_show_is_said_and_not_drawn() -> None:
    for chart in (
        charts().bars("b", "t", "l", ["a"], [("n", "main", [0])]),
        charts().lines("b", "t", "l", ["a"], [("n", "line", [None])]),
        charts().across("b", "t", "l", [], [("n", "main", [])]),
    ):
        assert "<svg" not in drawn(chart)
        assert "Nothing to count in this time." in drawn(chart)


def test_a_picture_has_a_name_a_description_and_its_table_and_no_inline_style() -> None:
    page = drawn(charts().bars("b", "A & B", "Hour", ["00:00"], [("One", "striped", [1]), ("Two", "hollow", [3])]))
    assert 'role="img" aria-labelledby="b-title b-desc"' in page
    assert '<title id="b-title">A &amp; B</title>' in page
    assert "url(#b-stripes)" in page
    assert 'id="b-stripes"' in page
    assert '<th scope="row">00:00</th><td class="number">1</td><td class="number">3</td>' in page
    assert "style=" not in page


def test_numbers_are_written_as_the_reader_writes_them() -> None:
    chart = charts("bg").lines("l", "t", "d", ["a"], [("p50", "line", [1.5])])
    assert chart.rows == [["a", "1,5 сек"]]
    assert charts("bg").bars("b", "t", "l", ["a"], [("n", "main", [12345])]).rows == [["a", "12\xa0345"]]
