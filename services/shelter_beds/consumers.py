"""What shelter_beds hears: incidents of intake, jobs of dispatch.

It may hear handovers too; nothing that happens to one changes a placement.
"""

from __future__ import annotations

from collections.abc import Mapping

from services.shelter_beds.commands import hearing
from shared.contracts.events import INCIDENT, JOB, Family, IncidentPublic, JobPublic
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.messaging.listener import Handler
from shared.storage.transaction import Transaction


def handlers(hashed: hearing.Hashed) -> Mapping[Family, Handler]:
    """Return what is done about what is heard; perpetrators' names are kept as keyed hashes."""

    def on_incident(tx: Transaction, heard: Heard) -> None:
        """Hear an incident: a room is sought, or not needed any more."""
        if not isinstance(heard.state, IncidentPublic):
            raise Poison("an incident was expected")
        hearing.incident_heard(tx, heard, heard.state, hashed)

    return {INCIDENT: on_incident, JOB: on_job}


def on_job(tx: Transaction, heard: Heard) -> None:
    """Hear how far the crew is that brings the family."""
    if not isinstance(heard.state, JobPublic):
        raise Poison("a job was expected")
    hearing.job_heard(tx, heard, heard.state)
