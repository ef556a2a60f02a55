"""What whoever leads the shift is shown: whom to ring, what to decide, what was decided. Nothing personal."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.intake.commands import views
from services.intake.domain.case import Case
from services.intake.store import areas, cases, watched
from shared.contracts.vocabulary import LegState, Mode, Role

MOST = 50
_RECENT = timedelta(hours=24)


def overview(connection: Connection, mine: Collection[str], mode: Mode, now: datetime) -> dict[str, Any]:
    """Return everything on one page; of each list the most dangerous or the youngest.

    Args:
        connection: where to read.
        mine: the mechanisms of the one who looks.
        mode: real incidents, or those of a drill.
        now: the present moment.
    """
    phones = _Phones(connection)
    unkept = [
        {**views.incident(case), "phones": phones.of(case)} for case in _cases(connection, watched.unkept, mine, mode)
    ]
    contradicted = [
        {**views.incident(case), "police_linked": case.danger.police_linked}
        for case in _cases(connection, watched.contradicted, mine, mode)
    ]
    drills = [views.incident(case) for case in cases.cases_of(connection, watched.drills(connection, mine, MOST))]
    shown = [*unkept, *contradicted, *drills]
    return {
        "mode": mode,
        "unkept": unkept,
        "contradicted": contradicted,
        "decisions": [_decision(row) for row in watched.decisions(connection, mine, mode, now - _RECENT, MOST)],
        "drills": drills,
        "places": watched.names_of(connection, sorted({each["municipality"] for each in shown})),
    }


def decidable(connection: Connection, case: Case, mine: Collection[str]) -> dict[str, Any]:
    """Return one incident with what a supervisor may decide about it."""
    waivable = [kind.value for kind, leg in case.legs.items() if leg.needed and leg.state is not LegState.DONE]
    askable = [kind.value for kind, leg in case.legs.items() if not leg.needed or leg.state is LegState.UNMET]
    place = watched.names_of(connection, [case.municipality])
    return {
        **views.whole(connection, case, mine),
        "police_linked": case.danger.police_linked,
        "waivable": waivable,
        "askable": askable,
        "places": place,
    }


def municipalities(connection: Connection, mine: Collection[str]) -> list[dict[str, Any]]:
    """Return where a drill may take place."""
    return [{"code": row["code"], "names": row["names"]} for row in watched.municipalities(connection, mine)]


def _cases(connection: Connection, which: Any, mine: Collection[str], mode: Mode) -> Iterable[Case]:
    rows: list[RowMapping] = list(which(connection, mine, mode, MOST))
    return cases.cases_of(connection, rows)


def _decision(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a decision: what, when and in which role; by whom exactly stands in the audit trail."""
    roles = row["roles"].split(",")
    by = Role.SUPERVISOR if Role.SUPERVISOR.value in roles else Role.OPERATOR
    return {"at": row["at"], "what": row["action"], "by": by, "incident": row["id"], "number": row["number"]}


class _Phones:
    """Whom to ring about a municipality, read once for each."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._known: dict[tuple[str, str], list[dict[str, Any]]] = {}

    def of(self, case: Case) -> list[dict[str, Any]]:
        place = (case.jurisdiction, case.municipality)
        if place not in self._known:
            self._known[place] = areas.duty_phones(self._connection, *place)
        return self._known[place]
