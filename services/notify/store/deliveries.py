"""Deliveries: one row for each attempt to reach one person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, bindparam, case, exists, func, select, update

from services.notify.domain.delivery import Page
from services.notify.domain.handover import waits
from services.notify.tables import DELIVERY, HANDOVER, IS_QUEUED, NOTICE, ONE_QUEUED
from shared.contracts.vocabulary import DeliveryState, HandoverState, Mode, NoticeState
from shared.storage.transaction import Transaction
from shared.storage.upsert import Insert, on_both

_AT_ONCE = 200


def _once_each(insert: Insert) -> Any:
    """Bring the page up to date by which somebody is about to be paged for the incident anyway.

    A drill's page never stands for a real one.
    """
    new = insert.excluded
    both = {name: func.coalesce(new[name], DELIVERY.c[name]) for name in ("handover", "notice")}
    cause = case((new.handover.is_not(None), new.cause), else_=DELIVERY.c.cause)
    return insert.on_conflict_do_update(
        index_elements=[DELIVERY.c.incident, DELIVERY.c.person, DELIVERY.c.mode],
        index_where=ONE_QUEUED,
        set_={**both, "centre": new.centre, "cause": cause},
    )


_ADD = on_both(DELIVERY, _once_each)
_ANY_QUEUED = select(exists().where(IS_QUEUED).select_from(DELIVERY))
_QUEUED = (
    select(
        DELIVERY,
        HANDOVER.c.state.label("handover_state"),
        HANDOVER.c.attention.label("handover_attention"),
        HANDOVER.c.call_person.label("handover_person"),
        NOTICE.c.state.label("notice_state"),
        NOTICE.c.call_person.label("notice_person"),
    )
    .outerjoin(HANDOVER, HANDOVER.c.id == DELIVERY.c.handover)
    .outerjoin(NOTICE, NOTICE.c.id == DELIVERY.c.notice)
    .where(IS_QUEUED)
    .order_by(DELIVERY.c.at)
    .limit(_AT_ONCE)
    # Replicas share the work: whoever comes second takes what is left.
    .with_for_update(of=DELIVERY, skip_locked=True)
)
_SETTLE = (
    update(DELIVERY)
    .where(DELIVERY.c.id == bindparam("settled"))
    .values(state=bindparam("state"), reason=bindparam("reason"), sent_at=bindparam("sent_at"))
)


def queue(tx: Transaction, row: Mapping[str, Any]) -> None:
    """Queue a page; if the person is about to be paged for the incident anyway, that page covers this too."""
    tx.on_both(_ADD, row)


def any_queued(connection: Connection, _now: datetime) -> bool:
    """Say whether somebody must be paged."""
    return bool(connection.execute(_ANY_QUEUED).scalar())


def queued(tx: Transaction) -> list[Page]:
    """Return pages to be sent, oldest first, with the present state of what they are about."""
    return [_page(row) for row in tx.all(_QUEUED)]


def _page(row: RowMapping) -> Page:
    handover_waits = row["handover_state"] is not None and waits(
        HandoverState(row["handover_state"]), row["handover_attention"]
    )
    return Page(
        id=row["id"],
        person=row["person"],
        channel=row["channel"],
        mode=Mode(row["mode"]),
        jurisdiction=row["jurisdiction"],
        called={
            *([row["handover_person"]] if handover_waits else ()),
            *([row["notice_person"]] if row["notice_state"] == NoticeState.SENT else ()),
        },
    )


def settle(tx: Transaction, settled: Sequence[tuple[str, DeliveryState, str | None]]) -> None:
    """Write what became of pages: id, state and why."""
    sent = {DeliveryState.SENT, DeliveryState.SIMULATED}
    rows = [
        {"settled": each, "state": state.value, "reason": reason, "sent_at": tx.now if state in sent else None}
        for each, state, reason in settled
    ]
    if rows:
        tx.execute(_SETTLE, rows)


def fetched(tx: Transaction, person: str, ids: Sequence[str]) -> None:
    """Note that a person's own console fetched these pages."""
    mine = (DELIVERY.c.person == person, DELIVERY.c.id.in_(ids), DELIVERY.c.state == DeliveryState.SENT.value)
    tx.execute(update(DELIVERY).where(*mine).values(state=DeliveryState.DELIVERED.value, delivered_at=tx.now))
