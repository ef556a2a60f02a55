"""What is due: somebody did not answer, so the next is called (P2)."""

from __future__ import annotations

from services.notify.commands import children
from services.notify.commands.paging import page
from services.notify.commands.saying import BY_RULE, say, say_notice
from services.notify.domain import notice as notice_domain
from services.notify.domain.delivery import Cause
from services.notify.domain.handover import Attention, Handover, called_next
from services.notify.store import centres, handovers, incidents, notices
from services.notify.store.centres import Centre
from shared.storage.transaction import Transaction


def call_next(tx: Transaction) -> None:
    """Call the next person of the rota for every handover whose time is over."""
    read: dict[str, Centre] = {}
    for handover_id, incident_id in handovers.due(tx):
        incidents.lock(tx, incident_id)
        handover = handovers.handover(tx.connection, handover_id)
        if handover.due_at is None or handover.due_at > tx.now or handover.centre is None:
            continue  # another replica was faster, or somebody answered
        if handover.centre not in read:
            read[handover.centre] = centres.centre(tx.connection, handover.centre)
        _escalate(tx, handover, read[handover.centre])


def _escalate(tx: Transaction, handover: Handover, centre: Centre) -> None:
    incident = incidents.incident(tx, handover.incident)
    said = say(tx, called_next(handover, centre.rota, tx.now), incident, "escalated", BY_RULE)
    page(tx, said, Cause.FORGOTTEN if said.attention == Attention.FORGOTTEN else Cause.ESCALATED)


def remind(tx: Transaction) -> None:
    """Call the next person for every child-protection notice that nobody has confirmed in time."""
    for notice_id, incident_id in notices.due(tx):
        incidents.lock(tx, incident_id)
        notice = notices.notice(tx.connection, notice_id)
        if notice.due_at is None or notice.due_at > tx.now:
            continue
        incident = incidents.incident(tx, incident_id)
        said = notice_domain.reminded(notice, children.rota_of(tx, notice), tx.now)
        page(tx, say_notice(tx, said, incident, BY_RULE), Cause.CHILD)
