"""The board: open incidents, the most urgent on top."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from services.intake.commands import boards
from services.intake.commands.access import own
from services.intake.store import names
from services.intake.store.board import Filter
from shared.contracts.vocabulary import IncidentState, Mode, Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Page, Shown
from shared.web.reading import Read

router = APIRouter(route_class=Page)

CallTaker = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR)]
_ANY = "any"
_LAST_PAGE = 1000
_STATES = {each.value: each for each in IncidentState}
_MODES = {each.value: each for each in Mode}


@router.get("/")
async def board(
    request: Request,
    who: CallTaker,
    read: Read,
    look: Shown,
    state: Annotated[str, Query(max_length=12)] = IncidentState.OPEN.value,
    priority: Annotated[str, Query(max_length=1)] = "",
    municipality: Annotated[str, Query(max_length=12)] = "",
    mode: Annotated[str, Query(max_length=12)] = "",
    overdue: Annotated[str, Query(max_length=3)] = "",
    page: Annotated[int, Query(ge=1, le=_LAST_PAGE)] = 1,
) -> Response:
    """Show the incidents of one's mechanism: overdue first, then by priority and age. What cannot be read is any."""
    wanted = Filter(
        state=None if state == _ANY else _STATES.get(state, IncidentState.OPEN),
        priority=int(priority) if priority in {"1", "2", "3"} else None,
        municipality=municipality or None,
        mode=_MODES.get(mode),
        overdue=True if overdue else None,
    )

    def run(connection: Connection) -> tuple[dict[str, Any], list[tuple[str, dict[str, str]]]]:
        shown = boards.shown(connection, own(who), wanted, page)
        return shown, [(code, dict(named)) for code, named in names.municipalities(connection)]

    shown, municipalities = await read(run)
    chosen = {"state": state, "priority": priority, "municipality": municipality, "mode": mode, "overdue": overdue}
    said = {name: value for name, value in chosen.items() if value and (name, value) != ("state", "open")}
    return look.page(
        request,
        "board.html",
        who,
        **shown,
        chosen=chosen,
        filtered=bool(said),
        municipalities=municipalities,
        page=page,
        older=f"/intake/?{urlencode({**said, 'page': page + 1})}",
        newer=f"/intake/?{urlencode({**said, 'page': page - 1})}",
    )
