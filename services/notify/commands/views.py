"""What people and programs are shown. What is personal is only in the detail of a handover or a notice (P6)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, Table, and_, false, or_, select

from services.notify.commands.access import Seat
from services.notify.domain.handover import Handover
from services.notify.domain.packet import handed_over
from services.notify.store.handovers import handover_of
from services.notify.store.incidents import incident_of
from services.notify.tables import DELIVERY, HANDOVER, INCIDENT, NOTICE, OFFICE, OTHER_LEG
from shared.contracts.need_to_know import for_role
from shared.contracts.vocabulary import HandoverState, NoticeState, Role, Service
from shared.errors import NotFound
from shared.storage.history import steps_of_each

Show = Callable[[RowMapping], Mapping[str, Any]]

_WITHOUT_THE_PACKET = frozenset({HandoverState.DECLINED, HandoverState.CANCELLED})
"""A centre that does not take her on has no need to know more of her."""
_BESIDE = (INCIDENT.c.number.label("incident_number"), INCIDENT.c.priority, INCIDENT.c.raised_at)


# --- handovers -------------------------------------------------------------------------------------------------------


def handovers_query(seat: Seat) -> Select[Any]:
    """Return the query of all handovers that an account may read."""
    return _handovers().where(_readable(seat, HANDOVER))


def _readable(seat: Seat, table: Table) -> ColumnElement[bool]:
    """Say which handovers or notices an account may read. A condition that nobody needs would cost an index its use."""
    own = [table.c.centre.in_(seat.centres)] if seat.centres else []
    watched = [each.c.jurisdiction.in_(seat.onlookers) for each in (table, INCIDENT)] if seat.onlookers else []
    return or_(false(), *own, *watched)


def _handovers() -> Select[Any]:
    same = and_(NOTICE.c.incident == HANDOVER.c.incident, NOTICE.c.shadow == HANDOVER.c.shadow)
    query = select(HANDOVER, *_BESIDE, NOTICE.c.id.label("notice_id"), NOTICE.c.state.label("notice_state")).join(
        INCIDENT, INCIDENT.c.id == HANDOVER.c.incident
    )
    return query.outerjoin(NOTICE, same)


def handovers(
    connection: Connection, seat: Seat, rows: Sequence[RowMapping | Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """Return handovers as they stand in lists."""
    steps = steps_of_each(connection, [row["id"] for row in rows])
    return [_handover(seat, handover_of(row), row, steps.get(row["id"], [])) for row in rows]


def handover_after(connection: Connection, seat: Seat, handover: Handover) -> dict[str, Any]:
    """Return a handover as a use case leaves it."""
    row = connection.execute(_handovers().where(HANDOVER.c.id == handover.id)).mappings().one()
    return _handover(seat, handover, row, steps_of_each(connection, [handover.id]).get(handover.id, []))


def handover_detail(connection: Connection, seat: Seat, handover_id: str) -> dict[str, Any]:
    """Return a handover; to its centre with the packet: that is personal, and the look must be noted.

    Raises:
        NotFound: there is no such handover, or it is not the account's to see.
    """
    row = connection.execute(handovers_query(seat).where(HANDOVER.c.id == handover_id)).mappings().first()
    if row is None:
        raise NotFound("handover")
    handover = handover_of(row)
    shown = _handover(seat, handover, row, steps_of_each(connection, [handover_id]).get(handover_id, []))
    if handover.centre not in seat.centres or handover.state in _WITHOUT_THE_PACKET:
        return shown
    return shown | _packet(connection, handover)


def _packet(connection: Connection, handover: Handover) -> dict[str, Any]:
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == handover.incident)).mappings().one()
    facts = for_role(Service.NOTIFY, [Role.CENTRE_STAFF], row["packet"])
    packet = handed_over(incident_of(row), facts)
    return {"packet": packet} | ({"legs": _other_legs(connection, handover.incident)} if row["consented"] else {})


def _other_legs(connection: Connection, incident: str) -> dict[str, Any]:
    query = select(OTHER_LEG.c.leg, OTHER_LEG.c.state, OTHER_LEG.c.alias).where(OTHER_LEG.c.incident == incident)
    return {
        row["leg"]: {"state": row["state"]} | ({"alias": row["alias"]} if row["alias"] else {})
        for row in connection.execute(query).mappings()
    }


def _handover(
    seat: Seat, handover: Handover, row: RowMapping | Mapping[str, Any], steps: list[dict[str, Any]]
) -> dict[str, Any]:
    shown = {
        "id": handover.id,
        "incident": handover.incident,
        "incident_number": row["incident_number"],
        "jurisdiction": handover.jurisdiction,
        "centre": handover.centre,
        "state": handover.state,
        "priority": row["priority"],
        "raised_at": row["raised_at"],
        "mode": handover.mode,
        "shadow": handover.shadow,
        "attempt": handover.attempt,
        "request": handover.request,
        "rota_step": handover.call.count,
        "due_at": handover.due_at,
        "offered_at": handover.offered_at,
        "acknowledged_at": handover.acknowledged_at,
        "accepted_at": handover.accepted_at,
        "ended_at": handover.ended_at,
        "version": handover.version,
        "reason": handover.reason,
        "attention": handover.attention,
        "notice": {"id": row["notice_id"], "state": row["notice_state"]} if row["notice_id"] else None,
        "steps": steps,
    }
    if handover.centre not in seat.centres:
        return shown
    return shown | {
        "called": handover.calling,
        "acknowledged_by": handover.acknowledged_by,
        "accepted_by": handover.accepted_by,
    }


# --- child-protection notices ----------------------------------------------------------------------------------------


def notices_query(seat: Seat) -> Select[Any]:
    """Return the query of all child-protection notices that an account may read."""
    return _notices().where(_readable(seat, NOTICE))


def _notices() -> Select[Any]:
    office = (OFFICE.c.name.label("office_name"), OFFICE.c.phone.label("office_phone"))
    query = select(NOTICE, *_BESIDE, *office).join(INCIDENT, INCIDENT.c.id == NOTICE.c.incident)
    return query.outerjoin(OFFICE, OFFICE.c.code == NOTICE.c.office)


def notice(row: RowMapping) -> dict[str, Any]:
    """Return a notice as it stands in lists."""
    office = {"code": row["office"], "name": row["office_name"], "phone": row["office_phone"]}
    names = ("id", "incident", "incident_number", "jurisdiction", "centre", "state", "priority", "raised_at", "mode")
    return {
        **{name: row[name] for name in names},
        "shadow": row["shadow"],
        "office": office if row["office"] else None,
        "due_at": row["due_at"],
        "sent_at": row["sent_at"],
        "acknowledged_at": row["acknowledged_at"],
        "attention": row["attention"],
        "version": row["version"],
    }


def notice_after(connection: Connection, seat: Seat, notice_id: str) -> dict[str, Any]:
    """Return a notice as a use case leaves it.

    Raises:
        NotFound: there is no such notice, or it is not the account's to see.
    """
    row = connection.execute(notices_query(seat).where(NOTICE.c.id == notice_id)).mappings().first()
    if row is None:
        raise NotFound("notice")
    return notice(row)


def notice_detail(connection: Connection, seat: Seat, notice_id: str) -> dict[str, Any]:
    """Return a notice; to the centre that sees to it with what the office must hear, and then the look is noted."""
    shown = notice_after(connection, seat, notice_id)
    if shown["centre"] not in seat.centres or shown["state"] != NoticeState.SENT:
        return shown
    row = connection.execute(select(INCIDENT).where(INCIDENT.c.id == shown["incident"])).mappings().one()
    facts = {"location": {"municipality": row["municipality"]}, "victim": {"children": row["children"]}}
    told = for_role(Service.NOTIFY, [Role.CENTRE_STAFF], facts)
    return shown | {"municipality": told["location"]["municipality"], "children": told["victim"]["children"]}


# --- deliveries ------------------------------------------------------------------------------------------------------


def deliveries_query(seat: Seat) -> Select[Any]:
    """Return the query of all deliveries that an account may read."""
    own = [DELIVERY.c.centre.in_(seat.centres)] if seat.centres else []
    overseen = seat.supervised | seat.audited
    watched = [DELIVERY.c.jurisdiction.in_(overseen)] if overseen else []
    return _deliveries().where(or_(false(), *own, *watched))


def inbox_query(seat: Seat) -> Select[Any]:
    """Return the query of what was sent to an account's own console."""
    queued_or_failed = DELIVERY.c.sent_at.is_(None)
    return _deliveries().where(DELIVERY.c.person == seat.account, ~queued_or_failed)


def _deliveries() -> Select[Any]:
    beside = (
        *_BESIDE,
        HANDOVER.c.state.label("handover_state"),
        NOTICE.c.state.label("notice_state"),
    )
    query = select(DELIVERY, *beside).join(INCIDENT, INCIDENT.c.id == DELIVERY.c.incident)
    query = query.outerjoin(HANDOVER, HANDOVER.c.id == DELIVERY.c.handover)
    return query.outerjoin(NOTICE, NOTICE.c.id == DELIVERY.c.notice)


def delivery(row: RowMapping) -> dict[str, Any]:
    """Return a delivery: that it was delivered says that a console has it, never that a human has answered."""
    names = (
        "id",
        "incident",
        "incident_number",
        "priority",
        "handover",
        "handover_state",
        "notice",
        "notice_state",
        "centre",
        "person",
        "channel",
        "cause",
        "mode",
        "state",
        "reason",
        "at",
        "sent_at",
        "delivered_at",
    )
    return {name: row[name] for name in names}
