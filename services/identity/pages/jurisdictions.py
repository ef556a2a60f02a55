"""Loading a jurisdiction: the whole document is read and checked here, and nothing of it is kept.

Each part is then given its own section by the browser, which shows what would change there before it is loaded (P6:
a service still receives only what it may have; docs/decisions/0019).
"""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from services.identity.pages.everything import PARTS
from services.identity.store import jurisdictions
from shared.contracts.jurisdiction import Jurisdiction
from shared.contracts.jurisdiction_sections import section
from shared.documents import BadDocument, read_text
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.jurisdictions import SETTERS, first_loaded
from shared.web.pages.route import Filled, LargePage, Shown
from shared.web.reading import Read

router = APIRouter(route_class=LargePage)

Setter = Annotated[Account, allow(*SETTERS)]
_DOCUMENT = "document"
_SHOWN = 50
"""So many mistakes are shown at once."""


@router.get("/jurisdictions")
async def listed(request: Request, who: Setter, look: Shown) -> Response:
    """Show what each part has loaded, and take a document."""
    return look.page(request, "jurisdictions.html", who, parts=PARTS, document="", problems=[], more=0)


@router.post("/jurisdictions")
async def taken(request: Request, who: Setter, read: Read, filled: Filled, look: Shown) -> Response:
    """Read a document; show what is wrong with it, or what each part would change."""
    text = filled.form.get(_DOCUMENT)
    try:
        document = await asyncio.to_thread(read_text, text, _DOCUMENT, Jurisdiction)
    except BadDocument as bad:
        return look.page(
            request,
            "jurisdictions.html",
            who,
            status=422,
            parts=PARTS,
            document=text,
            problems=bad.problems[:_SHOWN],
            more=max(0, len(bad.problems) - _SHOWN),
        )
    first = await read(first_loaded)
    sections = {
        part.value: section(document, part.value, first=first in {None, document.code}).model_dump_json()
        for part in PARTS
    }
    known: list[dict[str, Any]] = await read(jurisdictions)
    return look.page(
        request,
        "jurisdiction_parts.html",
        who,
        parts=PARTS,
        sections=sections,
        jurisdiction=document,
        is_known=any(each["code"] == document.code for each in known),
        rooms=sum(len(shelter.rooms) for shelter in document.shelters),
        document=text,
    )
