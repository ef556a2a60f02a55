"""Counting and timing inside the store, so that figures of a month cost few rows; the same on both databases."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Float, Select, String, case, func, literal, select
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class hour_of(FunctionElement[str]):  # noqa: N801  # reads like the SQL function it is
    """The hour of UTC that a moment lies in, as ``2026-11-22 03``."""

    type = String()
    inherit_cache = True


class seconds_between(FunctionElement[float]):  # noqa: N801  # as above
    """Seconds from the first moment to the second; never less than none."""

    type = Float()
    inherit_cache = True


@compiles(hour_of, "sqlite")
def _hour_sqlite(element: hour_of, compiler: SQLCompiler, **more: Any) -> str:
    return f"substr({compiler.process(element.clauses, **more)}, 1, 13)"


@compiles(hour_of, "postgresql")
def _hour_postgresql(element: hour_of, compiler: SQLCompiler, **more: Any) -> str:
    return f"to_char({compiler.process(element.clauses, **more)} AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24')"


@compiles(seconds_between, "sqlite")
def _seconds_sqlite(element: seconds_between, compiler: SQLCompiler, **more: Any) -> str:
    earlier, later = (compiler.process(clause, **more) for clause in element.clauses)
    # To the millisecond: a day of Julius' count is a binary fraction, good to some 40 µs.
    return f"max(0.0, round((julianday({later}) - julianday({earlier})) * 86400.0, 3))"


@compiles(seconds_between, "postgresql")
def _seconds_postgresql(element: seconds_between, compiler: SQLCompiler, **more: Any) -> str:
    earlier, later = (compiler.process(clause, **more) for clause in element.clauses)
    return f"greatest(0.0, round(extract(epoch from ({later} - {earlier}))::numeric, 3)::double precision)"


def part_of(moment: ColumnElement[Any], starts: Sequence[datetime]) -> ColumnElement[int]:
    """Return in which part of a time a moment lies: the place of the newest start that is not after it."""
    later = [(moment >= start, literal(place)) for place, start in reversed(list(enumerate(starts))) if place]
    return case(*later, else_=literal(0)) if later else literal(0)


def halves_and_tenths(measured: Select[Any], *by: str, of: str = "seconds") -> Select[Any]:
    """Return, for each group, how many values there are (``many``), and the p50 and p90 of them (nearest rank).

    Without groups there is one row, which says nothing where nothing was measured.

    Args:
        measured: one row a value.
        by: its columns that make the groups.
        of: its column with the values.
    """
    rows = measured.subquery()
    groups = [rows.c[name] for name in by]
    ranked = select(
        *groups,
        rows.c[of].label("value"),
        func.row_number().over(partition_by=groups or None, order_by=rows.c[of]).label("rank"),
        func.count().over(partition_by=groups or None).label("many"),
    ).subquery()
    kept = [ranked.c[name] for name in by]

    def value_at(percent: int) -> ColumnElement[float]:
        rank = (ranked.c.many * percent + 99) // 100
        return func.min(case((ranked.c.rank == rank, ranked.c.value)))

    return select(
        *kept, func.max(ranked.c.many).label("many"), value_at(50).label("p50"), value_at(90).label("p90")
    ).group_by(*kept)
