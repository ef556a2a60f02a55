"""The audit trail: append-only, each line hashed with the one before (P8)."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, RowMapping, select

from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.ledger import FIRST_HASH, chain_hash
from shared.storage.transaction import AuditNote, Transaction


def note(
    tx: Transaction, who: Account, action: str, entity: str, incident: str | None = None, reason: str | None = None
) -> None:
    """Note that an account did or saw something; kept only if the transaction is."""
    roles = ",".join(sorted(who.roles))
    tx.audited.append(AuditNote(who.id, roles, action, entity, incident, reason))


def lines(connection: Connection, after: int, most: int) -> Sequence[RowMapping]:
    """Return lines of the trail after a number, oldest first."""
    table = kernel.audit
    return (
        connection.execute(select(table).where(table.c.seq > after).order_by(table.c.seq).limit(most)).mappings().all()
    )


def first_broken(rows: Sequence[RowMapping], previous: str = FIRST_HASH) -> int | None:
    """Return the number of the first line that was changed, or whose neighbour is gone; ``None`` if all are whole."""
    for row in rows:
        if row["previous"] != previous or chain_hash(dict(row)) != row["hash"]:
            return int(row["seq"])
        previous = row["hash"]
    return None
