"""What a shelter's staff do with a placement: confirm or decline a hold, mark arrival, absence and departure."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from services.shelter_beds.commands import views
from services.shelter_beds.commands.access import Seat
from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.saying import say
from services.shelter_beds.domain import placement as placement_domain
from services.shelter_beds.domain.meeting import kept_code, meeting_point, offered, word
from services.shelter_beds.domain.placement import Move, Placement
from services.shelter_beds.store import incidents, placements, rooms, shelters
from shared.contracts.vocabulary import MeetingPointKind, PlacementState, Role
from shared.errors import NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version

STAFF = Role.SHELTER_STAFF.value


def confirm(
    tx: Transaction,
    placement_id: str,
    asked: str | Mapping[str, Any],
    who: Account,
    seen: int | None,
    *,
    keep: bool = False,
) -> Reply:
    """Take the hold on, and say where staff will meet the family. Another meeting point later replaces the first.

    ``keep``: a meeting point in the staff's own words is offered to them again.
    """
    placement, allocation = _locked(tx, placement_id, who)
    incident = incidents.incident(tx.connection, placement.incident)
    shelter = shelters.shelter(tx, str(placement.shelter))
    area = allocation.area(shelter["jurisdiction"])
    used = shelters.used_points(tx.connection, [shelter["code"]]).get(shelter["code"], [])
    point = meeting_point(
        asked,
        offered(shelter["meeting_points"], used, area.language),
        address_set=shelters.address_is_set(tx, shelter["code"]),
        police_linked=incident.police_linked,
    )
    if placement.state is PlacementState.CONFIRMED and placement.meeting_point == point:
        return _shown(tx, placement, who)
    check_version(seen, placement.version)
    after = placement_domain.confirmed(
        placement, point, word(area.language, secrets.choice), tx.now, allocation.area(incident.jurisdiction).arrive
    )
    said = say(tx, after, incident, "confirmed", STAFF)
    note(tx, who, "placement.confirm", placement.id, placement.incident)
    if not said.shadow:
        _remember(tx, shelter["code"], asked, point, keep=keep)
    allocation.touch(rooms.change(tx, str(placement.room), **confirmed_by(tx, who, Role.SHELTER_STAFF)))
    allocation.serve()
    return _shown(tx, said, who)


def _remember(
    tx: Transaction, shelter: str, asked: str | Mapping[str, Any], point: Mapping[str, Any], *, keep: bool
) -> None:
    """Offer a meeting point first the next time; in the staff's own words only if they wish, and never the door."""
    if isinstance(asked, str):
        shelters.use_point(tx, shelter, asked)
    elif keep and point["kind"] != MeetingPointKind.DOOR:
        code = kept_code(point["kind"], point["text"])
        shelters.use_point(tx, shelter, code, point["kind"], point["text"])


def confirmed_by(tx: Transaction, who: Account, role: Role) -> dict[str, Any]:
    """Return what is kept of who said that a room's state is true."""
    return {"confirmed_at": tx.now, "confirmed_role": role.value, "confirmed_by": who.id}


def move(tx: Transaction, placement_id: str, step: Move, reason: str | None, who: Account, seen: int | None) -> Reply:
    """Take the next step of a placement."""
    placement, allocation = _locked(tx, placement_id, who)
    if placement_domain.is_step_again(placement, step):
        return _shown(tx, placement, who)
    check_version(seen, placement.version)
    after = placement_domain.moved(placement, step, tx.now, reason)
    incident = incidents.incident(tx.connection, placement.incident)
    note(tx, who, f"placement.{step.value}", placement.id, placement.incident, reason)
    if after.ended:
        said = allocation.end(after, incident, placement, after.state.value, STAFF)
    else:
        said = say(tx, after, incident, after.state.value, STAFF)
    if step is Move.ARRIVE:
        allocation.show(said)
    if step is Move.ARRIVE and not said.shadow:  # P9: a drill makes no shelter unsafe for anybody
        shelters.acquaint(tx, str(said.shelter), incident.family.names, incident.id)
    allocation.serve()
    return _shown(tx, said, who)


def extend(tx: Transaction, placement_id: str, who: Account, seen: int | None) -> Reply:
    """Keep a room longer: as long again as a hold lasts, or as a confirmed family has to arrive."""
    placement, allocation = _locked(tx, placement_id, who)
    area = allocation.area(placement.jurisdiction)
    time = area.hold if placement.state is PlacementState.HELD else area.arrive
    after = placement_domain.extended(placement, tx.now + time)
    if after == placement:
        return _shown(tx, placement, who)
    check_version(seen, placement.version)
    said = say(tx, after, incidents.incident(tx.connection, placement.incident), "extended", STAFF)
    note(tx, who, "placement.extend", placement.id, placement.incident)
    return _shown(tx, said, who)


def _locked(tx: Transaction, placement_id: str, who: Account) -> tuple[Placement, Allocation]:
    """Read a placement under the lock: clocks and other people move it too.

    Raises:
        NotFound: there is none, or it is not of the account's shelter.
    """
    allocation = Allocation(tx)
    placement = placements.placement(tx.connection, placement_id)
    if placement.shelter not in Seat.of(who).shelters:
        raise NotFound("placement")
    return placement, allocation


def _shown(tx: Transaction, placement: Placement, who: Account) -> Reply:
    return Reply.entity(views.placement_after(tx.connection, Seat.of(who), placement))
