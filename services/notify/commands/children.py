"""Child protection is told of every incident with a child in it, once, and somebody says that it was (DOMAIN)."""

from __future__ import annotations

from dataclasses import replace

from services.notify.commands import views
from services.notify.commands.access import Seat
from services.notify.commands.offering import first_choice
from services.notify.commands.paging import page
from services.notify.commands.saying import BY_RULE, say_notice
from services.notify.domain import notice as notice_domain
from services.notify.domain.delivery import Cause
from services.notify.domain.handover import Handover
from services.notify.domain.incident import Incident
from services.notify.domain.notice import Notice
from services.notify.domain.rota import Rota
from services.notify.store import centres, incidents, notices
from shared.contracts.vocabulary import IncidentState, NoticeState, Role
from shared.errors import NotFound
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version


def see_to(tx: Transaction, incident: Incident, handover: Handover | None) -> Notice | None:
    """Bring the notice of an incident into line with it; return it.

    It is sent whoever consented to what, and whether or not a centre is wanted; a cancelled incident takes it back.
    Whoever has the handover sees to the notice as well.
    """
    if not incident.child_involved:
        return None
    known = notices.of_incident(tx, incident.id)
    for drill in known:
        if drill.shadow and not incident.mode.shadow and drill.state is NoticeState.SENT:
            say_notice(tx, notice_domain.cancelled(drill), incident, BY_RULE)
    present = next((each for each in known if each.shadow == incident.mode.shadow), None)
    if incident.state is IncidentState.CANCELLED:
        return _take_back(tx, incident, present, handover)
    if present is not None and present.state is not NoticeState.SENT:
        return present
    office = centres.office_of(tx, incident.municipality)
    centre = _centre(tx, incident, present, handover)
    if present is not None and (present.office, present.centre) == (office, centre):
        return present
    return _send(tx, incident, replace(present or _new(incident), office=office, centre=centre))


def _centre(tx: Transaction, incident: Incident, notice: Notice | None, handover: Handover | None) -> str | None:
    if handover is not None and not handover.ended:
        return handover.centre
    return notice.centre if notice is not None and notice.centre else first_choice(tx, incident)


def _new(incident: Incident) -> Notice:
    return Notice(new_id(), incident.id, incident.jurisdiction, incident.mode, office=None, centre=None)


def _send(tx: Transaction, incident: Incident, notice: Notice) -> Notice:
    said = say_notice(tx, notice_domain.sent(notice, rota_of(tx, notice), tx.now), incident, BY_RULE)
    page(tx, said, Cause.CHILD)
    return said


def _take_back(tx: Transaction, incident: Incident, notice: Notice | None, handover: Handover | None) -> Notice | None:
    if notice is not None and notice.state is not NoticeState.SENT:
        return notice
    if notice is None and handover is not None:
        return None
    # With neither a notice nor a handover there would be nothing to answer with.
    return say_notice(tx, notice_domain.cancelled(notice or _new(incident)), incident, BY_RULE)


def rota_of(tx: Transaction, notice: Notice) -> Rota:
    """Return the rota of those who see to a notice."""
    return centres.centre(tx.connection, notice.centre).rota if notice.centre else Rota()


def acknowledge(tx: Transaction, notice_id: str, who: Account, seen: int | None) -> Reply:
    """Record that the office has confirmed: by the centre's staff, or by a supervisor who rang it."""
    incidents.lock(tx, notices.notice(tx.connection, notice_id).incident)
    notice = notices.notice(tx.connection, notice_id)
    seat = Seat.of(who)
    if notice.centre in seat.centres:
        role = Role.CENTRE_STAFF
    elif notice.jurisdiction in seat.supervised:
        role = Role.SUPERVISOR
    else:
        raise NotFound("notice")
    if notice.state is not NoticeState.ACKNOWLEDGED:
        check_version(seen, notice.version)
        incident = incidents.incident(tx, notice.incident)
        say_notice(tx, notice_domain.acknowledged(notice, tx.now), incident, role.value)
        note(tx, who, "notice.acknowledge", notice.id, notice.incident)
    return Reply.entity(views.notice_after(tx.connection, seat, notice.id))
