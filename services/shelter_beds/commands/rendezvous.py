"""Where the crew that carries a family meets the shelter's staff: told to nobody else, and every look is known (P6)."""

from __future__ import annotations

from sqlalchemy import insert

from services.shelter_beds.commands.access import Seat
from services.shelter_beds.commands.saying import tell_of_incident
from services.shelter_beds.domain.crew import AT_RENDEZVOUS, Crew
from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.placement import Placement
from services.shelter_beds.store import incidents, placements, shelters
from services.shelter_beds.tables import LOOK
from shared.contracts.vocabulary import MeetingPointKind, PlacementState
from shared.errors import NotFound
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply


def look(tx: Transaction, placement_id: str, who: Account) -> Reply:
    """Return the meeting point to the crew that carries this family, while they do.

    Raises:
        NotFound: to everybody else, and at every other time; even whether there is one is a secret.
    """
    placement = placements.placement(tx.connection, placement_id)
    incident = incidents.incident(tx.connection, placement.incident)
    crew = incidents.crew(tx, placement.incident)
    if crew is None or not _may_look(Seat.of(who), placement, incident, crew):
        raise NotFound("placement")
    row = {"id": new_id(), "placement": placement_id, "at": tx.now, "station": crew.station, "unit": crew.unit}
    tx.execute(insert(LOOK), row)
    note(tx, who, "rendezvous.read", placement_id, placement.incident)
    tell_of_incident(tx, placement, incident)
    return Reply({**_place(tx, placement), "word": placement.word})


def _may_look(seat: Seat, placement: Placement, incident: Incident, crew: Crew) -> bool:
    theirs = (crew.station, crew.unit) in seat.crews and crew.state in AT_RENDEZVOUS
    agreed = placement.state is PlacementState.CONFIRMED and incident.accepted_by_her
    return theirs and agreed and not incident.police_linked


def _place(tx: Transaction, placement: Placement) -> dict[str, str]:
    point = placement.meeting_point or {}
    if point.get("kind") != MeetingPointKind.DOOR:
        return {"kind": point["kind"], "text": point["text"]}
    # Only here, only now does the address leave the place where it is kept.
    address = shelters.address(tx, str(placement.shelter))
    return {"kind": point["kind"], "text": ", ".join(part for part in (address, point.get("text")) if part)}
