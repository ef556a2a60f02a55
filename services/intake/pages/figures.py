"""Figures of a shift and a month; those of the other services are fetched by the page itself, from their own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from services.intake.commands import counted
from services.intake.commands.access import own
from services.intake.store.counted import STEPS
from shared.contracts.vocabulary import Role
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.route import Page, Shown
from shared.web.reading import Read
from shared.web.windows import Looked

router = APIRouter(route_class=Page)


@router.get("/figures")
async def figures(
    request: Request, who: Annotated[Account, allow(Role.SUPERVISOR)], read: Read, look: Shown, window: Looked
) -> Response:
    """Show incidents and promises of today or the last thirty days, and where the others show theirs."""
    mine = sorted(own(who, Role.SUPERVISOR))
    found = await read(lambda connection: counted.figures(connection, window, mine))
    language = look.language(request)
    days = [language.short_day(day) for day in window.dates]
    hours = [language.time(start).rpartition(":")[0] for start in window.starts]
    return look.page(
        request,
        "figures.html",
        who,
        **found,
        lines={kind: {step: _lines(leg["times"], step) for step in STEPS} for kind, leg in found["legs"].items()},
        day_labels=days,
        time_labels=hours if window.days == 1 else days,
    )


def _lines(times: Sequence[Mapping[str, Any]], step: str) -> dict[str, list[float | None]]:
    """Return the p50 and p90 of a step, part by part; none where it was not taken."""
    return {name: [part[step] and part[step][name] for part in times] for name in ("p50", "p90")}
