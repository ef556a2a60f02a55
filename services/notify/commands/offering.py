"""Offering a handover to the next centre of a municipality, until one takes it on or none is left."""

from __future__ import annotations

from services.notify.commands.paging import page
from services.notify.commands.saying import BY_RULE, say
from services.notify.domain import handover as handover_domain
from services.notify.domain.delivery import Cause
from services.notify.domain.handover import EVERY_CENTRE_DECLINED, NO_CENTRE, Handover
from services.notify.domain.incident import Incident
from services.notify.store import centres, handovers
from shared.ids import new_id
from shared.storage.transaction import Transaction


def offer(tx: Transaction, incident: Incident, before: Handover | None) -> Handover:
    """Offer the incident to its first centre that has not declined this request; say if there is none (P2)."""
    declined = handovers.declined_by(tx, incident.id, incident.request) if before else frozenset()
    left = [centre for centre in centres.serving(tx, incident.municipality) if centre.code not in declined]
    if not left:
        reason = EVERY_CENTRE_DECLINED if declined else NO_CENTRE
        nobodys = next_attempt(incident, before)
        return say(tx, handover_domain.unmet(nobodys, reason, tx.now), incident, "declined", BY_RULE)
    new = next_attempt(incident, before, left[0].code)
    said = say(tx, handover_domain.offered(new, left[0].rota, tx.now), incident, "offered", BY_RULE)
    page(tx, said, Cause.OFFERED)
    return said


def next_attempt(incident: Incident, before: Handover | None, centre: str | None = None) -> Handover:
    """Return the next handover of an incident."""
    return Handover(
        id=new_id(),
        incident=incident.id,
        jurisdiction=incident.jurisdiction,
        attempt=before.attempt + 1 if before else 1,
        request=incident.request,
        mode=incident.mode,
        centre=centre,
    )


def first_choice(tx: Transaction, incident: Incident) -> str | None:
    """Return the centre that an incident would be offered first."""
    return next((centre.code for centre in centres.serving(tx, incident.municipality)), None)
