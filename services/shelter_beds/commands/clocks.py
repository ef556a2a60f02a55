"""What is due: holds that nobody confirmed in time, families that did not arrive (P2)."""

from __future__ import annotations

from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.saying import BY_RULE, say
from services.shelter_beds.domain.crew import when_due
from services.shelter_beds.store import incidents, placements
from shared.storage.transaction import Transaction


def look_at_due(tx: Transaction) -> None:
    """Extend, be loud about, or end every placement whose time is over; a freed room goes round at once."""
    allocation = Allocation(tx)
    for placement, incident in placements.due(tx):
        crew = incidents.crew(tx, incident.id)
        after, step = when_due(placement, crew, tx.now, allocation.area(placement.jurisdiction).hold)
        if after.ended:
            allocation.end(after, incident, placement, step, BY_RULE)
        else:
            say(tx, after, incident, step, BY_RULE)
    allocation.serve()
