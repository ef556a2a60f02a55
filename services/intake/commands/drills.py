"""Drills: calls that run through the live system and touch nobody (P9)."""

from __future__ import annotations

from services.intake.commands import closing, raising, updating, views
from services.intake.commands.access import check_own, check_supervisor, own
from services.intake.domain.drills import EndDrill, StartDrill
from services.intake.domain.forms import Close, WaiveLeg
from services.intake.store import cases
from shared.contracts.vocabulary import IncidentState, LegState, Mode, Outcome, WhoDecided
from shared.errors import Conflict
from shared.security.tokens import Account
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_
from shared.web.replies import Reply, check_version


def start(tx: Transaction, body: StartDrill, who: Account, secret: bytes) -> Reply:
    """Raise a call to practise with."""
    return raising.raise_incident(tx, body.call(), who, secret)


def end(tx: Transaction, incident: str, body: EndDrill, who: Account, seen: int | None) -> Reply:
    """Take back what a drill still waits for, so that its shadow units and rooms are free again, and close it."""
    case = cases.load(tx, incident)
    check_own(who, case)
    check_supervisor(who, case, N_("Only a supervisor ends a drill."))
    if case.mode is Mode.ACTUAL:
        raise Conflict("This is a real incident, not a drill. Close it as such.")
    if case.state is not IncidentState.OPEN:
        return Reply.entity(views.whole(tx.connection, case, own(who)))
    check_version(seen, case.version)
    waiver = WaiveLeg(who_decided=WhoDecided.SUPERVISOR, reason=body.reason)
    for kind, leg in case.legs.items():
        if leg.needed and leg.state is not LegState.DONE:
            updating.waive_leg(tx, incident, kind, waiver, who, None)
    closed = Close(outcome=Outcome.RESOLVED, override_reason=body.reason)
    return closing.close(tx, incident, closed, who, None)
