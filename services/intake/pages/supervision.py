"""The shift lead's desk: promises that are not kept, what only a supervisor decides, drills."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy import Connection

from services.intake.commands import closing, drills, updating, watched
from services.intake.commands.access import check_own, own
from services.intake.domain.drills import EndDrill, Scenario, StartDrill
from services.intake.domain.forms import Close, OverrideRisk, RequestLeg, WaiveLeg
from services.intake.pages.shift_words import DRILL_OVER, SHIFT_WORDS
from services.intake.store import cases
from shared.contracts import problems
from shared.contracts.vocabulary import IncidentState, LegKind, Mode, Role
from shared.errors import Conflict, DomainError, IllegalMove, Invalid, NotFound, StaleVersion
from shared.security.tokens import Account
from shared.storage.transaction import Transaction
from shared.web.access import allow
from shared.web.pages.forms import Form, read
from shared.web.pages.languages import Language
from shared.web.pages.route import Filled, Page, Shown, sentence
from shared.web.pages.words import N_
from shared.web.reading import Read
from shared.web.replies import Reply

router = APIRouter(route_class=Page)

Supervisor = Annotated[Account, allow(Role.SUPERVISOR)]
Kind = Annotated[Mode, Query(description="`exercise`: drills")]
Model = TypeVar("Model", bound=BaseModel)

_HOME = "/intake/supervision"
_WRONG: Mapping[str, str] = {
    "reason": N_("Say why, in at most 500 letters. It is kept with the incident."),
    "override_reason": N_("Promises are not kept yet. Say why you close it all the same, in at most 500 letters."),
    "level": N_("Choose a level."),
    "leg": N_("Choose a promise."),
    "who_decided": N_("Say whose decision it is."),
    "outcome": N_("Choose how it ended."),
    "seen_alone": N_("Has anybody seen her alone? Say yes or no, or give a reason to close all the same."),
    "scenario": N_("Choose a call."),
    "municipality": N_("Choose a place."),
}
"""What to do about a field, by its name."""
_STALE = N_("Somebody else changed this incident meanwhile. Here is how it is now; what you typed is kept.")
_NOT_OPEN = N_("This incident is not open any more. Here is how it is now.")
_LOOK_BELOW = N_("Not done yet: see what is marked.")


@dataclass(frozen=True)
class _Refused:
    """A form that was not accepted: what was typed, and what is wrong with it."""

    form: str = ""
    typed: Mapping[str, str] = field(default_factory=dict)
    wrong: Mapping[str, str] = field(default_factory=dict)
    alert: str = ""


class _Desk:
    """Shows the page, also after a form that was refused."""

    def __init__(self, request: Request, read: Read, look: Shown, mode: Kind = Mode.ACTUAL) -> None:
        self._request, self._read, self._look, self.mode = request, read, look, mode

    @property
    def language(self) -> Language:
        return self._look.language(self._request)

    async def shown(
        self, who: Account, incident: str | None, refused: _Refused | None = None, status: int = 200
    ) -> Response:
        mine, now = sorted(own(who, Role.SUPERVISOR)), self._read.now

        def run(connection: Connection) -> dict[str, Any]:
            return {
                **watched.overview(connection, mine, self.mode, now),
                "chosen": _chosen(connection, who, incident, mine) if incident else None,
                "municipalities": watched.municipalities(connection, mine),
            }

        found = await self._read(run)
        found["place_names"] = found.pop("places")  # "places" are those of the menu
        found["municipalities"] = sorted(
            ((each["code"], self.language.named(each["names"], each["code"])) for each in found["municipalities"]),
            key=lambda each: each[1],
        )
        return self._look.page(
            self._request,
            "supervision.html",
            who,
            status=status,
            refused=refused or _Refused(),
            scenarios=[each.value for each in Scenario],
            most=watched.MOST,
            **found,
        )

    async def act(
        self,
        who: Account,
        filled: Filled,
        form: str,
        do: Callable[[], Callable[[Transaction], Reply]],
        said: str,
        incident: str | None = None,
        *,
        stay: bool = False,
    ) -> Response:
        """Do what a form asks for, or show it again as it was typed.

        Args:
            who: whose decision it is.
            filled: the form.
            form: its name on the page.
            do: reads the form and returns the use case.
            said: what was done.
            incident: which is decided about.
            stay: whether there is more to decide about it.
        """
        try:
            await filled(who, do())
        except (Invalid, IllegalMove, Conflict, StaleVersion) as error:
            refused = _refused(form, filled.form, error, self.language)
            return await self.shown(who, incident, refused, problems.kind_of(error).status)
        about = f"&incident={incident}" if stay else ""
        return self._look.go(f"{_HOME}?mode={self.mode}{about}", said)


Desk = Annotated[_Desk, Depends(_Desk)]


@router.get("/supervision")
async def supervision(
    who: Supervisor, desk: Desk, incident: Annotated[str | None, Query(max_length=36)] = None
) -> Response:
    """Show what must be seen; with an incident, what may be decided about it."""
    return await desk.shown(who, incident)


@router.post("/supervision/incidents/{incident}/risk")
async def set_risk(incident: str, who: Supervisor, desk: Desk, filled: Filled) -> Response:
    """Set the level of danger by decision: the only way down (P7)."""

    def do() -> Callable[[Transaction], Reply]:
        body, seen = filled.form.read(OverrideRisk), filled.form.version
        return lambda tx: updating.override_risk(tx, incident, body, who, seen)

    return await desk.act(who, filled, "risk", do, "risk_set", incident, stay=True)


@router.post("/supervision/incidents/{incident}/waive")
async def waive(incident: str, who: Supervisor, desk: Desk, filled: Filled) -> Response:
    """Take a promise back."""

    def do() -> Callable[[Transaction], Reply]:
        (kind, body), seen = _about_leg(filled.form, WaiveLeg), filled.form.version
        return lambda tx: updating.waive_leg(tx, incident, kind, body, who, seen)

    return await desk.act(who, filled, "waive", do, "leg_waived", incident, stay=True)


@router.post("/supervision/incidents/{incident}/ask")
async def ask(incident: str, who: Supervisor, desk: Desk, filled: Filled) -> Response:
    """Ask for a promise again; for a room, also near the perpetrator if the supervisor says so."""

    def do() -> Callable[[Transaction], Reply]:
        (kind, body), seen = _about_leg(filled.form, RequestLeg), filled.form.version
        return lambda tx: updating.request_leg(tx, incident, kind, body, who, seen)

    return await desk.act(who, filled, "ask", do, "leg_asked", incident, stay=True)


@router.post("/supervision/incidents/{incident}/close")
async def close(incident: str, who: Supervisor, desk: Desk, filled: Filled) -> Response:
    """Close an incident, with a reason if promises are not kept."""

    def do() -> Callable[[Transaction], Reply]:
        body, seen = filled.form.read(Close), filled.form.version
        return lambda tx: closing.close(tx, incident, body, who, seen)

    return await desk.act(who, filled, "close", do, "override_closed", incident)


@router.post("/supervision/drills")
async def start_drill(who: Supervisor, desk: Desk, filled: Filled, request: Request) -> Response:
    """Raise a call to practise with, and show drills."""
    secret: bytes = request.app.state.link_secret

    def do() -> Callable[[Transaction], Reply]:
        body = filled.form.read(StartDrill)
        story = SHIFT_WORDS["scenario_story"][body.scenario]
        told = body.model_copy(update={"narrative": desk.language.gettext(story)})
        return lambda tx: drills.start(tx, told, who, secret)

    answer = await desk.act(who, filled, "drill", do, "drill_started")
    if "location" in answer.headers:
        answer.headers["location"] = f"{_HOME}?mode={Mode.EXERCISE}"
    return answer


@router.post("/supervision/incidents/{incident}/end-drill")
async def end_drill(incident: str, who: Supervisor, desk: Desk, filled: Filled) -> Response:
    """Take back what a drill waits for, and close it."""
    body, seen = EndDrill(reason=desk.language.gettext(DRILL_OVER)), filled.form.version

    def do() -> Callable[[Transaction], Reply]:
        return lambda tx: drills.end(tx, incident, body, who, seen)

    return await desk.act(who, filled, "drill", do, "drill_ended")


def _chosen(connection: Connection, who: Account, incident: str, mine: list[str]) -> dict[str, Any]:
    case = cases.read_case(connection, incident)
    if case is None:
        raise NotFound("incident")
    check_own(who, case, Role.SUPERVISOR)
    return watched.decidable(connection, case, mine)


def _about_leg(form: Form, model: type[Model]) -> tuple[LegKind, Model]:
    document = form.document()
    leg = document.pop("leg", "")
    if leg not in set(LegKind):
        raise Invalid.field("leg", "police, shelter or centre")
    return LegKind(leg), read(model, document)


def _refused(form: str, typed: Form, error: DomainError, language: Language) -> _Refused:
    wrong, alert = {}, ""
    match error:
        case Invalid():
            names = [each.field.removeprefix("location.") for each in error.errors]
            wrong = {name: language.gettext(_WRONG.get(name, _LOOK_BELOW)) for name in names}
            alert = _LOOK_BELOW
        case IllegalMove(from_state=IncidentState.OPEN, to_state=IncidentState.CLOSED):
            needed = "override_reason"
            wrong = {needed: language.gettext(_WRONG.get(needed, _LOOK_BELOW))}
            alert = _LOOK_BELOW
        case StaleVersion():
            alert = _STALE
        case Conflict():
            alert = _NOT_OPEN
        case _:
            alert = sentence(language, error, error.detail)
    values = {name: typed.get(name) for name in typed.content}
    return _Refused(form, values, wrong, language.gettext(alert))
