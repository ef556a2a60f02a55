"""Hearing of incidents, jobs and placements: what the others say, and what follows from it for the handovers."""

from __future__ import annotations

from dataclasses import replace

from pydantic import ValidationError

from services.notify.commands import children
from services.notify.commands.offering import first_choice, next_attempt, offer
from services.notify.commands.paging import page
from services.notify.commands.saying import BY_RULE, answer, answer_notice, say, tell_of_incident
from services.notify.domain.delivery import Cause
from services.notify.domain.handover import Handover, cancelled
from services.notify.domain.incident import Incident, Verdict, verdict
from services.notify.domain.notice import Notice
from services.notify.store import handovers, incidents, notices
from services.notify.store.incidents import Personal
from shared.contracts.events import IncidentPublic, JobPublic, LegPublic, PlacementPublic
from shared.contracts.sealed import ForNotify
from shared.contracts.vocabulary import LegKind
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.storage.transaction import Transaction

ASKED_ANEW = "asked_anew"
MADE_ACTUAL = "made_actual"


def incident_heard(tx: Transaction, heard: Heard, public: IncidentPublic) -> None:
    """Act on an incident's newest state; whatever it was, its newest handover is said, quoting that version (P5)."""
    incident_id = heard.about.incident
    incidents.lock(tx, incident_id)
    handover = handovers.newest(tx, incident_id)
    if not heard.news:
        _answer_again(tx, incident_id, handover)
        return
    nothing_asked = handover is None and not public.legs[LegKind.CENTRE].wanted and not public.children_involved
    if heard.personal is None and nothing_asked:
        return  # neither a centre nor child protection was ever needed
    incident, personal = _read(heard, public)
    incidents.save(tx, incident, personal)
    newest = _act(tx, incident, handover)
    notice = children.see_to(tx, incident, newest)
    _answer(tx, incident, newest, notice)


def _read(heard: Heard, public: IncidentPublic) -> tuple[Incident, Personal]:
    try:
        sealed = ForNotify.model_validate(heard.personal)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise Poison(f"the sealed part is not an incident for notify: {where}") from None
    about, leg = heard.about, public.legs[LegKind.CENTRE]
    incident = Incident(
        id=about.incident,
        version=heard.version,
        number=public.number,
        jurisdiction=about.jurisdiction,
        mode=about.mode,
        priority=about.priority,
        state=public.state,
        raised_at=public.raised_at,
        wanted=leg.wanted,
        waived=leg.waived,
        request=leg.request,
        municipality=sealed.municipality,
        region=sealed.region,
        people=sealed.people,
        languages=sealed.languages,
        consented=sealed.consented,
        child_involved=public.children_involved or bool(sealed.children),
    )
    packet = sealed.packet.model_dump(mode="json", exclude_unset=True) if sealed.consented else {}
    told = [child.model_dump(mode="json", exclude_unset=True) for child in sealed.children]
    return incident, Personal(packet, told)


def _act(tx: Transaction, incident: Incident, handover: Handover | None) -> Handover | None:
    """Do what the incident asks for; return the handover that now answers for it."""
    newest = handover
    match verdict(incident, handover):
        case Verdict.BEGIN:
            newest = offer(tx, incident, handover)
        case Verdict.BEGIN_ENDED:
            newest = _cancel(tx, incident, next_attempt(incident, handover), incident.taken_back)
        case Verdict.REPLACE if handover is not None:
            newest = offer(tx, incident, _cancel(tx, incident, handover, MADE_ACTUAL))
        case Verdict.CHOOSE_ANEW if handover is not None and handover.centre != first_choice(tx, incident):
            newest = offer(tx, incident, _cancel(tx, incident, handover, ASKED_ANEW))
        case Verdict.CHOOSE_ANEW | Verdict.CARRY_OVER if handover is not None:
            newest = _carry_over(tx, incident, handover)
        case Verdict.CANCEL if handover is not None:
            newest = _cancel(tx, incident, replace(handover, request=incident.request), incident.taken_back)
    return newest


def _cancel(tx: Transaction, incident: Incident, handover: Handover, reason: str) -> Handover:
    return say(tx, cancelled(handover, reason, tx.now), incident, "cancelled", BY_RULE)


def _carry_over(tx: Transaction, incident: Incident, handover: Handover) -> Handover:
    """Let whoever has it keep it, under the new request: nobody is paged twice for one woman."""
    return say(tx, replace(handover, request=incident.request), incident, handover.state.value, BY_RULE)


def _answer(tx: Transaction, incident: Incident, handover: Handover | None, notice: Notice | None) -> None:
    said = {row["entity"] for row in tx.outgoing}
    if handover is not None and handover.id not in said:
        answer(tx, handover, incident)
        if not handover.ended:
            tell_of_incident(tx, handover)
    elif handover is None and notice is not None and notice.id not in said:
        answer_notice(tx, notice, incident)


def _answer_again(tx: Transaction, incident_id: str, handover: Handover | None) -> None:
    """Say everything that there is: whatever was lost between the two stores heals by it."""
    known = notices.of_incident(tx, incident_id)
    if handover is None and not known:
        return
    incident = incidents.incident(tx, incident_id)
    for notice in known:
        answer_notice(tx, notice, incident)
    if handover is not None:
        answer(tx, handover, incident)


def leg_overdue(tx: Transaction, heard: Heard, leg: LegPublic) -> None:
    """Page whoever is being called once more: the operator's screen says by now that the promise is late (P2)."""
    if leg.leg != LegKind.CENTRE:
        return
    incidents.lock(tx, heard.about.incident)
    handover = handovers.newest(tx, heard.about.incident)
    if handover is not None and handover.waits:
        page(tx, handover, Cause.OVERDUE)


def job_heard(tx: Transaction, heard: Heard, job: JobPublic) -> None:
    """Keep how far the police are."""
    _leg_heard(tx, heard, LegKind.POLICE, attempt=job.attempt, state=job.state.value)


def placement_heard(tx: Transaction, heard: Heard, placement: PlacementPublic) -> None:
    """Keep how far the shelter is: an alias and a state."""
    state = placement.state.value
    _leg_heard(tx, heard, LegKind.SHELTER, attempt=placement.attempt, state=state, alias=placement.alias)


def _leg_heard(
    tx: Transaction, heard: Heard, leg: LegKind, *, attempt: int, state: str, alias: str | None = None
) -> None:
    incident_id = heard.about.incident
    news = incidents.save_leg(
        tx,
        leg,
        incident_id=incident_id,
        entity=heard.entity,
        attempt=attempt,
        version=heard.version,
        state=state,
        alias=alias,
    )
    handover = handovers.newest(tx, incident_id) if news else None
    if handover is not None and not handover.ended:
        tell_of_incident(tx, handover)
