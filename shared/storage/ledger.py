"""The end of every batch: what its inputs said and noted gets its place in the outbox and the audit trail.

Both are logs whose numbers commit in order, so a per-service lock is taken just before (PostgreSQL hands out numbers
before the commit; "everything after the last one seen" would skip late commits).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, text

from shared.contracts.vocabulary import Service
from shared.ids import new_id
from shared.storage import kernel
from shared.storage.transaction import Transaction, advisory_key

LEASE = timedelta(seconds=15)
"""How long a publisher may take before another may publish its rows."""
FIRST_HASH = "0" * 64
_LAST = select(func.max(kernel.outbox.c.id))
_SAY = insert(kernel.outbox)
_NEWEST_LINE = select(kernel.audit.c.seq, kernel.audit.c.hash).order_by(kernel.audit.c.seq.desc()).limit(1)
_NOTE = insert(kernel.audit)


@dataclass(frozen=True)
class Committed:
    """An outbox row as it was committed."""

    id: int
    row: Mapping[str, Any]


def write_ledger(
    connection: Connection, service: Service, now: datetime, lease: str, transactions: Sequence[Transaction]
) -> list[Committed]:
    """Append what the transactions said and noted, in their order; return the outbox rows."""
    said = [row for transaction in transactions for row in transaction.outgoing]
    noted = [note for transaction in transactions for note in transaction.audited]
    if not said and not noted:
        return []
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key(service, "ledger")})
    if noted:
        _append_audit(connection, now, noted)
    return _append_outbox(connection, now, lease, said) if said else []


def _append_outbox(
    connection: Connection, now: datetime, lease: str, said: Sequence[Mapping[str, Any]]
) -> list[Committed]:
    last = connection.execute(_LAST).scalar() or 0
    # Born leased to the process that wrote them: it publishes from memory, without asking the store again.
    born = {"lease": lease or None, "lease_until": now + LEASE if lease else None}
    rows = [{**row, **born, "id": number} for number, row in enumerate(said, start=last + 1)]
    connection.execute(_SAY, rows)
    return [Committed(row["id"], row) for row in rows]


def _append_audit(connection: Connection, now: datetime, noted: Sequence[Any]) -> None:
    newest = connection.execute(_NEWEST_LINE).first()
    seq, previous = (newest.seq, newest.hash) if newest else (0, FIRST_HASH)
    rows = []
    for note in noted:
        seq += 1
        fields = {"seq": seq, "at": now, **asdict(note), "previous": previous}
        previous = chain_hash(fields)
        rows.append({**fields, "hash": previous})
    connection.execute(_NOTE, rows)


def chain_hash(fields: Mapping[str, Any]) -> str:
    """Return the hash of an audit line; it covers the hash of the line before (``previous``)."""
    names = ("seq", "at", "account", "roles", "action", "entity", "incident", "reason", "previous")
    line = "\x1f".join("" if fields[n] is None else str(fields[n]) for n in names)
    return hashlib.sha256(line.encode()).hexdigest()


def local_row(
    now: datetime, event_type: str, entity: str, version: int, *, jurisdiction: str, audience: Sequence[str]
) -> dict[str, Any]:
    """Return an outbox row that is told on live streams only and never goes on the bus."""
    return {
        "event_id": new_id(),
        "type": event_type,
        "jurisdiction": jurisdiction,
        "entity": entity,
        "version": version,
        "incident": None,
        "priority": 3,
        "open": False,
        "told": True,
        "audience": list(audience),
        "headers": {},
        "body": None,
        "at": now,
        "seq": None,
        "rank": 0,
    }
