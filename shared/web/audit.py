"""``GET PREFIX/api/audit``: the service's own trail, for auditors."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BeforeValidator, Field, StringConstraints
from sqlalchemy import Connection

from shared.clock import rfc3339
from shared.contracts.vocabulary import Role
from shared.errors import Invalid
from shared.security.tokens import Account
from shared.storage.audit import Sought, lines
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute)

Auditor = Annotated[Account, allow(Role.AUDITOR)]
_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2199, 12, 31)
_Word = Annotated[str, StringConstraints(strip_whitespace=True, max_length=80)]


def sought(
    request: Request,
    day: Annotated[
        Annotated[date, Field(ge=_FIRST_DAY, le=_LAST_DAY)] | None,
        BeforeValidator(lambda typed: typed or None),
        Query(description="lines of this day, by the clock that pages show"),
    ] = None,
    account: Annotated[_Word | None, Query(description="what this account did or saw")] = None,
    action: Annotated[_Word | None, Query(description="lines of this action, for instance `incident.facts`")] = None,
    entity: Annotated[_Word | None, Query(description="lines about this entity or incident")] = None,
) -> Sought:
    """Return which lines a request asks for."""
    since = before = None
    if day is not None:
        midnight = datetime.combine(day, time(), ZoneInfo(request.app.state.settings.time_zone))
        since, before = midnight, midnight + timedelta(days=1)
    return Sought(since, before, account or None, action or None, entity or None)


Wanted = Annotated[Sought, Depends(sought)]


@router.get("/audit")
async def audit(who: Auditor, read: Read, page: Paged, wanted: Wanted) -> dict[str, Any]:  # noqa: ARG001  # who may read it is the check
    """Return the trail, oldest first: who did or saw what, when. Each line carries the hash of the one before."""
    if page.after is not None and not page.after.isdecimal():
        raise Invalid.field("after", "the `next` of the page before, unchanged")
    after = int(page.after or 0)

    def query(connection: Connection) -> dict[str, Any]:
        rows = lines(connection, after, page.limit + 1, wanted)
        return page.cut(rows, lambda row: str(row["seq"]), lambda row: {**row, "at": rfc3339(row["at"])})

    return await read(query)
