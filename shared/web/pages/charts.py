"""Pictures of numbers: laid out here from plain data, drawn by ``charts.html`` as SVG, each with the table behind it.

A chart is as wide as a phone, so that its letters are legible there; on a desk several stand side by side. What
tells one series from the next is its look (solid, striped, hollow, dashed), never its colour alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import ceil, floor, log10
from typing import NamedTuple

from shared.web.pages.languages import Language
from shared.web.pages.words import N_

WIDTH, HEIGHT = 360, 190
_TOP, _RIGHT, _BOTTOM = 12, 8, 22
_LETTER = 6.2
"""Width of a letter of 11 pixels, about."""
_LABEL_EVERY = 46
"""Pixels from one label below a chart to the next, at least."""
_ROW, _ROW_BAR = 36, 11
_STEPS_OF_TIME = (
    *(step / 100 for step in (1, 2, 5, 10, 20, 50)),
    *(1, 2, 5, 10, 15, 30),
    *(60 * step for step in (1, 2, 5, 10, 15, 30)),
    *(3600 * step for step in (1, 2, 3, 6, 12)),
)
_A_DAY = 86400
_MOST_TICKS = 4

_PEAK = N_("%(all)s in all; most: %(most)s (%(where)s).")
_ALL = N_("%(all)s in all.")

Number = float | None
Given = tuple[str, str, Sequence[Number]]
"""A series as a template gives it: its name, its look, and its value for each label."""


class Bar(NamedTuple):
    """A rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: str
    says: str


class Line(NamedTuple):
    """A line through the values of a series, broken where there are none."""

    path: str
    look: str
    points: tuple[tuple[float, float, str], ...]


class Tick(NamedTuple):
    """A mark of an axis."""

    at: float
    label: str


class Text(NamedTuple):
    """Words above a bar: what it is of at its left, how much at its right."""

    y: float
    label: str
    value: str


@dataclass(frozen=True)
class Chart:
    """Everything that the template draws."""

    id: str
    title: str
    says: str
    """What one sees in it, as a sentence."""
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    """The table behind it, written as people read it."""
    empty: bool = False
    height: float = HEIGHT
    left: float = 0
    bars: Sequence[Bar] = ()
    lines: Sequence[Line] = ()
    across: Sequence[Tick] = ()
    """Marks of the axis at the left: where lines go across."""
    below: Sequence[Tick] = ()
    texts: Sequence[Text] = ()
    legend: Sequence[tuple[str, str]] = ()
    """Look and name of each series; empty where there is one only."""
    target: Tick | None = None
    width: float = WIDTH
    right: float = field(default=WIDTH - _RIGHT)
    bottom: float = field(default=HEIGHT - _BOTTOM)


