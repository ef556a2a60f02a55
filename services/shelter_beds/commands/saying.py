"""Saying what became of placements and rooms: on the bus and on live streams. A shelter has no name there (P6)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import RowMapping

from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.placement import Placement
from services.shelter_beds.domain.room import HELD, OCCUPIED
from services.shelter_beds.store import placements
from shared.contracts.events import PLACEMENT, ROOM, PlacementPublic, RoomPublic
from shared.contracts.vocabulary import Mode, RoomState, Service
from shared.messaging import outbox
from shared.messaging.outbox import Snapshot, announce, record, tell_live
from shared.storage.transaction import Transaction

BY_RULE = Service.SHELTER_BEDS.value
"""Who acted, when no person did."""
ROOMS = ROOM.prefix + "s"
"""Live events about several rooms at once; like those about one they begin with ``shelter_beds.room``."""


def say(tx: Transaction, placement: Placement, incident: Incident, step: str, by: str) -> Placement:
    """Write a placement's next version, say it, and return it."""
    said = replace(placement, version=placement.version + 1)
    if placement.version == 0:
        placements.add(tx, said)
    else:
        placements.save(tx, said)
    record(tx, _snapshot(said, incident), step, by, holder=said.holder)
    return said


def answer(tx: Transaction, placement: Placement, incident: Incident) -> None:
    """Say a placement's present state again, quoting the newest version of its incident (P5)."""
    outbox.answer(tx, _snapshot(placement, incident))


def tell_of_incident(tx: Transaction, placement: Placement, incident: Incident) -> None:
    """Let open pages of a placement read it again: it is as it was, but more is known around it."""
    tell_live(
        tx,
        f"{PLACEMENT.prefix}.facts",
        entity=placement.id,
        version=placement.version,
        jurisdiction=placement.jurisdiction,
        audience=_audience(placement, incident),
    )


def _snapshot(placement: Placement, incident: Incident) -> Snapshot:
    return Snapshot(
        family=PLACEMENT,
        incident=incident.id,
        incident_version=incident.version,
        entity=placement.id,
        version=placement.version,
        mode=placement.mode,
        jurisdiction=incident.jurisdiction,
        priority=incident.priority,
        state=PlacementPublic(
            state=placement.state,
            attempt=placement.attempt,
            request=placement.request,
            alias=placement.alias,
            held_until=placement.held_until,
            arrive_by=placement.arrive_by,
            shadow=placement.shadow,
            reason=placement.reason,
            excluded=dict(placement.excluded),
            attention=placement.attention,
        ),
        open=not placement.ended,
        audience=_audience(placement, incident),
    )


def _audience(placement: Placement, incident: Incident) -> Sequence[str]:
    tags = [f"mechanism:{incident.jurisdiction}"]
    if placement.shelter:
        tags += [f"mechanism:{placement.home}", f"shelter:{placement.shelter}"]
    return tuple(dict.fromkeys(tags))


def room_changed(tx: Transaction, room: RowMapping) -> None:
    """Say a room's new state: neither its name nor its shelter's."""
    taken = {HELD: RoomState(room["state"]), OCCUPIED: RoomState.OCCUPIED}
    announce(
        tx,
        ROOM,
        "changed",
        entity=room["id"],
        version=room["version"],
        state=RoomPublic(
            state=taken.get(room["shown"], RoomState(room["state"])),
            held=room["shown"] == HELD,
            shadow=room["shadow"],
        ),
        jurisdiction=room["jurisdiction"],
        mode=Mode.EXERCISE if room["shadow"] else Mode.ACTUAL,
        audience=(f"shelter:{room['shelter']}", f"supervision:{room['jurisdiction']}"),
    )


def shelter_changed(tx: Transaction, shelter: RowMapping) -> None:
    """Let open pages read a shelter and its rooms again. Nothing of it goes on the bus."""
    tell_live(
        tx,
        f"{ROOMS}.confirmed",
        entity=shelter["code"],
        version=shelter["version"],
        jurisdiction=shelter["jurisdiction"],
        audience=(f"shelter:{shelter['code']}", f"supervision:{shelter['jurisdiction']}"),
    )


def loaded(tx: Transaction, jurisdiction: str) -> None:
    """Let open boards read a whole jurisdiction again."""
    audience = (f"supervision:{jurisdiction}",)
    tell_live(tx, f"{ROOMS}.loaded", entity=jurisdiction, version=1, jurisdiction=jurisdiction, audience=audience)
