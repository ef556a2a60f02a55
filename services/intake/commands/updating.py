"""Everything that changes an open incident: later facts, further calls, decisions, reports from the scene."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from services.intake import store
from services.intake.commands import views
from services.intake.commands.access import check_own, check_supervisor, check_waive
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
)
from services.intake.domain.merging import patched, with_answers
from services.intake.domain.places import locate
from services.intake.domain.risk import overridden
from shared.contracts.facts import Facts
from shared.contracts.vocabulary import Decision, IncidentState, LegKind, Mode, WhoDecided
from shared.errors import Conflict, Invalid
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version
from shared.web.strict import refusal

Change = Callable[[Case], Case]


def patch(
    tx: Transaction, incident: str, body: Mapping[str, Any], who: Account, secret: bytes, seen: int | None
) -> Reply:
    """Merge later facts into an incident; danger only rises, needs only grow."""
    case = _open_case(tx, incident, who, seen)
    given = dict(body)
    mode = _mode(case, given.pop("mode", None))
    facts = _validated({**patched(case.facts, given), **({"risk": given["risk"]} if "risk" in given else {})})
    gazetteer = store.StoredGazetteer(tx.connection)
    located = locate(facts.location, gazetteer)
    area = store.area(tx.connection, located.jurisdiction)
    danger = case.danger.learned(facts)
    typed = patched(case.facts, _without_nothing(given, facts))
    after = replace(
        case,
        mode=mode,
        danger=danger,
        facts=with_answers(typed, danger.instrument, danger.answers) if danger.answers else typed,
        position=located.position,
        municipality=located.municipality,
        jurisdiction=located.jurisdiction,
        unverified=unread(tx, facts, located, area.country),
    )
    if located.municipality != case.municipality or mode is not case.mode:
        for leg in after.legs.values():
            if leg.needed:
                after = after.with_leg(legs.asked(leg, tx.now, area.deadlines))
    return _changed(tx, case, after, who, "incident.update", secret=secret)


def further_call(tx: Transaction, incident: str, body: FurtherCall, who: Account) -> Reply:
    """Append another call about the same event."""
    case = _open_case(tx, incident, who, None)
    facts = body.model_dump(mode="json", exclude_unset=True)
    store.add_call(tx, new_id(), incident, facts)
    learned = (
        Facts(call=body.call, risk=body.risk)
        if body.risk.answers
        else Facts(call=body.call, risk={"instrument": case.danger.instrument})
    )
    danger = case.danger.learned(learned)
    typed = with_answers(case.facts, danger.instrument, danger.answers) if danger.answers else dict(case.facts)
    if body.callback.phone and not case.typed.callback.phone:
        typed = {**typed, "callback": body.callback.model_dump(mode="json", exclude_unset=True)}
    after = replace(case, calls=case.calls + 1, danger=danger, facts=typed)
    reply = _changed(tx, case, after, who, "incident.call")
    return replace(reply, status=201, headers={**reply.headers, "Location": f"{PATH}/{incident}"})


def request_leg(tx: Transaction, incident: str, kind: LegKind, body: RequestLeg, who: Account) -> Reply:
    """Ask for a leg, for the first time, again after an end, or after a waiver (within 72 hours)."""
    case = _open_case(tx, incident, who, None)
    if body.near_allowed:
        check_supervisor(who, case, "allows a room near the perpetrator")
    area = store.area(tx.connection, case.jurisdiction)
    leg = legs.requested(case.legs[kind], tx.now, area.deadlines, near_allowed=body.near_allowed)
    if leg == case.legs[kind]:
        return _shown(tx, case)
    after = _need(case.with_leg(leg), kind)
    if kind is LegKind.SHELTER and after.typed.victim.decision_shelter is Decision.REFUSES:
        decision = Decision.ACCEPTS if body.who_decided is WhoDecided.VICTIM else Decision.UNDECIDED
        after = replace(after, facts=patched(after.facts, {"victim": {"decision_shelter": decision.value}}))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, f"leg.{kind}.request")


def waive_leg(tx: Transaction, incident: str, kind: LegKind, body: WaiveLeg, who: Account) -> Reply:
    """Take a leg back, with the name of the one whose decision it is."""
    case = _open_case(tx, incident, who, None)
    check_waive(who, case, body.who_decided, police=kind is LegKind.POLICE)
    leg = legs.waived(case.legs[kind], tx.now, body.who_decided)
    if leg == case.legs[kind]:
        return _shown(tx, case)
    after = case.with_leg(leg)
    if kind is LegKind.SHELTER and body.who_decided is WhoDecided.VICTIM:
        after = replace(after, facts=patched(after.facts, {"victim": {"decision_shelter": "refuses"}}))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, f"leg.{kind}.waive")


def raise_risk(tx: Transaction, incident: str, body: RaiseRisk, who: Account) -> Reply:
    """Raise the danger to high on somebody's judgement; always allowed."""
    case = _open_case(tx, incident, who, None)
    if case.danger.raised:
        return _shown(tx, case)
    after = replace(case, danger=replace(case.danger, raised=True))
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, "risk.raise")