class Charts:
    """Makes charts whose numbers are written in one language."""

    def __init__(self, language: Language) -> None:
        self._language = language

    def bars(self, chart_id: str, title: str, first: str, labels: Sequence[str], series: Sequence[Given]) -> Chart:
        """Return counts as upright bars, the series stacked in their order, the first at the bottom.

        Args:
            chart_id: unique within its page.
            title: what it shows.
            first: heading of the table's first column.
            labels: what each bar is of.
            series: name, look and counts.
        """
        number = self._language.number
        sums = [sum(values[place] or 0 for _, _, values in series) for place in range(len(labels))]
        says = self._counted(sums, labels)
        ticks = _ticks(max(sums, default=0), _step_of_count)
        scale = self._scale(ticks, number)
        width = (WIDTH - _RIGHT - scale.left) / max(1, len(labels))
        bars = []
        for place, label in enumerate(labels):
            base = 0.0
            for name, look, values in series:
                value = values[place] or 0
                if value:
                    x, top = scale.left + place * width + width * 0.12, scale.y(base + value)
                    says_one = f"{label}, {name}: {number(value)}"
                    bars.append(_bar(x, top, width * 0.76, scale.y(base) - top, look, says_one))
                base += value
        middles = [scale.left + (place + 0.5) * width for place in range(len(labels))]
        return Chart(
            chart_id,
            title,
            says,
            *self._table(first, labels, series, number),
            empty=not any(sums),
            left=scale.left,
            bars=bars,
            across=scale.ticks,
            below=_spaced(labels, middles),
            legend=_legend(series),
        )

    def lines(
        self,
        chart_id: str,
        title: str,
        first: str,
        labels: Sequence[str],
        series: Sequence[Given],
        *,
        says: str = "",
        target: tuple[str, float] | None = None,
    ) -> Chart:
        """Return durations (seconds) as lines.

        Args:
            chart_id: unique within its page.
            title: what it shows.
            first: heading of the table's first column.
            labels: what each place is of.
            series: name, look and seconds; none where nothing was measured.
            says: what one sees in it.
            target: name and seconds of what is aimed at.
        """
        duration = self._language.duration
        known = [value for _, _, values in series for value in values if value is not None]
        ticks = _ticks(max([*known, target[1] if target else 0], default=0), _step_of_time)
        scale = self._scale(ticks, lambda seconds: duration(seconds) if seconds else self._language.number(0))
        width = (WIDTH - _RIGHT - scale.left) / max(1, len(labels))
        middles = [scale.left + (place + 0.5) * width for place in range(len(labels))]
        return Chart(
            chart_id,
            title,
            says,
            *self._table(first, labels, series, duration),
            empty=not known,
            left=scale.left,
            lines=[_line(look, name, labels, middles, values, scale.y, duration) for name, look, values in series],
            across=scale.ticks,
            below=_spaced(labels, middles),
            legend=_legend(series),
            target=Tick(scale.y(target[1]), f"{target[0]}: {duration(target[1])}") if target else None,
        )

    def across(
        self,
        chart_id: str,
        title: str,
        first: str,
        labels: Sequence[str],
        series: Sequence[Given],
        *,
        values: Sequence[str] = (),
        value: str = "",
        beside: Sequence[tuple[str, Sequence[str]]] = (),
        says: str = "",
        times: bool = False,
        layered: bool = False,
        most: int = 40,
    ) -> Chart:
        """Return bars that lie, each below its own words, the series stacked from the left.

        Args:
            chart_id: unique within its page.
            title: what it shows.
            first: heading of the table's first column.
            labels: what each bar is of.
            series: name, look and numbers.
            values: what stands at the end of each; by default its sum.
            value: heading of the table's one other column, which then holds ``values`` and not the series.
            beside: more columns of the table.
            says: what one sees in it.
            times: the numbers are seconds.
            layered: the series lie on each other, the first at the back: what is shorter is given later.
            most: bars that are drawn; the table has all.
        """
        show = self._language.duration if times else self._language.number
        sums = [sum(each[place] or 0 for _, _, each in series) for place in range(len(labels))]
        ends = [max(each[place] or 0 for _, _, each in series) for place in range(len(labels))] if layered else sums
        bars, texts = [], []
        for place, label in enumerate(labels[:most]):
            x, y = 0.0, place * _ROW + 16.0
            texts.append(Text(y - 4, label, values[place] if values else show(ends[place])))
            for name, look, each in series:
                width = (each[place] or 0) / (max(ends) or 1) * WIDTH
                if width:
                    bars.append(_bar(x, y, width, _ROW_BAR, look, f"{label}, {name}: {show(each[place] or 0)}"))
                x += 0 if layered else width
        head, rows = self._table(first, labels, series, show)
        if value:
            head, rows = [first, value], [[label, text] for label, text in zip(labels, values, strict=True)]
        for name, texts_beside in beside:
            head, rows = [*head, name], [[*row, text] for row, text in zip(rows, texts_beside, strict=True)]
        return Chart(
            chart_id,
            title,
            says or ("" if times else self._counted(sums, labels)),
            head,
            rows,
            empty=not labels,
            height=min(most, len(labels)) * _ROW,
            bars=bars,
            texts=texts,
            legend=_legend(series),
        )

    def _counted(self, sums: Sequence[float], labels: Sequence[str]) -> str:
        """Say in a sentence what bars show."""
        number = self._language.number
        if not any(sums):
            return ""
        most = max(sums)
        words = {"all": number(sum(sums)), "most": number(most), "where": labels[sums.index(most)]}
        return self._language.gettext(_PEAK if len(sums) > 1 else _ALL) % words

    def _scale(self, ticks: Sequence[float], show: Callable[[float], str]) -> _Scale:
        labels = [show(tick) for tick in ticks]
        left = round(10 + _LETTER * max(map(len, labels)))
        scale = _Scale(left, ticks[-1], ())
        return scale._replace(ticks=tuple(Tick(scale.y(at), label) for at, label in zip(ticks, labels, strict=True)))

    def _table(
        self, first: str, labels: Sequence[str], series: Sequence[Given], show: Callable[[float], str]
    ) -> tuple[list[str], list[list[str]]]:
        def cell(value: Number) -> str:
            return "–" if value is None else show(value)

        head = [first, *(name for name, _, _ in series)]
        return head, [[label, *(cell(each[place]) for _, _, each in series)] for place, label in enumerate(labels)]


