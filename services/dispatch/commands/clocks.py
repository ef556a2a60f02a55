"""What is due: units that did not acknowledge in time, and units that may be asked once more."""

from __future__ import annotations

from services.dispatch.commands.allocation import Allocation
from services.dispatch.commands.saying import tell_desk
from services.dispatch.domain.job import Attention, taken_back
from services.dispatch.figures import UNACKNOWLEDGED
from services.dispatch.store import jobs
from shared.contracts.vocabulary import JobState
from shared.storage.transaction import Transaction


def take_back_unacknowledged(tx: Transaction) -> None:
    """Give every job whose unit did not answer to the next one, and tell the desk (P2)."""
    for jurisdiction, shadow in jobs.due_places(tx):
        allocation = Allocation(tx, jurisdiction)
        for job in jobs.due(tx, jurisdiction, shadow=shadow):
            if job.state is JobState.ASSIGNED:
                jobs.note_tried(tx, job.id, str(job.unit), declined=False)
                tell_desk(tx, job, Attention.NOT_ACKNOWLEDGED)
                tx.measure(UNACKNOWLEDGED, 1, job.mode.value)
                allocation.requeue(job, taken_back(job, None, Attention.NOT_ACKNOWLEDGED))
            else:
                allocation.seek(job)
        allocation.serve()
