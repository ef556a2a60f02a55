"""``GET PREFIX/api/audit``: the service's own trail, for auditors."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from sqlalchemy import Connection

from shared.clock import rfc3339
from shared.contracts.vocabulary import Role
from shared.errors import Invalid
from shared.security.tokens import Account
from shared.storage.audit import lines
from shared.web.access import allow
from shared.web.reading import Paged, Read
from shared.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.get("/audit")
async def audit(who: Annotated[Account, allow(Role.AUDITOR)], read: Read, page: Paged) -> dict[str, Any]:  # noqa: ARG001
    """Return the trail, oldest first: who did or saw what, when. Each line carries the hash of the one before."""
    if page.after is not None and not page.after.isdecimal():
        raise Invalid.field("after", "the `next` of the page before, unchanged")
    after = int(page.after or 0)

    def query(connection: Connection) -> dict[str, Any]:
        rows = lines(connection, after, page.limit + 1)
        return page.cut(rows, lambda row: str(row["seq"]), lambda row: {**row, "at": rfc3339(row["at"])})

    return await read(query)
