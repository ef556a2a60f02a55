"""Ending an incident."""

from __future__ import annotations

from dataclasses import replace

from services.intake.commands import views
from services.intake.commands.access import check_own, own
from services.intake.commands.raising import spoken_as
from services.intake.commands.saying import say_step
from services.intake.domain import asking
from services.intake.domain.case import Case
from services.intake.domain.ending import check_cancel, check_close
from services.intake.domain.forms import Cancel, Close
from services.intake.store import cases, records
from shared.contracts.vocabulary import IncidentState, Role
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version


def close(tx: Transaction, incident: str, body: Close, who: Account, seen: int | None) -> Reply:
    """Close an incident whose promises are kept, or by a supervisor's decision. Ends no waitlist and no handover."""
    case = cases.load(tx, incident)
    check_own(who, case)
    if case.state is IncidentState.CLOSED:
        return Reply.entity(views.whole(tx.connection, case, own(who)))
    check_version(seen, case.version)
    supervisor = bool(who.organisations(Role.SUPERVISOR) & {case.jurisdiction, case.origin})
    seen_alone = body.seen_alone or case.seen_alone
    check_close(case.state, case.legs, seen_alone, supervisor=supervisor, override_reason=body.override_reason)
    after = replace(case, state=IncidentState.CLOSED, outcome=body.outcome.value, seen_alone=seen_alone)
    for words in (body.note, body.override_reason):
        if words:
            records.add_note(tx, new_id(), incident, case.version + 1, spoken_as(who), words)
    if body.override_reason:
        note(tx, who, "incident.close.override", incident, incident)
    return _end(tx, case, after, who, "closed", body.outcome.value)


def cancel(tx: Transaction, incident: str, body: Cancel, who: Account, seen: int | None) -> Reply:
    """Cancel an incident that is a duplicate or a keying error, before anybody accepted."""
    case = cases.load(tx, incident)
    check_own(who, case)
    if case.state is IncidentState.CANCELLED:
        return Reply.entity(views.whole(tx.connection, case, own(who)))
    check_version(seen, case.version)
    check_cancel(case.state, case.legs.values())
    legs = {kind: replace(leg, due_at=None, overdue=False) for kind, leg in case.legs.items()}
    after = replace(case, state=IncidentState.CANCELLED, legs=legs)
    if body.note:
        records.add_note(tx, new_id(), incident, case.version + 1, spoken_as(who), body.note)
    return _end(tx, case, after, who, "cancelled", body.reason.value)


def _end(tx: Transaction, before: Case, after: Case, who: Account, step: str, reason: str) -> Reply:
    next_ask = asking.after_change(tx.now)
    after = replace(after, version=before.version + 1, ended_at=tx.now, next_ask_at=next_ask, asks=0)
    cases.save(tx, before, after)
    say_step(tx, after, step, spoken_as(who))
    note(tx, who, f"incident.{step}", after.id, after.id, reason)
    return Reply.entity(views.whole(tx.connection, after, own(who)))
