"""What dispatch hears: incidents of intake, placements of shelter_beds."""

from __future__ import annotations

from collections.abc import Mapping

from services.dispatch.commands import hearing
from shared.contracts.events import INCIDENT, PLACEMENT, Family, IncidentPublic, PlacementPublic
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.messaging.listener import Handler
from shared.storage.transaction import Transaction


def on_incident(tx: Transaction, heard: Heard) -> None:
    """Hear an incident: a unit goes, or does not have to any more."""
    if not isinstance(heard.state, IncidentPublic):
        raise Poison("an incident was expected")
    hearing.incident_heard(tx, heard, heard.state)


def on_placement(tx: Transaction, heard: Heard) -> None:
    """Hear of the room to which the crew may bring the family."""
    if not isinstance(heard.state, PlacementPublic):
        raise Poison("a placement was expected")
    hearing.placement_heard(tx, heard, heard.state)


HANDLERS: Mapping[Family, Handler] = {INCIDENT: on_incident, PLACEMENT: on_placement}
