"""What every service tidies away: rows whose time is over, and figures about what waits."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog
from prometheus_client import Gauge
from sqlalchemy import delete, func, select
from sqlalchemy.exc import SQLAlchemyError

from shared.errors import Unavailable
from shared.messaging import dead_letters
from shared.security import revocations
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.runner import Runner
from shared.storage.transaction import Transaction
from shared.web import writing

log = structlog.get_logger()

OUTBOX_KEPT = timedelta(days=7)
_EVERY_SECONDS = 30.0
_TIDY_EVERY = 20
"""Tidied once in so many rounds, that is every ten minutes."""


async def housekeeping(store: Store, runner: Runner, dead_letter_gauge: Gauge) -> None:
    """Count and tidy for ever."""
    rounds = 0
    while True:
        try:
            dead_letter_gauge.set(await asyncio.to_thread(_count, store))
            if rounds % _TIDY_EVERY == 0:
                for tidy in (writing.forget, revocations.forget, forget_outbox, dead_letters.forget):
                    await runner.run(tidy)
        except (SQLAlchemyError, Unavailable) as error:
            log.warning("housekeeping must wait", error=type(error).__name__)
        rounds += 1
        await asyncio.sleep(_EVERY_SECONDS)


def forget_outbox(tx: Transaction) -> None:
    """Drop published rows of more than seven days; an unfinished entity's newest row stays, and the newest of all.

    The newest row of all carries the number that the next one counts on from.
    """
    table = kernel.outbox
    newest_of_each = select(func.max(table.c.id)).group_by(table.c.entity)
    newest = select(func.max(table.c.id)).scalar_subquery()
    old = table.c.at < tx.now - OUTBOX_KEPT
    published = table.c.seq.is_not(None) | table.c.body.is_(None)
    still_needed = table.c.open.is_(True) & table.c.id.in_(newest_of_each)
    tx.execute(delete(table).where(old, published, table.c.id != newest, ~still_needed))


def _count(store: Store) -> int:
    with store.reading() as connection:
        return dead_letters.waiting(connection)
