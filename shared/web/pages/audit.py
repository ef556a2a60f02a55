"""``GET PREFIX/audit``: this part's trail for auditors, newest first, and whether the lines shown are whole."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from shared.storage.audit import broken, newest
from shared.web.audit import Auditor, Wanted
from shared.web.pages.route import Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

_SHOWN = 100
_FILTERS = ("day", "account", "action", "entity")


@router.get("/audit")
async def trail(
    request: Request,
    who: Auditor,
    read: Read,
    wanted: Wanted,
    look: Shown,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
) -> Response:
    """Show who did or saw what, when."""

    def run(connection: Connection) -> tuple[list[dict[str, Any]], list[int]]:
        rows = newest(connection, wanted, before, _SHOWN + 1)
        return [dict(row) for row in rows], broken(connection, rows[:_SHOWN])

    rows, wrong = await read(run)
    typed = {name: request.query_params.get(name, "").strip() for name in _FILTERS}
    kept = {name: value for name, value in typed.items() if value}
    older = urlencode({**kept, "before": rows[_SHOWN - 1]["seq"]}) if len(rows) > _SHOWN else ""
    return look.page(
        request,
        "audit.html",
        who,
        lines=rows[:_SHOWN],
        broken=wrong,
        filters=typed,
        filtered=bool(kept),
        older=older,
        first_page=before is None,
    )