class _Scale(NamedTuple):
    left: float
    top: float
    ticks: tuple[Tick, ...]

    def y(self, value: float) -> float:
        """Return how far down a value lies."""
        return round(HEIGHT - _BOTTOM - value / self.top * (HEIGHT - _BOTTOM - _TOP), 1)


def _ticks(most: float, step_for: Callable[[float], float]) -> list[float]:
    """Return the marks of an axis, from nothing to no less than what must fit below it."""
    step = step_for((most or 1) / _MOST_TICKS)
    return [step * place for place in range(max(1, ceil((most or 1) / step - 1e-9)) + 1)]


def _step_of_count(least: float) -> float:
    """Return the smallest of 1, 2, 5, 10, 20, … that is not below."""
    if least <= 1:
        return 1
    size = 10.0 ** floor(log10(least))
    return next(step * size for step in (1, 2, 5, 10) if step * size >= least)


def _step_of_time(least: float) -> float:
    """Return the smallest step that clocks have and that is not below; beyond their hours, days."""
    found = next((step for step in _STEPS_OF_TIME if step >= least), None)
    return found if found is not None else _A_DAY * _step_of_count(least / _A_DAY)


def _spaced(labels: Sequence[str], middles: Sequence[float]) -> list[Tick]:
    """Return as many labels as have room."""
    if not labels:
        return []
    width = middles[1] - middles[0] if len(middles) > 1 else WIDTH
    room = max(_LABEL_EVERY, max(map(len, labels)) * _LETTER + 8)
    every = max(1, ceil(room / width))
    if every > 1:  # of the hours of a day: 00, 03, 06 …
        every = next((nice for nice in (2, 3, 4, 6, 7, 12) if nice >= every), every)
    return [Tick(middles[place], labels[place]) for place in range(0, len(labels), every)]


def _legend(series: Sequence[Given]) -> list[tuple[str, str]]:
    return [(look, name) for name, look, _ in series] if len(series) > 1 else []


def _line(
    look: str,
    name: str,
    labels: Sequence[str],
    middles: Sequence[float],
    values: Sequence[Number],
    y: Callable[[float], float],
    show: Callable[[float], str],
) -> Line:
    path, points, drawing = [], [], False
    for label, x, value in zip(labels, middles, values, strict=True):
        if value is not None:
            path.append(f"{'L' if drawing else 'M'}{x:.1f} {y(value)}")
            points.append((round(x, 1), y(value), f"{label}, {name}: {show(value)}"))
        drawing = value is not None
    return Line(" ".join(path), look, tuple(points))


def _bar(x: float, y: float, width: float, height: float, look: str, says: str) -> Bar:
    return Bar(round(x, 1), round(y, 1), max(1.5, round(width, 1)), round(height, 1), look, says)
