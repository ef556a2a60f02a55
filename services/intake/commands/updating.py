"""Everything that changes an open incident: later facts, further calls, decisions, reports from the scene."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from services.intake.commands import views
from services.intake.commands.access import check_own, check_supervisor, check_waive, own
from services.intake.commands.raising import PATH, link, spoken_as, unread
from services.intake.commands.saying import say_leg_changed, say_step
from services.intake.domain import asking, legs
from services.intake.domain.case import Case, settle
from services.intake.domain.forms import (
    FurtherCall,
    LaterFacts,
    MedicalCalled,
    OverrideRisk,
    RaiseRisk,
    RequestLeg,
    WaiveLeg,
    known_questions,
)
from services.intake.domain.merging import as_stored, later_facts, patched, unknown_fields, with_risk
from services.intake.domain.places import locate
from services.intake.domain.risk import overridden
from services.intake.store import areas, cases, records
from shared.contracts.facts import Facts, RiskAnswers
from shared.contracts.vocabulary import Decision, IncidentState, LegKind, Mode, Role, WhoDecided
from shared.errors import Conflict, Invalid
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_
from shared.web.replies import Reply, check_version
from shared.web.strict import refusal


def patch(
    tx: Transaction, incident: str, body: Mapping[str, Any], who: Account, secret: bytes, seen: int | None
) -> Reply:
    """Merge later facts into an incident; danger only rises, needs only grow."""
    case = _open_case(tx, incident, who)
    given = dict(body)
    mode = _mode(case, given.pop("mode", None))
    facts = _validated(case, given)
    located = locate(facts.location, areas.StoredGazetteer(tx.connection))
    area = areas.area(tx.connection, located.jurisdiction)
    danger = case.danger.learned(facts)
    after = replace(
        case,
        mode=mode,
        danger=danger,
        facts=with_risk(as_stored(case.facts, facts), danger),
        position=located.position,
        municipality=located.municipality,
        jurisdiction=located.jurisdiction,
        unverified=unread(tx, facts, located, area.country),
    )
    if located.municipality != case.municipality or mode is not case.mode:
        for leg in after.legs.values():
            if leg.needed:
                after = after.with_leg(legs.asked(leg, tx.now, area.deadlines))
    if settle(after, tx.now, area.deadlines) == case:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    return _changed(tx, case, after, who, "incident.update", secret=secret)


def further_call(
    tx: Transaction, incident: str, body: FurtherCall, who: Account, secret: bytes, seen: int | None
) -> Reply:
    """Append another call about the same event."""
    case = _open_case(tx, incident, who)
    check_version(seen, case.version)
    records.add_call(tx, new_id(), incident, body.model_dump(mode="json", exclude_unset=True))
    danger = case.danger.learned(Facts(call=body.call, risk=_answers(case, body.risk)))
    typed = with_risk(case.facts, danger)
    if body.callback.phone and not case.typed.callback.phone:
        typed = {**typed, "callback": body.callback.model_dump(mode="json", exclude_unset=True)}
    after = replace(case, calls=case.calls + 1, danger=danger, facts=typed)
    reply = _changed(tx, case, after, who, "incident.call", secret=secret)
    return replace(reply, status=201, headers={**reply.headers, "Location": f"{PATH}/{incident}"})


def request_leg(
    tx: Transaction, incident: str, kind: LegKind, body: RequestLeg, who: Account, seen: int | None
) -> Reply:
    """Ask for a leg, for the first time, again after an end, or after a waiver (within 72 hours)."""
    case = _open_case(tx, incident, who)
    if body.near_allowed:
        check_supervisor(who, case, N_("Only a supervisor allows a room near the perpetrator."))
    area = areas.area(tx.connection, case.jurisdiction)
    leg = legs.requested(case.legs[kind], tx.now, area.deadlines, near_allowed=body.near_allowed)
    if leg == case.legs[kind]:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    after = _need(case.with_leg(leg), kind)
    if kind is LegKind.SHELTER and after.typed.victim.decision_shelter is Decision.REFUSES:
        decision = Decision.ACCEPTS if body.who_decided is WhoDecided.VICTIM else Decision.UNDECIDED
        after = replace(after, facts=patched(after.facts, {"victim": {"decision_shelter": decision.value}}))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, f"leg.{kind}.request")


def waive_leg(tx: Transaction, incident: str, kind: LegKind, body: WaiveLeg, who: Account, seen: int | None) -> Reply:
    """Take a leg back, with the name of the one whose decision it is."""
    case = _open_case(tx, incident, who)
    check_waive(who, case, body.who_decided, police=kind is LegKind.POLICE)
    leg = legs.waived(case.legs[kind], tx.now, body.who_decided)
    if leg == case.legs[kind]:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    after = case.with_leg(leg)
    if kind is LegKind.SHELTER and body.who_decided is WhoDecided.VICTIM:
        after = replace(after, facts=patched(after.facts, {"victim": {"decision_shelter": "refuses"}}))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, f"leg.{kind}.waive")


def raise_risk(tx: Transaction, incident: str, body: RaiseRisk, who: Account, seen: int | None) -> Reply:
    """Raise the danger to high on somebody's judgement; always allowed."""
    case = _open_case(tx, incident, who)
    if case.danger.raised:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    after = replace(case, danger=replace(case.danger, raised=True))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, "risk.raise")


