"""The audit trail: append-only, each line hashed with the one before (P8)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping, Select, select

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


@dataclass(frozen=True)
class Sought:
    """Which lines of the trail are sought; ``None`` is any."""

    since: datetime | None = None
    before: datetime | None = None
    account: str | None = None
    action: str | None = None
    entity: str | None = None
    """An entity or an incident, by its id."""

    def narrow(self, query: Select[Any]) -> Select[Any]:
        """Return a query for these lines alone."""
        table = kernel.audit
        if self.since is not None:
            query = query.where(table.c.at >= self.since)
        if self.before is not None:
            query = query.where(table.c.at < self.before)
        if self.account is not None:
            query = query.where(table.c.account == self.account)
        if self.action is not None:
            query = query.where(table.c.action == self.action)
        if self.entity is not None:
            query = query.where((table.c.entity == self.entity) | (table.c.incident == self.entity))
        return query


def lines(connection: Connection, after: int, most: int, sought: Sought | None = None) -> Sequence[RowMapping]:
    """Return lines of the trail after a number, oldest first: all, or those that are sought."""
    query = (sought or Sought()).narrow(select(kernel.audit)).where(kernel.audit.c.seq > after)
    return connection.execute(query.order_by(kernel.audit.c.seq).limit(most)).mappings().all()


def newest(connection: Connection, sought: Sought, before: int | None, most: int) -> Sequence[RowMapping]:
    """Return lines of the trail that are sought, newest first, from below a number on."""
    query = sought.narrow(select(kernel.audit)).order_by(kernel.audit.c.seq.desc()).limit(most)
    if before is not None:
        query = query.where(kernel.audit.c.seq < before)
    return connection.execute(query).mappings().all()


def broken(connection: Connection, rows: Sequence[RowMapping]) -> list[int]:
    """Return the numbers of those lines that were changed, or whose line before is changed or gone."""
    table = kernel.audit
    before = {row["seq"] - 1 for row in rows} - {0}
    query = select(table.c.seq, table.c.hash).where(table.c.seq.in_(before))
    hashes = {0: FIRST_HASH} | {row.seq: row.hash for row in connection.execute(query)}
    return [
        int(row["seq"])
        for row in rows
        if row["previous"] != hashes.get(row["seq"] - 1) or chain_hash(dict(row)) != row["hash"]
    ]


def first_broken(rows: Sequence[RowMapping], previous: str = FIRST_HASH) -> int | None:
    """Return the number of the first line that was changed, or whose neighbour is gone; ``None`` if all are whole."""
    for row in rows:
        if row["previous"] != previous or chain_hash(dict(row)) != row["hash"]:
            return int(row["seq"])
        previous = row["hash"]
    return None
