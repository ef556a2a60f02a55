"""What the pages of one incident show."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from services.intake.commands import views
from services.intake.commands.access import check_own, own
from services.intake.domain.case import Case
from services.intake.store import cases, names, records
from shared.errors import NotFound
from shared.security.tokens import Account
from shared.telemetry.steps import step_text


def own_case(connection: Connection, incident: str, who: Account) -> Case:
    """Return an incident of one's own mechanism.

    Raises:
        NotFound: there is none, or it is another's.
    """
    case = cases.read_case(connection, incident)
    if case is None:
        raise NotFound("incident")
    check_own(who, case)
    return case


def shown_whole(connection: Connection, case: Case, who: Account) -> dict[str, Any]:
    """Return an incident as its pages show it, without anything personal: the legs, what is beside it, where it is."""
    place = names.municipality_names(connection, [case.municipality]).get(case.municipality, {})
    return {"phones": [], **views.whole(connection, case, own(who)), "place": place}


def steps(connection: Connection, incident: str) -> list[dict[str, Any]]:
    """Return the timeline, each step with its English sentence."""
    return [{**row, "text": step_text(row["type"], "en")} for row in records.timeline(connection, incident)]
