"""A runner on a test bench: hold it up, let it go, see what it committed."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from typing import Any

from prometheus_client import CollectorRegistry
from sqlalchemy import select

from shared.storage.engine import Store
from shared.storage.runner import USUAL, Runner
from shared.storage.transaction import Transaction
from tests.support.house import eventually
from tests.support.tiny.board import pin
from tests.support.tiny.tables import slip


class Bench:
    def __init__(self, store: Store, runner: Runner, registry: CollectorRegistry) -> None:
        self.store = store
        self.runner = runner
        self._registry = registry
        self.runs: list[str] = []
        """Every run of a use case made by ``pinning``, lost ones included, in order."""

    async def end(self) -> None:
        await self.runner.stop()

    @property
    def commits(self) -> int:
        return int(self._registry.get_sample_value("zakrila_commits_total") or 0)

    @property
    def inputs(self) -> int:
        return int(self._registry.get_sample_value("zakrila_inputs_total") or 0)

    def slips(self) -> list[str]:
        """Return the texts of all slips that are committed."""
        with self.store.reading() as connection:
            return sorted(connection.execute(select(slip.c.text)).scalars())

    def pinning(self, *texts: str, then: Callable[[Transaction], Any] | None = None) -> Callable[[Transaction], Any]:
        """Return a use case that pins slips and then does something."""

        def use_case(tx: Transaction) -> Any:
            self.runs.append(texts[0])
            for text in texts:
                pin(tx, text)
            return then(tx) if then else texts[0]

        return use_case

    @contextlib.asynccontextmanager
    async def held_up(self) -> AsyncIterator[threading.Event]:
        """Hold the worker inside a transaction; what is asked meanwhile waits for the next one."""
        inside, go_on = threading.Event(), threading.Event()

        def hold(_tx: Transaction) -> None:
            inside.set()
            assert go_on.wait(60)

        holding = asyncio.create_task(self.runner.run(hold))
        await eventually(inside.is_set, "the worker is inside a transaction")
        try:
            yield go_on
        finally:
            go_on.set()
            await holding

    async def in_one_batch(
        self, use_cases: Sequence[Callable[[Transaction], Any]], *, urgency: int = USUAL
    ) -> list[Any]:
        """Run use cases in one batch, in their order; return what each returned or raised."""
        async with self.held_up():
            waiting = self.runner.waiting
            asked = [asyncio.ensure_future(self.runner.run(each, urgency=urgency)) for each in use_cases]
            await eventually(lambda: self.runner.waiting == waiting + len(asked), "all wait")
        return await asyncio.wait_for(asyncio.gather(*asked, return_exceptions=True), 20)
