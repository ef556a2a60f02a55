"""Messages a service could not handle: kept in its store and in its dead-letter stream, blocking nobody.

A human settles them: handles them once more after a fix (``replay``), or decides that nothing is lost (``discard``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Self

from nats.aio.msg import Msg
from sqlalchemy import Connection, RowMapping, Select, delete, func, select, update

from shared.contracts.vocabulary import Role, Service
from shared.errors import IllegalMove, NotFound
from shared.ids import new_id
from shared.messaging.bus import PUBLISH_SECONDS, Bus
from shared.messaging.outbox import NO_JURISDICTION, tell_live
from shared.messaging.topology import dead_letter_stream, dead_letter_subject
from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

REPLAYED, DISCARDED = "replayed", "discarded"
SETTLERS = (Role.OPS, Role.ADMIN)
"""Who decides what becomes of a dead letter."""
CHANGED = "dead_letter.changed"
"""Said on live streams alone, to those who settle: one is there, or one is settled."""
_TAG = "dead_letters"
_SETTLED_KEPT = timedelta(days=30)
_TABLE = kernel.dead_letter


@dataclass(frozen=True)
class DeadLetter:
    stream: str
    seq: int
    subject: str
    headers: Mapping[str, str]
    body: bytes
    reason: str

    @classmethod
    def of(cls, raw: Msg, reason: str) -> Self:
        """Make a dead letter of a message as it came."""
        headers = dict(raw.headers or {})
        return cls(raw.metadata.stream, raw.metadata.sequence.stream, raw.subject, headers, raw.data, reason)


def keep(tx: Transaction, letter: DeadLetter) -> None:
    """Keep a dead letter for a human; the same message twice is kept once (P4)."""
    row = {
        "id": new_id(),
        "at": tx.now,
        "stream": letter.stream,
        "seq": letter.seq,
        "subject": letter.subject,
        "headers": dict(letter.headers),
        "body": letter.body,
        "reason": letter.reason,
    }
    kept = tx.execute(insert_into(tx.connection, _TABLE).values(**row).on_conflict_do_nothing())
    if kept.rowcount:
        _tell(tx, str(row["id"]), 1)


def tags_of(who: Account) -> frozenset[str]:
    """Return what an account may be told of live: that dead letters came or were settled."""
    return frozenset({_TAG}) if who.roles & set(SETTLERS) else frozenset()


def _tell(tx: Transaction, letter: str, version: int) -> None:
    tell_live(tx, CHANGED, entity=letter, version=version, jurisdiction=NO_JURISDICTION, audience=[_TAG])


async def publish(bus: Bus, service: Service, letter: DeadLetter) -> None:
    """Put a dead letter into the service's dead-letter stream."""
    headers = {
        **{name: value for name, value in letter.headers.items() if not name.startswith("Nats-")},
        "zakrila-reason": letter.reason,
        "zakrila-stream": letter.stream,
        "zakrila-seq": str(letter.seq),
        "Nats-Msg-Id": f"{letter.stream}-{letter.seq}",
    }
    await bus.jetstream.publish(
        dead_letter_subject(service),
        letter.body,
        timeout=PUBLISH_SECONDS,
        stream=dead_letter_stream(service),
        headers=headers,
    )


def waiting(connection: Connection) -> int:
    """Return how many dead letters no human has settled."""
    return int(connection.execute(select(func.count()).where(_TABLE.c.settled_at.is_(None))).scalar_one())


def query(*, settled: bool) -> Select[Any]:
    """Return the query of dead letters without what they say (P6): where each lay, and why it was not handled."""
    told = [column for column in _TABLE.c if column.name not in {"body", "headers"}]
    event_type = _TABLE.c.headers["ce-type"].as_string().label("type")
    entity = _TABLE.c.headers["ce-subject"].as_string().label("entity")
    is_settled = _TABLE.c.settled_at.is_not(None) if settled else _TABLE.c.settled_at.is_(None)
    return select(*told, event_type, entity).where(is_settled)


def kinds(connection: Connection) -> list[dict[str, Any]]:
    """Return how often which kind of message waits for which reason, and since when: the most frequent first."""
    waiting_ = query(settled=False).subquery()
    grouped = select(
        waiting_.c.type, waiting_.c.reason, func.count().label("times"), func.max(waiting_.c.at).label("newest")
    ).group_by(waiting_.c.type, waiting_.c.reason)
    rows = connection.execute(grouped.order_by(func.count().desc(), waiting_.c.reason)).mappings()
    return [dict(row) for row in rows]


def find(connection: Connection, letter: str) -> RowMapping:
    """Return one dead letter, whole.

    Raises:
        NotFound: there is none with this id.
    """
    row = connection.execute(select(_TABLE).where(_TABLE.c.id == letter)).mappings().first()
    if row is None:
        raise NotFound("dead letter")
    return row


def settle(tx: Transaction, letter: str, how: str) -> bool:
    """Note how a human settled a dead letter; say whether that was still to be done (the same again changes nothing).

    Raises:
        NotFound: there is none with this id.
        IllegalMove: it was settled the other way.
    """
    row = find(tx.connection, letter)
    if row["settled_as"] == how:
        return False
    if row["settled_as"] is not None:
        raise IllegalMove("dead letter", row["settled_as"], how)
    tx.execute(update(_TABLE).where(_TABLE.c.id == letter).values(settled_at=tx.now, settled_as=how))
    _tell(tx, letter, 2)
    return True


def forget(tx: Transaction) -> None:
    """Drop dead letters that were settled more than thirty days ago."""
    tx.execute(delete(_TABLE).where(_TABLE.c.settled_at < tx.now - _SETTLED_KEPT))
