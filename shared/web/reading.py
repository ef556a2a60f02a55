"""Reads over HTTP: from the last commit, blocking no writer; what is personal is noted before it is shown (P8)."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, TypeVar

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, RowMapping, Select

from shared.clock import Clock
from shared.errors import Invalid
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.engine import Store
from shared.storage.runner import Runner
from shared.telemetry.tracing import Trace

Result = TypeVar("Result")
MOST_PER_PAGE = 200
USUAL_PER_PAGE = 50


class Reading:
    """Reads for one request."""

    def __init__(self, request: Request) -> None:
        self._store: Store = request.app.state.store
        self._runner: Runner = request.app.state.runner
        self._clock: Clock = request.app.state.clock
        self._trace: Trace = request.state.trace

    @property
    def now(self) -> datetime:
        """The present moment."""
        return self._clock()

    async def __call__(self, query: Callable[[Connection], Result]) -> Result:
        """Run a query that shows nothing personal."""
        return await asyncio.to_thread(self._read, query)

    async def noted(
        self, who: Account, action: str, entity: str, query: Callable[[Connection], Result], incident: str | None = None
    ) -> Result:
        """Run a query that shows something personal: it is in the audit trail before it is answered."""
        result = await asyncio.to_thread(self._read, query)
        await self._runner.run(lambda tx: note(tx, who, action, entity, incident), trace=self._trace)
        return result

    def _read(self, query: Callable[[Connection], Result]) -> Result:
        with self._store.reading() as connection:
            return query(connection)


class Page:
    """Where in a list the client is: ``?limit=&after=``."""

    def __init__(
        self,
        limit: Annotated[int, Query(ge=1, le=MOST_PER_PAGE, description="how many, at most 200")] = USUAL_PER_PAGE,
        after: Annotated[str | None, Query(max_length=200, description="cursor from `next` of the page before")] = None,
    ) -> None:
        self.limit = limit
        self.after = _decoded(after)

    def of(
        self,
        connection: Connection,
        query: Select[Any],
        key: Any,
        show: Callable[[RowMapping], Mapping[str, Any]],
        *,
        newest_first: bool = False,
    ) -> dict[str, Any]:
        """Return one page of a query ordered by ``key``, a unique text column.

        Args:
            connection: where to read.
            query: what to read, unordered; it must select ``key``.
            key: the column that orders the list and makes the cursor.
            show: a row as the client sees it.
            newest_first: order downward (UUIDv7: youngest first).
        """
        if self.after is not None:
            query = query.where(key < self.after if newest_first else key > self.after)
        order = key.desc() if newest_first else key.asc()
        rows = connection.execute(query.order_by(order).limit(self.limit + 1)).mappings().all()
        return self.cut(rows, lambda row: str(row[key.name]), show)

    def cut(
        self,
        rows: Sequence[RowMapping],
        key: Callable[[RowMapping], str],
        show: Callable[[RowMapping], Mapping[str, Any]],
    ) -> dict[str, Any]:
        """Return a page of rows of which one more than the limit was read."""
        shown = rows[: self.limit]
        more = len(rows) > self.limit
        return {"items": [show(row) for row in shown], "next": _encoded(key(shown[-1])) if more else None}


def _encoded(key: str) -> str:
    return base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _decoded(cursor: str | None) -> str | None:
    if not cursor:
        return None
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except ValueError:
        raise Invalid.field("after", "the `next` of the page before, unchanged") from None


Read = Annotated[Reading, Depends(Reading)]
Paged = Annotated[Page, Depends(Page)]
