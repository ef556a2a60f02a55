"""One incident: what was promised and where it stands, what is known, what was done, and every decision on it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from services.intake.commands import closing, updating, views
from services.intake.domain.ending import unkept
from services.intake.domain.forms import (
    Cancel,
    Close,
    FurtherCall,
    MedicalCalled,
    OverrideRisk,
    RaiseRisk,
    RequestLeg,
    WaiveLeg,
)
from services.intake.domain.instruments import INSTRUMENTS
from services.intake.pages.filling import flat
from services.intake.pages.reading import own_case, shown_whole, steps
from shared.clock import rfc3339
from shared.contracts import problems
from shared.contracts.vocabulary import LegKind, Role
from shared.errors import Conflict, DomainError, Forbidden, IllegalMove, Invalid, StaleVersion
from shared.security.tokens import Account
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.pages.forms import read
from shared.web.pages.look import Look
from shared.web.pages.route import TITLES, Filled, Page, Shown, sentence
from shared.web.reading import Read, Reading
from shared.web.replies import Reply

router = APIRouter(route_class=Page)

CallTaker = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR)]
Supervisor = Annotated[Account, allow(Role.SUPERVISOR)]
MINUTES_AGO = (0, 5, 10, 15, 30, 60)
UseCase = Callable[[Transaction, Any, int | None], Reply]


@router.get("/incidents/{incident}")
async def incident_(request: Request, incident: str, who: CallTaker, read_: Read, look: Shown) -> Response:
    """Show one incident. The look at its facts is noted."""
    return await _page(request, incident, who, read_, look)


@router.get("/incidents/{incident}/standing")
async def standing(
    request: Request, incident: str, who: CallTaker, read_: Read, look: Shown, timeline: bool = False
) -> Response:
    """Show how an incident stands and what was done, without anything personal: what live pages read anew."""

    def run(connection: Connection) -> dict[str, Any]:
        case = own_case(connection, incident, who)
        return {
            "incident": shown_whole(connection, case, who),
            "steps": steps(connection, incident) if timeline else [],
        }

    return look.page(request, "standing.html", who, **await read_(run), beside=timeline, said="")


@router.post("/incidents/{incident}/calls")
async def further_call(
    request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Append another call about the same event: nobody is sent a second time."""
    secret = request.app.state.link_secret

    def use_case(tx: Transaction, body: FurtherCall, _seen: int | None) -> Reply:
        return updating.further_call(tx, incident, body, who, secret, None)

    return await _decide(request, incident, who, read_, filled, look, FurtherCall, use_case, "call-added")


