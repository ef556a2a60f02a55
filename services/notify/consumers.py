"""What notify hears: incidents and late legs of intake, jobs of dispatch, placements of shelter_beds."""

from __future__ import annotations

from collections.abc import Mapping

from services.notify.commands import hearing
from shared.contracts.events import (
    INCIDENT,
    JOB,
    LEG,
    PLACEMENT,
    Family,
    IncidentPublic,
    JobPublic,
    LegPublic,
    PlacementPublic,
)
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.messaging.listener import Handler
from shared.storage.transaction import Transaction


def on_incident(tx: Transaction, heard: Heard) -> None:
    """Hear an incident: a centre is offered it, or does not have to be any more; child protection is told."""
    if not isinstance(heard.state, IncidentPublic):
        raise Poison("an incident was expected")
    hearing.incident_heard(tx, heard, heard.state)


def on_leg(tx: Transaction, heard: Heard) -> None:
    """Hear that a promise is late."""
    if not isinstance(heard.state, LegPublic):
        raise Poison("a leg was expected")
    hearing.leg_overdue(tx, heard, heard.state)


def on_job(tx: Transaction, heard: Heard) -> None:
    """Hear how far the police are."""
    if not isinstance(heard.state, JobPublic):
        raise Poison("a job was expected")
    hearing.job_heard(tx, heard, heard.state)


def on_placement(tx: Transaction, heard: Heard) -> None:
    """Hear how far the shelter is."""
    if not isinstance(heard.state, PlacementPublic):
        raise Poison("a placement was expected")
    hearing.placement_heard(tx, heard, heard.state)


HANDLERS: Mapping[Family, Handler] = {INCIDENT: on_incident, LEG: on_leg, JOB: on_job, PLACEMENT: on_placement}
