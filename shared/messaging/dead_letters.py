"""Messages a service could not handle: kept in its store and in its dead-letter stream, blocking nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from nats.aio.msg import Msg
from sqlalchemy import Connection, func, select

from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.messaging.bus import PUBLISH_SECONDS, Bus
from shared.messaging.topology import dead_letter_stream, dead_letter_subject
from shared.storage import kernel
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into


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
    table = kernel.dead_letter
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
    tx.execute(insert_into(tx.connection, table).values(**row).on_conflict_do_nothing())


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
    table = kernel.dead_letter
    return int(connection.execute(select(func.count()).where(table.c.settled_at.is_(None))).scalar_one())
