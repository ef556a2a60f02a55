"""What an operator chooses from: the board of incidents, and what a new call may be a second call about."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from services.intake.commands import views
from services.intake.commands.raising import link_hashes
from services.intake.domain.case import Case
from services.intake.domain.forms import NewCall
from services.intake.domain.places import locate
from services.intake.store import areas, board, cases, names
from shared.contracts.vocabulary import LegState
from shared.errors import Invalid

PER_PAGE = 50
_SAME_PLACE_WITHIN = timedelta(hours=3)
_SAME_PEOPLE_WITHIN = timedelta(hours=24)
_MOST_OFFERED = 5


def shown(connection: Connection, mine: Collection[str], wanted: board.Filter, page: int) -> dict[str, Any]:
    """Return one page of the board, with the names of its places and whether there is another page."""
    skipped = (page - 1) * PER_PAGE
    rows = board.most_urgent(connection, mine, wanted, skipped=skipped, most=PER_PAGE + 1)
    return {"items": _cards(connection, cases.cases_of(connection, rows[:PER_PAGE])), "more": len(rows) > PER_PAGE}


def same_event(
    connection: Connection, call: NewCall, mine: Collection[str], secret: bytes, now: datetime
) -> list[dict[str, Any]]:
    """Return open incidents that a call may be about: her number or address first, then the same place just now.

    Args:
        connection: where to read.
        call: what the caller said so far.
        mine: the mechanisms of the one who asks; of another's nothing is told.
        secret: of the keyed hashes.
        now: the present moment.
    """
    try:
        located = locate(call.location, areas.StoredGazetteer(connection))
    except Invalid:
        return []
    country = areas.area(connection, located.jurisdiction).country
    hashes = link_hashes(connection, call, located.municipality, country, call.mode, secret)
    by: dict[str, list[str]] = {}
    rows = {}
    for row in board.open_with_links(connection, mine, call.mode, hashes, now - _SAME_PEOPLE_WITHIN):
        rows[row["id"]] = row
        by.setdefault(row["id"], []).append(row["by"])
    for row in board.open_in(connection, mine, call.mode, located.municipality, now - _SAME_PLACE_WITHIN):
        if _may_be_there(row["facts"], call.location.settlement):
            rows.setdefault(row["id"], row)
            by.setdefault(row["id"], []).append("place")
    found = cases.cases_of(connection, list(rows.values())[:_MOST_OFFERED])
    return [card | {"by": by[card["id"]]} for card in _cards(connection, found)]


def _may_be_there(facts: Mapping[str, Any], settlement: str | None) -> bool:
    other = facts.get("location", {}).get("settlement")
    return settlement is None or other is None or other == settlement


def _cards(connection: Connection, listed: Sequence[Case]) -> list[dict[str, Any]]:
    places = names.municipality_names(connection, {case.municipality for case in listed})
    return [
        views.incident(case)
        | {
            "place": places.get(case.municipality, {}),
            "urgent": [kind.value for kind, leg in case.legs.items() if leg.overdue or leg.state is LegState.UNMET],
        }
        for case in listed
    ]
