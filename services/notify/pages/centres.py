"""Centres: whom they serve, where they are rung, whether somebody is on call, and which places nobody serves."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from fastapi import Path as InPath
from sqlalchemy import Connection

from services.notify.commands import centre_views, centres
from services.notify.commands.access import Seat
from services.notify.domain.forms import CentreChange, NewCentre
from services.notify.tables import CENTRE, MUNICIPALITY
from shared.contracts.vocabulary import Role
from shared.errors import Conflict, Forbidden, Invalid, StaleVersion
from shared.security.tokens import Account
from shared.web.access import allow
from shared.web.pages.forms import Form
from shared.web.pages.forms import read as read_document
from shared.web.pages.languages import LANGUAGES
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown, sentence
from shared.web.reading import Read, Reading

router = APIRouter(route_class=Page)

Reader = Annotated[Account, allow(Role.ADMIN, Role.SUPERVISOR, Role.AUDITOR)]
Admin = Annotated[Account, allow(Role.ADMIN)]
Code = Annotated[str, InPath(max_length=40)]
_HERE = "/notify/centres"
_MOST = 500


@router.get("/centres")
async def list_centres(request: Request, who: Reader, read: Read, look: Shown) -> Response:
    """List centres by code, with what is wrong first: places that nobody serves, centres with nobody on call."""
    return look.page(request, "centres.html", who, **await _everything(read, who))


async def _everything(read: Reading, who: Account) -> dict[str, Any]:
    seat = Seat.of(who)

    def run(connection: Connection) -> dict[str, Any]:
        rows = connection.execute(centre_views.centres_query(seat).order_by(CENTRE.c.code).limit(_MOST)).mappings()
        listed = [centre_views.centre(row) for row in rows]
        query = centre_views.municipalities_query(seat).order_by(MUNICIPALITY.c.jurisdiction, MUNICIPALITY.c.code)
        served = centre_views.serving(connection)
        municipalities = [centre_views.municipality(row, served) for row in connection.execute(query).mappings()]
        return {
            "centres": listed,
            "municipalities": municipalities,
            "names": {place["code"]: place["name"] for place in municipalities},
            "unserved": [place for place in municipalities if not place["centres"]],
            "unstaffed": [each for each in listed if not each["somebody_on_call"]],
            "administered": seat.administered,
        }

    return await read(run)


@router.get("/centres/new")
async def new_centre(request: Request, who: Admin, read: Read, look: Shown) -> Response:
    """Ask for a new centre."""
    return await _asked(request, who, read, look, Form([]))


@router.post("/centres/new")
async def create_centre(request: Request, who: Admin, filled: Filled, read: Read, look: Shown) -> Response:
    """Make a centre; a form that is not accepted comes back as it was typed."""
    form = filled.form
    try:
        body = read_document(NewCentre, {"code": form.get("code"), **_document(form, ())})
        await filled(who, lambda tx: centres.create_centre(tx, body, who))
    except (Conflict, Forbidden, Invalid) as error:
        return await _asked(request, who, read, look, form, error)
    return look.go(f"{_HERE}/centre/{body.code}", "centre-made")


@router.get("/centres/centre/{centre}")
async def show_centre(request: Request, centre: Code, who: Reader, read: Read, look: Shown) -> Response:
    """Show one centre; an admin can change it there."""
    return await _shown(request, who, read, look, centre, None)


@router.post("/centres/centre/{centre}")
async def change_centre(
    request: Request, centre: Code, who: Admin, filled: Filled, read: Read, look: Shown
) -> Response:
    """Change a centre; changed by somebody else meanwhile, both versions are shown."""
    form = filled.form
    seen, seat = form.version, Seat.of(who)
    present = await read(lambda connection: centre_views.centre(centre_views.centre_row(connection, seat, centre)))
    try:
        document = _document(form, present["serves"])
        kept = {code: name for code, name in present["name"].items() if code not in LANGUAGES}
        body = read_document(CentreChange, {"phone": None, **document, "name": kept | document["name"]})
        await filled(who, lambda tx: centres.change_centre(tx, centre, body, who, seen))
    except (Invalid, StaleVersion) as error:
        return await _shown(request, who, read, look, centre, form, error)
    return look.go(f"{_HERE}/centre/{centre}", "centre-saved")


def _document(form: Form, order: Any) -> dict[str, Any]:
    """Return what was filled in as the API takes it.

    Args:
        form: what was filled in.
        order: the municipalities served before: they keep their order, behind the one that is the centre's own.
    """
    chosen = form.all("serves")
    own = form.get("own")
    kept = [code for code in order if code in chosen]
    serves = dict.fromkeys([*([own] if own else []), *kept, *chosen])
    names = {code: name for code in LANGUAGES if (name := form.get(f"name.{code}"))}
    phone = form.get("phone").replace(" ", "")
    return {"name": names, "serves": list(serves), **({"phone": phone} if phone else {})}


async def _asked(
    request: Request, who: Account, read: Reading, look: Look, form: Form, error: Exception | None = None
) -> Response:
    everything = await _everything(read, who)
    return look.page(
        request,
        "centre_new.html",
        who,
        status=422 if error else 200,
        **everything,
        filled=_filled(form),
        wrong=_wrong(error),
        taken=sentence(look.language(request), error, "") if isinstance(error, Conflict | Forbidden) else "",
    )


async def _shown(
    request: Request,
    who: Account,
    read: Reading,
    look: Look,
    code: str,
    form: Form | None,
    error: Exception | None = None,
) -> Response:
    seat = Seat.of(who)
    centre = await read(lambda connection: centre_views.centre(centre_views.centre_row(connection, seat, code)))
    everything = await _everything(read, who)
    conflict = isinstance(error, StaleVersion)
    return look.page(
        request,
        "centre.html",
        who,
        status=412 if conflict else 422 if error else 200,
        **everything,
        centre=centre,
        may_change=centre["jurisdiction"] in seat.administered,
        filled=_filled(form) if form else _as_it_is(centre),
        wrong=_wrong(error),
        conflict=conflict,
    )


def _filled(form: Form) -> dict[str, Any]:
    return {
        "code": form.get("code"),
        "name": {code: form.get(f"name.{code}") for code in LANGUAGES},
        "serves": form.all("serves"),
        "own": form.get("own"),
        "phone": form.get("phone"),
    }


def _as_it_is(centre: dict[str, Any]) -> dict[str, Any]:
    return {**centre, "own": centre["serves"][0] if centre["serves"] else "", "phone": centre["phone"] or ""}


def _wrong(error: Exception | None) -> set[str]:
    """Return the parts of the form that were not accepted."""
    return {each.field.partition(".")[0] for each in error.errors} if isinstance(error, Invalid) else set()
