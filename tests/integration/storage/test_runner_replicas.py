"""Two replicas of a service on one PostgreSQL: their batches take turns."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from shared.messaging.outbox import tick
from shared.security.sealing import Seals
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.transaction import Transaction
from tests.integration.storage.bench import Bench
from tests.integration.storage.conftest import make_bench
from tests.support.databases import Postgres

pytestmark = [pytest.mark.anyio, pytest.mark.postgres]


def slowly(bench: Bench, *incidents: str) -> Callable[[Transaction], Any]:
    """Return a use case that touches incidents one after the other."""

    def use_case(tx: Transaction) -> None:
        bench.runs.append(incidents[0])
        for incident in incidents:
            tick(tx, incident)
            tx.connection.exec_driver_sql("SELECT pg_sleep(0.03)")

    return use_case


async def test_batches_that_touch_the_same_incidents_in_opposite_orders_never_wait_for_one_another(
    postgres: Postgres, seals: Seals
) -> None:
    with postgres.database() as url:
        stores = [Store(url), Store(url)]
        kernel.metadata.create_all(stores[0].engine)
        one, two = (make_bench(store, seals) for store in stores)
        asked = [
            bench.runner.run(slowly(bench, *incidents))
            for _ in range(6)
            for bench, incidents in ((one, ("a", "b")), (two, ("b", "a")))
        ]
        await asyncio.gather(*asked)
        for bench in (one, two):
            await bench.end()
        for store in stores:
            store.close()
        assert len(one.runs) == len(two.runs) == 6, "no batch was ended by the database and run again"
