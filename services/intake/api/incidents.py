"""intake over HTTP: incidents (CONTRACT, "intake"), and what a raise form needs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from services.intake.commands import boards, closing, raising, updating, views
from services.intake.commands.access import check_own, own
from services.intake.domain.case import Case
from services.intake.domain.forms import (
    Cancel,
    Close,
    FurtherCall,
    MedicalCalled,
    NewCall,
    OverrideRisk,
    RaiseIncident,
    RaiseRisk,
    RequestLeg,
    WaiveLeg,
)
from services.intake.domain.instruments import INSTRUMENTS
from services.intake.domain.risk import Danger
from services.intake.store import board, cases, names, records
from services.intake.tables import INCIDENT
from shared.clock import rfc3339
from shared.contracts.vocabulary import IncidentState, LegKind, Mode, Role
from shared.errors import NotFound
from shared.security.tokens import Account
from shared.storage.runner import URGENT, USUAL
from shared.telemetry.steps import step_text
from shared.web.access import allow, allow_late
from shared.web.reading import Paged, Read
from shared.web.replies import Reply
from shared.web.strict import StrictRoute
from shared.web.writing import Write

router = APIRouter(route_class=StrictRoute)

CallTaker = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR)]
NeverLimited = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR, counted=False)]
Reader = Annotated[Account, allow(Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR)]
_READERS = (Role.OPERATOR, Role.SUPERVISOR, Role.AUDITOR)
PlaceReader = Annotated[Account, allow_late(*_READERS)]
"""Places are no secret, and a call that is raised from a locked browser needs one."""


def _secret(request: Request) -> bytes:
    secret: bytes = request.app.state.link_secret
    return secret


@router.post("/incidents", status_code=201)
async def raise_incident(body: RaiseIncident, who: NeverLimited, write: Write, request: Request) -> Response:
    """Raise an incident: police, shelter and centre are asked for at once, as needed."""
    secret = _secret(request)
    # P10: when more comes in than can be written at once, the most dangerous go first.
    most_dangerous = Danger(instrument=body.risk.instrument).learned(body).priority() == 1
    return await write(
        who, lambda tx: raising.raise_incident(tx, body, who, secret), urgency=URGENT if most_dangerous else USUAL
    )


@router.get("/incidents")
async def incidents(
    who: Reader,
    read: Read,
    page: Paged,
    state: IncidentState | None = None,
    priority: Annotated[int | None, Query(ge=1, le=3)] = None,
    overdue: bool | None = None,
    municipality: Annotated[str | None, Query(max_length=12)] = None,
    mode: Mode | None = None,
) -> Response:
    """Return incidents, youngest first, without anything personal."""
    wanted = board.Filter(state, priority, municipality, mode, overdue)
    query = board.incidents_of(own(who, *_READERS), wanted)

    def run(connection: Connection) -> dict[str, Any]:
        shown = page.of(connection, query, INCIDENT.c.id, dict, newest_first=True)
        listed = cases.cases_of(connection, shown["items"])
        return {"items": [views.incident(case) for case in listed], "next": shown["next"]}

    return Reply(await read(run)).response()


@router.post("/same-event")
async def same_event(body: NewCall, who: NeverLimited, read: Read, request: Request) -> Response:
    """Return open incidents that a new call may be about. A POST, for what she said stands in no address."""
    secret = _secret(request)
    found = await read(lambda connection: boards.same_event(connection, body, own(who), secret, read.now))
    return Reply({"items": found}).response()


@router.get("/incidents/{incident}")
async def incident_(incident: str, who: Reader, read: Read) -> Response:
    """Return one incident with its legs, as they stand."""

    def run(connection: Connection) -> Reply:
        return Reply.entity(views.whole(connection, _own(connection, incident, who), own(who, *_READERS)))

    return (await read(run)).response()


@router.get("/incidents/{incident}/facts")
async def facts(incident: str, who: CallTaker, read: Read) -> Response:
    """Return what is known of the people, as far as the account's role may see it. Every look is noted."""

    def run(connection: Connection) -> dict[str, Any]:
        return views.facts(connection, _own(connection, incident, who), who.roles)

    return Reply(await read.noted(who, "incident.facts", incident, run, incident)).response()


