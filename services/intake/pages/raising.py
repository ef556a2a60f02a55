"""A call: raised with one key, gone on with in place; everything after the first Enter is an update."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from services.intake.commands import raising, updating, views
from services.intake.domain.case import Case
from services.intake.domain.forms import RaiseIncident
from services.intake.domain.instruments import INSTRUMENTS, LAP
from services.intake.domain.reading import keyed_hash
from services.intake.pages import filling
from services.intake.pages.reading import own_case, shown_whole
from services.intake.store import names
from shared.contracts import problems
from shared.contracts.facts import MOST_PEOPLE
from shared.contracts.vocabulary import Role
from shared.errors import FieldError, Invalid, StaleVersion
from shared.security.tokens import Account
from shared.storage.runner import URGENT
from shared.web.access import allow, allow_late, is_late
from shared.web.pages.forms import Form, read
from shared.web.pages.look import Look
from shared.web.pages.route import Filled, Page, Shown
from shared.web.reading import Read, Reading
from shared.web.replies import json_response

router = APIRouter(route_class=Page)

CallTaker = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR)]
Raiser = Annotated[Account, allow_late(Role.OPERATOR, Role.SUPERVISOR)]
"""Whoever raises: never rate-limited, and neither a lock nor a sign-in that has just ended stops it."""


@router.get("/raise")
async def new_call(request: Request, who: Raiser, read_: Read, look: Shown) -> Response:
    """Show an empty call."""
    return await _call(request, who, read_, look)


@router.post("/raise")
async def raise_incident(request: Request, who: Raiser, read_: Read, filled: Filled, look: Shown) -> Response:
    """Send help: the place is enough. A page that goes on by itself is told the number and the legs' states."""
    form, secret = filled.form, request.app.state.link_secret
    goes_on = "application/json" in request.headers.get("accept", "")
    try:
        said = await read_(lambda connection: _said(form, connection))
        body = read(RaiseIncident, said)
        raised = await filled(who, lambda tx: raising.raise_incident(tx, body, who, secret), urgency=URGENT)
    except Invalid as error:
        if goes_on:
            return json_response(orjson.dumps(problems.of(error)), 422, {})
        return await _call(request, who, read_, look, form=form, error=error)
    if goes_on:
        legs = {kind: leg["state"] for kind, leg in raised["legs"].items()}
        told = {"id": raised["id"], "number": raised["number"], "version": raised["version"], "legs": legs}
        return json_response(orjson.dumps(told), 201, {})
    return look.go(f"/intake/incidents/{raised['id']}/call", "raised")


@router.get("/incidents/{incident}/call")
async def go_on(request: Request, incident: str, who: CallTaker, read_: Read, look: Shown) -> Response:
    """Show a call that was raised, to be told more of."""
    return await _call(request, who, read_, look, incident=incident)


@router.post("/incidents/{incident}/facts")
async def add_facts(
    request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Add what the form says otherwise than the facts that it showed."""
    form, secret, seen = filled.form, request.app.state.link_secret, filled.form.version
    case = await read_(lambda connection: own_case(connection, incident, who))
    changes = filling.patch(form, case.facts)
    try:
        if form.get(filling.PLACE):
            found = await read_(lambda connection: filling.place(form, connection))
            changes["location"] = {**_NOWHERE, **found, **changes.get("location", {})}
        await filled(who, lambda tx: updating.patch(tx, incident, changes, who, secret, seen))
    except (Invalid, StaleVersion) as error:
        return await _call(request, who, read_, look, incident=incident, form=form, error=error)
    return look.go(f"/intake/incidents/{incident}/call", "saved")


_SPARE_ROWS = 2
_NOWHERE = {"municipality": None, "settlement": None, "latitude": None, "longitude": None}


def _said(form: Form, connection: Connection) -> dict[str, Any]:
    said = filling.document(form)
    location = said.setdefault("location", {})
    if not location.keys() & _NOWHERE.keys():
        location |= filling.place(form, connection)
    asked = form.all(filling.ASKED) or filling.ALL_ASKED
    said["needs"] = said.get("needs", {}) | {kind: kind in asked for kind in filling.ALL_ASKED}
    return {"channel": "emergency_112", "call": "live"} | said


async def _call(
    request: Request,
    who: Account,
    read_: Reading,
    look: Look,
    *,
    incident: str | None = None,
    form: Form | None = None,
    error: Invalid | StaleVersion | None = None,
) -> Response:
    """Show the form of a call: empty, with what is known, or as it was filled when it was refused."""

    def run(connection: Connection) -> dict[str, Any]:
        case = own_case(connection, incident, who) if incident else None
        code = case.danger.instrument if case else LAP.code
        return {
            "municipalities": names.municipalities(connection),
            "instrument": INSTRUMENTS[code],
            "incident": shown_whole(connection, case, who) if case else None,
            **_fields(connection, case, form, who, stale=isinstance(error, StaleVersion)),
        }

    noted = read_.noted(who, "incident.facts", incident, run, incident) if incident else read_(run)
    shown = await noted
    secret: bytes = request.app.state.link_secret
    # Whoever sits before a locked browser may raise a call, and gets no key to what was typed before.
    late = is_late(request)
    return look.page(
        request,
        "call.html",
        None if late else who,
        status=200 if error is None else problems.of(error)["status"],
        **shown,
        child_rows=max(_SPARE_ROWS, _rows(shown["fields"], "victim.children") + 1),
        perpetrator_rows=max(1, _rows(shown["fields"], "perpetrators")),
        wrong=_wrong(error),
        choices=error.choices if isinstance(error, filling.SeveralPlaces) else [],
        stale=isinstance(error, StaleVersion),
        draft_key="" if late else keyed_hash(secret, "draft", who.id),
    )


def _fields(
    connection: Connection, case: Case | None, form: Form | None, who: Account, *, stale: bool
) -> dict[str, Any]:
    """Return what stands in the form's fields, and which of it somebody else has changed meanwhile."""
    known = filling.flat(views.facts(connection, case, who.roles)["facts"]) if case else {}
    if form is None:
        return {"fields": known, "meanwhile": {}}
    typed = {name.partition(":")[0]: " ".join(values) for name, values in form.content.items()}
    differing = {name for name, value in typed.items() if value.strip() != known.get(name, "") and name in known}
    return {"fields": {**known, **typed}, "meanwhile": {name: known[name] for name in differing} if stale else {}}


def _rows(fields: Mapping[str, str], group: str) -> int:
    """Return how many rows of a list stand in the fields."""
    return sum(1 for number in range(MOST_PEOPLE) if any(name.startswith(f"{group}[{number}]") for name in fields))


def _wrong(error: Exception | None) -> Mapping[str, str]:
    """Return what was not accepted, by the name of its field."""
    if not isinstance(error, Invalid):
        return {}
    return {_name(each): each.message for each in error.errors}


def _name(error: FieldError) -> str:
    """Return the form's name of a refused field: ``victim.children.0.age`` → ``victim.children[0].age``."""
    parts = error.field.split(".")
    return "".join(
        f"[{part}]" if part.isdecimal() and place != len(parts) - 1 else f".{part}" for place, part in enumerate(parts)
    )[1:]