def override_risk(tx: Transaction, incident: str, body: OverrideRisk, who: Account) -> Reply:
    """Set the level by a supervisor's decision: the only way down (P7)."""
    case = _open_case(tx, incident, who, None)
    check_supervisor(who, case, "sets a level of danger by decision")
    danger = overridden(case.danger, body.level)
    after = replace(case, danger=danger, priority=danger.priority())
    _keep_reason(tx, after, who, body.reason)
    return _changed(tx, case, after, who, "risk.override")


def medical_called(tx: Transaction, incident: str, body: MedicalCalled, who: Account) -> Reply:
    """Note that a human called an ambulance, and when."""
    case = _open_case(tx, incident, who, None)
    if body.called_at.tzinfo is None:
        raise Invalid.field("called_at", "a moment with its time zone, for instance 2026-11-22T03:00:00Z")
    after = replace(case, medical_called_at=body.called_at, medical_called_by=body.by)
    if after == case:
        return _shown(tx, case)
    return _changed(tx, case, after, who, "medical.called")


def apply(tx: Transaction, before: Case, after: Case, by: str, *, deadlines: Any = None) -> Case:
    """Make a changed incident its next version: settled, saved, said."""
    rules = deadlines or store.area(tx.connection, after.jurisdiction).deadlines
    after = settle(after, tx.now, rules)
    after = replace(after, version=before.version + 1, next_ask_at=asking.after_change(tx.now), asks=0)
    store.save(tx, before, after)
    say_step(tx, after, "updated", by)
    if after.legs != before.legs:
        say_leg_changed(tx, after)
    return after


# --- common to all ---------------------------------------------------------------------------------------------------


def _open_case(tx: Transaction, incident: str, who: Account, seen: int | None) -> Case:
    case = store.load(tx, incident)
    check_own(who, case)
    check_version(seen, case.version)
    if case.state is not IncidentState.OPEN:
        raise Conflict(f"This incident is {case.state}. Raise a new one; it will be shown as related.")
    return case


def _changed(
    tx: Transaction, before: Case, after: Case, who: Account, action: str, *, secret: bytes | None = None
) -> Reply:
    after = apply(tx, before, after, spoken_as(who))
    if secret is not None:
        link(tx, after, store.area(tx.connection, after.jurisdiction).country, secret)
    note(tx, who, action, after.id, after.id)
    return _shown(tx, after)


def _shown(tx: Transaction, case: Case) -> Reply:
    return Reply.entity(views.whole(tx.connection, case))


def _need(case: Case, kind: LegKind) -> Case:
    """A leg that was asked for is a need from then on."""
    return replace(case, facts=patched(case.facts, {"needs": {kind.value: True}}))


def _keep_reason(tx: Transaction, case: Case, who: Account, reason: str | None) -> None:
    if reason:
        store.add_note(tx, new_id(), case.id, case.version + 1, spoken_as(who), reason)


def _mode(case: Case, given: Any) -> Mode:
    if given is None or given == case.mode:
        return case.mode
    if given != Mode.ACTUAL:
        raise Invalid.field("mode", "may only change to actual")
    return Mode.ACTUAL


def _validated(facts: Mapping[str, Any]) -> LaterFacts:
    try:
        return LaterFacts.model_validate(facts)
    except ValidationError as error:
        raise refusal(error.errors(include_input=False, include_url=False)) from None


def _without_nothing(given: Mapping[str, Any], facts: LaterFacts) -> dict[str, Any]:
    """Return the patch as it is stored: in the words of the model (a count of adults becomes adults)."""
    stored = facts.model_dump(mode="json", exclude_unset=True)
    return {name: stored.get(name) if value is not None else None for name, value in given.items()}
