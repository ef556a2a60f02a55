"""``PREFIX/dead-letters``: what this part could not handle, and what a human decides about it. Never what one says."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from shared.errors import NotFound
from shared.messaging import dead_letters
from shared.storage import kernel
from shared.web.dead_letters import Settling, Undertaker, discarding, replaying
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Paged, Read

router = APIRouter(route_class=Page)

_KEY = kernel.dead_letter.c.id


@router.get("/dead-letters")
async def listed(
    request: Request,
    who: Undertaker,
    read: Read,
    page: Paged,
    look: Shown,
    settled: Annotated[bool, Query()] = False,
) -> Response:
    """Show what waits, how often which kind, and the letters one by one; or those that were settled lately."""

    def run(connection: Connection) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        letters = page.of(connection, dead_letters.query(settled=settled), _KEY, dict, newest_first=True)
        return dead_letters.kinds(connection), letters

    kinds, letters = await read(run)
    return look.page(request, "dead_letters.html", who, kinds=kinds, letters=letters, settled=settled)


@router.get("/dead-letters/{letter}")
async def one(letter: str, request: Request, who: Undertaker, read: Read, look: Shown) -> Response:
    """Show one, and what can be done with it."""

    def run(connection: Connection) -> dict[str, Any]:
        for settled in (False, True):
            query = dead_letters.query(settled=settled).where(kernel.dead_letter.c.id == letter)
            if (row := connection.execute(query).mappings().first()) is not None:
                return dict(row)
        raise NotFound("dead letter")

    return look.page(request, "dead_letter.html", who, letter=await read(run))


@router.post("/dead-letters/{letter}/replay")
async def replay(letter: str, who: Undertaker, filled: Filled, look: Shown, request: Request) -> Response:
    """Handle it once more, after what was wrong was mended."""
    why = filled.form.read(Settling)
    await filled(who, replaying(request.app.state.listener, letter, who, why))
    return look.go(f"{look.service.prefix}/dead-letters", "dead_letter_replayed")


@router.post("/dead-letters/{letter}/discard")
async def discard(letter: str, who: Undertaker, filled: Filled, look: Shown) -> Response:
    """Decide that nothing is lost with it."""
    await filled(who, discarding(letter, who, filled.form.read(Settling)))
    return look.go(f"{look.service.prefix}/dead-letters", "dead_letter_discarded")
