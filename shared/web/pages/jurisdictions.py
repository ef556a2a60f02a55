"""``PREFIX/jurisdictions/…``: what this part has loaded, what its section would change, and loading it.

A card of the page on which a whole jurisdiction is loaded (identity's); alone it works too, one part after another.
"""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response

from shared.contracts.jurisdiction import Part
from shared.errors import Conflict, Invalid
from shared.loading import Obstructed, Preview
from shared.security.tokens import Account
from shared.storage.runner import Runner
from shared.web.access import allow
from shared.web.jurisdictions import SETTERS, Jurisdictions
from shared.web.pages.forms import Form, read
from shared.web.pages.route import Filled, LargePage, Shown
from shared.web.reading import Read
from shared.web.strict import Refused, parse

Setter = Annotated[Account, allow(*SETTERS)]
_SECTION = "section"


def jurisdiction_pages(jurisdictions: Jurisdictions[Any]) -> APIRouter:
    """Return the pages by which a service is given jurisdictions."""
    router = APIRouter(route_class=LargePage)

    @router.get("/jurisdictions/loaded")
    async def loaded(request: Request, who: Setter, reading: Read, look: Shown) -> Response:
        """Show what is loaded."""
        return look.page(request, "jurisdictions_loaded.html", who, loaded=await reading(jurisdictions.known))

    @router.post("/jurisdictions/preview")
    async def preview(request: Request, who: Setter, filled: Filled, look: Shown) -> Response:
        """Show what would change, and what stands in the way."""
        runner: Runner = request.app.state.runner
        shown: dict[str, Any] = {"preview": None, "wrong": [], "obstacle": ""}
        try:
            section = _section(jurisdictions, filled.form)
            found = await runner.run(jurisdictions.previewing(section))
            shown |= {"preview": found, "outcome": _outcome(found), "code": section.code}
        except (Invalid, Conflict, Refused) as error:
            shown |= {"outcome": "refused", "code": "", **_refusal(error)}
        return look.page(request, "jurisdiction.html", who, section=filled.form.get(_SECTION), **shown)

    @router.post("/jurisdictions/load")
    async def load(request: Request, who: Setter, filled: Filled, look: Shown) -> Response:
        """Load it."""
        shown: dict[str, Any] = {"counts": None, "preview": None, "wrong": [], "obstacle": "", "code": ""}
        try:
            section = _section(jurisdictions, filled.form)
            counts = await filled(who, jurisdictions.loading(section, who))
            shown |= {"counts": counts, "outcome": "loaded", "code": section.code}
        except Obstructed as obstructed:
            shown |= {"preview": obstructed.preview, "outcome": "obstructed", "code": section.code}
        except (Invalid, Conflict, Refused) as error:
            shown |= {"outcome": "refused", **_refusal(error)}
        return look.page(request, "jurisdiction.html", who, section=filled.form.get(_SECTION), **shown)

    return router


def _section(jurisdictions: Jurisdictions[Any], form: Form) -> Any:
    document = parse(form.get(_SECTION).encode())
    if not isinstance(document, dict):
        raise Invalid.field(_SECTION, "is no section of a jurisdiction")
    section: Part = read(jurisdictions.section_model, document)
    return section


def _outcome(found: Preview) -> str:
    if found.obstacles:
        return "obstructed"
    return "changes" if found.changes else "same"


def _refusal(error: Invalid | Conflict | Refused) -> dict[str, Any]:
    if isinstance(error, Invalid):
        return {"wrong": [(each.field, each.message) for each in error.errors]}
    return {"obstacle": error.detail}