@router.post("/incidents/{incident}/legs/{kind}/request")
async def request_leg(
    request: Request, incident: str, kind: LegKind, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Ask for a leg, or ask for it again."""

    def use_case(tx: Transaction, body: RequestLeg, _seen: int | None) -> Reply:
        return updating.request_leg(tx, incident, kind, body, who, None)

    return await _decide(request, incident, who, read_, filled, look, RequestLeg, use_case, "leg-requested")


@router.post("/incidents/{incident}/legs/{kind}/waive")
async def waive_leg(
    request: Request, incident: str, kind: LegKind, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Take a leg back, with the name of the one whose decision it is."""

    def use_case(tx: Transaction, body: WaiveLeg, seen: int | None) -> Reply:
        return updating.waive_leg(tx, incident, kind, body, who, seen)

    return await _decide(request, incident, who, read_, filled, look, WaiveLeg, use_case, "leg-waived")


@router.post("/incidents/{incident}/medical")
async def medical(
    request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Note that an ambulance was called, now or some minutes ago."""
    ago = filled.form.get("minutes_ago")
    minutes = int(ago) if ago in {str(each) for each in MINUTES_AGO} else 0
    said = {"called_at": rfc3339(read_.now - timedelta(minutes=minutes)), "by": filled.form.get("by")}

    def use_case(tx: Transaction, body: MedicalCalled, _seen: int | None) -> Reply:
        return updating.medical_called(tx, incident, body, who, None)

    return await _decide(
        request, incident, who, read_, filled, look, MedicalCalled, use_case, "medical-called", said=said
    )


@router.post("/incidents/{incident}/risk/raise")
async def raise_risk(
    request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Raise the danger to high on one's judgement."""

    def use_case(tx: Transaction, body: RaiseRisk, _seen: int | None) -> Reply:
        return updating.raise_risk(tx, incident, body, who, None)

    return await _decide(request, incident, who, read_, filled, look, RaiseRisk, use_case, "risk-raised")


@router.post("/incidents/{incident}/risk/override")
async def override_risk(
    request: Request, incident: str, who: Supervisor, read_: Read, filled: Filled, look: Shown
) -> Response:
    """Set the level of danger by a supervisor's decision, the only way down."""

    def use_case(tx: Transaction, body: OverrideRisk, seen: int | None) -> Reply:
        return updating.override_risk(tx, incident, body, who, seen)

    return await _decide(request, incident, who, read_, filled, look, OverrideRisk, use_case, "risk-set")


@router.post("/incidents/{incident}/close")
async def close(request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown) -> Response:
    """Close an incident whose promises are kept, or as a supervisor with the reason."""

    def use_case(tx: Transaction, body: Close, seen: int | None) -> Reply:
        return closing.close(tx, incident, body, who, seen)

    return await _decide(request, incident, who, read_, filled, look, Close, use_case, "closed")


@router.post("/incidents/{incident}/cancel")
async def cancel(request: Request, incident: str, who: CallTaker, read_: Read, filled: Filled, look: Shown) -> Response:
    """Cancel a duplicate or keying error, before anybody accepted."""

    def use_case(tx: Transaction, body: Cancel, seen: int | None) -> Reply:
        return closing.cancel(tx, incident, body, who, seen)

    return await _decide(request, incident, who, read_, filled, look, Cancel, use_case, "cancelled")


async def _decide(
    request: Request,
    incident: str,
    who: Account,
    read_: Reading,
    filled: Filled,
    look: Look,
    model: type[BaseModel],
    use_case: UseCase,
    done: str,
    *,
    said: dict[str, Any] | None = None,
) -> Response:
    """Do what a form of the page asks; one that is refused comes back as it was filled, with what is so meanwhile."""
    seen = filled.form.version
    try:
        body = read(model, filled.form.document() if said is None else said)
        await filled(who, lambda tx: use_case(tx, body, seen))
    except (Invalid, StaleVersion, IllegalMove, Conflict, Forbidden) as error:
        return await _page(request, incident, who, read_, look, error=error)
    return look.go(f"/intake/incidents/{incident}", done)


async def _page(
    request: Request, incident: str, who: Account, read_: Reading, look: Look, error: DomainError | None = None
) -> Response:
    def run(connection: Connection) -> dict[str, Any]:
        case = own_case(connection, incident, who)
        known = views.facts(connection, case, who.roles)
        return {
            "incident": shown_whole(connection, case, who),
            "steps": steps(connection, incident),
            "facts": known["facts"],
            "fields": flat(known["facts"]),
            "calls": known["calls"],
            "notes": known["notes"],
            "instrument": INSTRUMENTS[case.danger.instrument],
            "unkept": unkept(case.legs),
        }

    shown = await read_.noted(who, "incident.facts", incident, run, incident)
    return look.page(
        request,
        "incident.html",
        who,
        status=200 if error is None else problems.of(error)["status"],
        **shown,
        refusal=_refusal(request, look, error, shown) if error else None,
        minutes_ago=MINUTES_AGO,
    )


def _refusal(request: Request, look: Look, error: DomainError, shown: dict[str, Any]) -> dict[str, Any]:
    """Return why a form was refused, what was typed in it, and what was done since it was filled."""
    form = request.state.form
    document = problems.of(error)
    since = [
        step
        for step in shown["steps"]
        if form.version is not None and step["entity"] == shown["incident"]["id"] and step["version"] > form.version
    ]
    return {
        "title": TITLES[document["type"].rpartition(":")[2]],
        "detail": sentence(look.language(request), error, document["detail"]),
        "errors": [(each.field, each.message) for each in error.errors] if isinstance(error, Invalid) else [],
        "action": request.url.path.removeprefix(f"/intake/incidents/{shown['incident']['id']}/"),
        "typed": {name: form.get(name) for name in form.content},
        "since": since if isinstance(error, StaleVersion) else [],
    }