@router.get("/incidents/{incident}/timeline")
async def timeline(incident: str, who: CallTaker, read: Read, request: Request) -> Response:
    """Return every step of every service, in causal order."""
    language = request.headers.get("accept-language", "en")[:2]

    def run(connection: Connection) -> dict[str, Any]:
        _own(connection, incident, who)
        rows = records.timeline(connection, incident)
        return {
            "items": [
                {
                    **row,
                    "at": rfc3339(row["at"]),
                    "heard_at": rfc3339(row["heard_at"]),
                    "text": step_text(row["type"], language),
                }
                for row in rows
            ]
        }

    return Reply(await read(run)).response()


@router.patch("/incidents/{incident}")
async def update(incident: str, body: dict[str, Any], who: CallTaker, write: Write, request: Request) -> Response:
    """Add later facts, as a JSON Merge Patch (RFC 7396): danger only rises, needs only grow."""
    secret, seen = _secret(request), write.seen
    return await write(who, lambda tx: updating.patch(tx, incident, body, who, secret, seen))


@router.post("/incidents/{incident}/calls", status_code=201)
async def further_call(incident: str, body: FurtherCall, who: NeverLimited, write: Write, request: Request) -> Response:
    """Append another call about the same event: no second unit, no second room."""
    secret, seen = _secret(request), write.seen
    return await write(who, lambda tx: updating.further_call(tx, incident, body, who, secret, seen))


@router.post("/incidents/{incident}/close")
async def close(incident: str, body: Close, who: CallTaker, write: Write) -> Response:
    """Close an incident whose promises are kept."""
    seen = write.seen
    return await write(who, lambda tx: closing.close(tx, incident, body, who, seen))


@router.post("/incidents/{incident}/cancel")
async def cancel(incident: str, body: Cancel, who: CallTaker, write: Write) -> Response:
    """Cancel a duplicate or keying error, before anybody accepted."""
    seen = write.seen
    return await write(who, lambda tx: closing.cancel(tx, incident, body, who, seen))


@router.post("/incidents/{incident}/legs/{kind}/request")
async def request_leg(incident: str, kind: LegKind, body: RequestLeg, who: CallTaker, write: Write) -> Response:
    """Ask for a leg, or ask for it again."""
    seen = write.seen
    return await write(who, lambda tx: updating.request_leg(tx, incident, kind, body, who, seen))


@router.post("/incidents/{incident}/legs/{kind}/waive")
async def waive_leg(incident: str, kind: LegKind, body: WaiveLeg, who: CallTaker, write: Write) -> Response:
    """Take a leg back, by her decision or a supervisor's."""
    seen = write.seen
    return await write(who, lambda tx: updating.waive_leg(tx, incident, kind, body, who, seen))


@router.post("/incidents/{incident}/risk/raise")
async def raise_risk(incident: str, body: RaiseRisk, who: CallTaker, write: Write) -> Response:
    """Raise the danger to high on one's judgement."""
    seen = write.seen
    return await write(who, lambda tx: updating.raise_risk(tx, incident, body, who, seen))


@router.post("/incidents/{incident}/risk/override")
async def override_risk(
    incident: str, body: OverrideRisk, who: Annotated[Account, allow(Role.SUPERVISOR)], write: Write
) -> Response:
    """Set the level of danger by a supervisor's decision, the only way down."""
    seen = write.seen
    return await write(who, lambda tx: updating.override_risk(tx, incident, body, who, seen))


@router.post("/incidents/{incident}/medical")
async def medical(incident: str, body: MedicalCalled, who: CallTaker, write: Write) -> Response:
    """Note that somebody called an ambulance."""
    seen = write.seen
    return await write(who, lambda tx: updating.medical_called(tx, incident, body, who, seen))


@router.get("/instruments")
async def instruments(who: Reader) -> dict[str, Any]:  # noqa: ARG001  # who may read it is the check
    """Return the risk instruments: their questions, in the languages we have."""
    return {
        "items": [
            {
                "code": each.code,
                "version": each.version,
                "questions": [{"id": question.id, "text": question.text} for question in each.questions],
            }
            for each in INSTRUMENTS.values()
        ]
    }


@router.get("/places")
async def places(
    who: PlaceReader,  # noqa: ARG001  # who may read it is the check
    read: Read,
    q: Annotated[str, Query(min_length=1, max_length=60, description="the beginning of a name")],
) -> dict[str, Any]:
    """Return municipalities and settlements of that name, Cyrillic or Latin, for the raise form."""
    return {"items": await read(lambda connection: names.places_named(connection, q, most=20))}


def _own(connection: Connection, incident: str, who: Account) -> Case:
    case = cases.read_case(connection, incident)
    if case is None:
        raise NotFound("incident")
    check_own(who, case, *_READERS)
    return case
