"""The outbox as the relay sees it: claiming, marking, releasing, and saying again after a loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, func, or_, select, true, update

from shared.clock import utc_now
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.ledger import LEASE
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_OUTBOX = kernel.outbox
OLD = 2
"""The rank of what a loss makes one say again although nobody waits for it."""
_NEWEST = select(func.max(_OUTBOX.c.id))
_UNPUBLISHED = _OUTBOX.c.seq.is_(None) & _OUTBOX.c.body.is_not(None)


@dataclass(frozen=True)
class StreamMark:
    """The highest sequence at which the stream acknowledged one of this outbox's messages."""

    stream: str
    created: str
    seq: int
    message_id: str


def is_any_claimable(store: Store) -> bool:
    """Say whether a row waits for a publisher, whoever wrote it."""
    with store.reading() as connection:
        return connection.execute(select(_OUTBOX.c.id).where(_claimable(utc_now())).limit(1)).first() is not None


def claim(tx: Transaction, lease: str, most: int, most_of_old: int) -> list[Mapping[str, Any]]:
    """Lease rows that nobody is publishing: the newest state of the unfinished first, most dangerous first.

    Args:
        tx: the use case's transaction.
        lease: under which.
        most: how many.
        most_of_old: how many of what a loss makes one say again although something newer is said, or nothing is
            unfinished; only when nothing else waits.
    """
    order = (_OUTBOX.c.rank, _OUTBOX.c.priority, _OUTBOX.c.id)
    chosen = select(_OUTBOX.c.id).where(_claimable(tx.now)).order_by(*order).with_for_update(skip_locked=True)
    ids = tx.execute(chosen.where(_OUTBOX.c.rank < OLD).limit(most)).scalars().all()
    ids = ids or tx.execute(chosen.where(_OUTBOX.c.rank >= OLD).limit(most_of_old)).scalars().all()
    if not ids:
        return []
    tx.execute(update(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).values(lease=lease, lease_until=tx.now + LEASE))
    return [dict(row) for row in tx.all(select(_OUTBOX).where(_OUTBOX.c.id.in_(ids)).order_by(*order))]


def release(tx: Transaction, lease: str) -> int:
    """Give up this process's leases on what it did not publish; return the newest row that this can have met.

    What the same batch says is written after this and keeps its lease. A SQLite store has one owner, so whatever
    another process had leased there is given up too: that process is dead.
    """
    mine = true() if tx.connection.dialect.name == "sqlite" else _OUTBOX.c.lease == lease
    tx.execute(update(_OUTBOX).where(_UNPUBLISHED, mine).values(lease=None, lease_until=None))
    return int(tx.scalar(_NEWEST) or 0)


def mark(tx: Transaction, lease: str, marks: Sequence[Mapping[str, Any]], stream: StreamMark) -> None:
    """Note at which sequence rows were published, and the highest of them all.

    Only rows still leased to who published them: what was given to another meanwhile, or is to be said again after a
    loss, would else count as published in a stream that is gone.

    Args:
        tx: the use case's transaction.
        lease: whose leases the rows were published under.
        marks: ``{"marked": event_id, "at_seq": sequence}`` for each row.
        stream: the highest sequence among them.
    """
    published = update(_OUTBOX).where(_OUTBOX.c.event_id == bindparam("marked"), _OUTBOX.c.lease == lease)
    tx.execute(published.values(seq=bindparam("at_seq"), lease=None, lease_until=None), list(marks))
    table = kernel.stream_mark
    tx.execute(
        update(table)
        .where(table.c.stream == stream.stream, table.c.created == stream.created, table.c.seq < stream.seq)
        .values(seq=stream.seq, message_id=stream.message_id)
    )


def read_mark(store: Store, stream: str) -> StreamMark | None:
    """Return the mark of a stream, if anything was ever published into it."""
    with store.reading() as connection:
        row = connection.execute(select(kernel.stream_mark).where(kernel.stream_mark.c.stream == stream)).first()
    return StreamMark(row.stream, row.created, row.seq, row.message_id) if row else None


def is_expired(store: Store, mark_: StreamMark, kept: timedelta) -> bool:
    """Say whether the marked message is so old that a stream that keeps messages for so long has dropped it."""
    event = mark_.message_id.partition(".")[0]
    with store.reading() as connection:
        at = connection.execute(select(_OUTBOX.c.at).where(_OUTBOX.c.event_id == event)).scalar()
    return at is None or at < utc_now() - kept


def set_mark(tx: Transaction, mark_: StreamMark) -> None:
    """Begin a new history of the stream."""
    table = kernel.stream_mark
    fields = asdict(mark_)
    statement = insert_into(tx.connection, table).values(**fields)
    tx.execute(statement.on_conflict_do_update(index_elements=[table.c.stream], set_=fields))


def newest_unfinished(store: Store) -> list[int]:
    """Return the newest row of every entity that was unfinished then."""
    newest = select(func.max(_OUTBOX.c.id)).where(_OUTBOX.c.body.is_not(None)).group_by(_OUTBOX.c.entity)
    unfinished = select(_OUTBOX.c.id).where(_OUTBOX.c.id.in_(newest), _OUTBOX.c.open.is_(True))
    with store.reading() as connection:
        return list(connection.execute(unfinished.order_by(_OUTBOX.c.priority, _OUTBOX.c.id)).scalars())


def say_again(tx: Transaction, ids: Sequence[int]) -> None:
    """Have rows published once more, before anything else that is said again. New rows are not put behind."""
    said_before = _OUTBOX.c.id.in_(ids) & or_(_OUTBOX.c.seq.is_not(None), _OUTBOX.c.rank > 0)
    tx.execute(update(_OUTBOX).where(said_before).values(seq=None, lease=None, lease_until=None, rank=1))


def say_last_hour_again(tx: Transaction) -> None:
    """Have everything of the last hour published once more, after the unfinished.

    What is being published just now may have gone into the stream that is lost, so nobody keeps a lease.
    """
    tx.execute(update(_OUTBOX).where(_UNPUBLISHED).values(lease=None, lease_until=None))
    recent = (_OUTBOX.c.at > tx.now - timedelta(hours=1)) & _OUTBOX.c.seq.is_not(None)
    tx.execute(update(_OUTBOX).where(recent).values(seq=None, lease=None, lease_until=None, rank=OLD))


def _claimable(now: Any) -> Any:
    over = _OUTBOX.c.lease_until < now
    # No lease is that long: it was given while a clock stood wrong, and would hold the row until then.
    absurd = _OUTBOX.c.lease_until > now + 2 * LEASE
    return _UNPUBLISHED & or_(_OUTBOX.c.lease_until.is_(None), over, absurd)