def override_risk(tx: Transaction, incident: str, body: OverrideRisk, who: Account, seen: int | None) -> Reply:
    """Set the level by a supervisor's decision: the only way down (P7)."""
    case = _open_case(tx, incident, who)
    check_supervisor(who, case, N_("Only a supervisor sets a level of danger by decision."))
    danger = overridden(case.danger, body.level)
    after = replace(case, danger=danger, priority=danger.priority())
    if after == case:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    _keep_reason(tx, after, who, body.reason, Role.SUPERVISOR.value)
    return _changed(tx, case, after, who, "risk.override", by=Role.SUPERVISOR.value)


def medical_called(tx: Transaction, incident: str, body: MedicalCalled, who: Account, seen: int | None) -> Reply:
    """Note that a human called an ambulance, and when."""
    case = _open_case(tx, incident, who)
    after = replace(case, medical_called_at=body.called_at, medical_called_by=body.by)
    if after == case:
        return _shown(tx, case, who)
    check_version(seen, case.version)
    return _changed(tx, case, after, who, "medical.called")


def apply(tx: Transaction, before: Case, after: Case, by: str) -> Case:
    """Make a changed incident its next version: settled, saved, said."""
    after = settle(after, tx.now, areas.area(tx.connection, after.jurisdiction).deadlines)
    after = replace(after, version=before.version + 1, next_ask_at=asking.after_change(tx.now), asks=0)
    cases.save(tx, before, after)
    say_step(tx, after, "updated", by)
    if after.legs != before.legs:
        say_leg_changed(tx, after)
    return after


# --- common to all ---------------------------------------------------------------------------------------------------


def _open_case(tx: Transaction, incident: str, who: Account) -> Case:
    case = cases.load(tx, incident)
    check_own(who, case)
    if case.state is not IncidentState.OPEN:
        raise Conflict("This incident is %(state)s. Raise a new one; it will be shown as related.", state=case.state)
    return case


def _changed(
    tx: Transaction,
    before: Case,
    after: Case,
    who: Account,
    action: str,
    *,
    by: str | None = None,
    secret: bytes | None = None,
) -> Reply:
    after = apply(tx, before, after, by or spoken_as(who))
    if secret is not None:
        link(tx, after, areas.area(tx.connection, after.jurisdiction).country, secret)
    note(tx, who, action, after.id, after.id)
    return _shown(tx, after, who)


def _shown(tx: Transaction, case: Case, who: Account) -> Reply:
    return Reply.entity(views.whole(tx.connection, case, own(who)))


def _need(case: Case, kind: LegKind) -> Case:
    """A leg that was asked for is a need from then on."""
    return replace(case, facts=patched(case.facts, {"needs": {kind.value: True}}))


def _keep_reason(tx: Transaction, case: Case, who: Account, reason: str | None, by: str | None = None) -> None:
    if reason:
        records.add_note(tx, new_id(), case.id, case.version + 1, by or spoken_as(who), reason)


def _mode(case: Case, given: Any) -> Mode:
    if given is None or given == case.mode:
        return case.mode
    if given != Mode.ACTUAL:
        raise Invalid.field("mode", "may only change to actual")
    return Mode.ACTUAL


def _validated(case: Case, given: Mapping[str, Any]) -> LaterFacts:
    unknown = list(unknown_fields(given, LaterFacts))
    if unknown:
        raise refusal([{"type": "extra_forbidden", "loc": path} for path in unknown])
    try:
        return LaterFacts.model_validate(later_facts(case.facts, given, case.danger.instrument))
    except ValidationError as error:
        raise refusal(error.errors(include_input=False, include_url=False)) from None


def _answers(case: Case, risk: RiskAnswers) -> RiskAnswers:
    """Return new answers: to the incident's own instrument, unless they name another."""
    if not risk.answers or "instrument" not in risk.model_fields_set:
        risk = risk.model_copy(update={"instrument": case.danger.instrument})
    try:
        return known_questions(risk)
    except ValueError as error:
        raise Invalid.field("risk.answers", str(error)) from None
