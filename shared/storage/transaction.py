"""What a use case is given: one input's view of the transaction that its batch shares."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, CursorResult, Executable, RowMapping, text

from shared.contracts.vocabulary import Service
from shared.security.sealing import Seals
from shared.storage.upsert import OnBoth
from shared.telemetry.tracing import Trace


@dataclass(frozen=True)
class AuditNote:
    """One line of the audit trail, before it gets its place in the chain (P8)."""

    account: str
    roles: str
    action: str
    entity: str
    incident: str | None
    reason: str | None


@dataclass
class Transaction:
    """State, time and outlets of one input.

    What it says (``outgoing``), notes (``audited``) and wants done after the commit (``afterwards``) is kept only if
    the input succeeds, and leaves only once the batch is committed.
    """

    connection: Connection
    now: datetime
    service: Service
    seals: Seals
    trace: Trace
    outgoing: list[dict[str, Any]] = field(default_factory=list)
    audited: list[AuditNote] = field(default_factory=list)
    afterwards: list[Callable[[], None]] = field(default_factory=list)

    def execute(
        self, statement: Executable, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]] | None = None
    ) -> CursorResult[Any]:
        """Run one statement."""
        return self.connection.execute(statement, parameters)

    def on_both(
        self, statement: OnBoth, parameters: Mapping[str, Any] | Sequence[Mapping[str, Any]]
    ) -> CursorResult[Any]:
        """Run a statement that was built for each database."""
        return self.connection.execute(statement[self.connection.dialect.name], parameters)

    def first(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> RowMapping | None:
        """Return the first row of a query, or ``None``."""
        return self.connection.execute(statement, parameters).mappings().first()

    def all(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Sequence[RowMapping]:
        """Return every row of a query."""
        return self.connection.execute(statement, parameters).mappings().all()

    def scalar(self, statement: Executable, parameters: Mapping[str, Any] | None = None) -> Any:
        """Return the first column of the first row, or ``None``."""
        return self.connection.execute(statement, parameters).scalar()

    def lock(self, name: str) -> None:
        """Hold a named lock until the commit. SQLite has one writer, so the batch itself is the lock."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(
                text("SELECT pg_advisory_xact_lock(:key)"), {"key": advisory_key(self.service, name)}
            )

    def afterwards_do(self, action: Callable[[], None]) -> None:
        """Do something that may be lost (a cache, a live board) once the batch is committed."""
        self.afterwards.append(action)


def advisory_key(service: Service, name: str) -> int:
    """Return the 63-bit number of a named PostgreSQL advisory lock."""
    digest = hashlib.blake2b(f"{service}:{name}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") >> 1
