"""Runs one whole stack: starts its parts in order, keeps each one running, stops them in reverse."""

import asyncio
import os
import shutil
import signal
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress

import structlog

from deploy.embedded import first_day, replication
from deploy.embedded.blueprint import Blueprint
from deploy.embedded.first_day import FirstDay
from deploy.embedded.keeper import Backoff, Keeper
from deploy.embedded.layout import Layout
from deploy.embedded.logs import keep_short
from deploy.embedded.parts import GATEWAY, MODULES, NATS, REPLICA, SUPERVISOR, VALKEY, Modules, Origin, Part
from deploy.embedded.process import Identity
from deploy.embedded.replication import Replica
from deploy.embedded.state import PartState, StackState, State
from deploy.errors import CommandError
from deploy.loading import NotLoaded
from shared.contracts.vocabulary import Service
from shared.messaging import authority, topology
from shared.security import keys

# A part that neither answers nor ends in this time makes the whole start fail.
START_SECONDS = 180.0

Listener = Callable[[StackState], None]


class Supervisor:
    def __init__(
        self,
        layout: Layout,
        origin: Origin,
        listen: Listener,
        modules: Modules = MODULES,
        first_day: FirstDay | None = None,
        replica: Replica | None = None,
    ) -> None:
        """`listen` hears of every change of a part's state. The data folder is prepared and claimed.

        With `first_day`, a folder that was never filled is filled before the stack is called ready. With
        `replica`, the stores are copied there for as long as the stack runs.
        """
        keys.ensure_keys(layout.keys)
        shutil.copyfile(layout.keys / layout.observer_key.name, layout.observer_key)
        self._layout = layout
        self._first_day = first_day
        self._origin = origin
        self._listen = listen
        self._journal = structlog.get_logger(part=SUPERVISOR)
        self._state: State = "starting"
        self._asked_to_stop = asyncio.Event()
        self._plan = Blueprint(layout, origin, modules, authority.authorization(layout.keys))
        self._foundation = [self._keeper(NATS, self._nats), self._keeper(VALKEY, self._valkey)]
        self._gateway = self._keeper(GATEWAY, self._plan.gateway)
        self._topology: asyncio.Task[None] | None = None
        self._services = [self._keeper(service, self._describing(service)) for service in modules]
        self._copying: list[Keeper] = []
        if replica is not None:
            replication.begin(replica, layout)
            self._copying.append(self._keeper(REPLICA, lambda: self._plan.replica(replica)))

    async def run(self, ready: Callable[[], None]) -> None:
        """Run until SIGINT or SIGTERM. CommandError when the stack cannot start; nothing is left running."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._asked_to_stop.set)
        shortening = asyncio.create_task(keep_short(self._layout, self._asked_to_stop))
        try:
            await self._unless_asked_to_stop(self._start())
            if not self._asked_to_stop.is_set():
                self._become("ready")
                ready()
                await self._asked_to_stop.wait()
        finally:
            self._asked_to_stop.set()
            await self._stop()
            await shortening
            self._layout.state.unlink(missing_ok=True)

    async def _start(self) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                await _all_ready(self._foundation)
                self._topology = asyncio.create_task(self._keep_topology())
                await _all_ready([self._gateway, *self._services])
                if self._first_day is not None and not first_day.is_done(self._layout):
                    await first_day.fill(self._layout, self._origin.url, self._first_day)
                await _all_ready(self._copying)
        except TimeoutError as error:
            late = ", ".join(keeper.name for keeper in self._keepers if keeper.state != "ready")
            raise CommandError(
                f"Not ready after {START_SECONDS:.0f} s: {late or 'filling the new data folder'}; "
                f"the logs are in {self._layout.logs}."
            ) from error
        except NotLoaded as error:
            raise CommandError(str(error)) from error

    async def _stop(self) -> None:
        """The gateway goes first, so that no request meets a service that is already gone."""
        await self._gateway.stop()
        await asyncio.gather(*(keeper.stop() for keeper in self._services))
        await asyncio.gather(*(keeper.stop() for keeper in self._copying))
        if self._topology:
            await self._topology
        await asyncio.gather(*(keeper.stop() for keeper in self._foundation))
        self._become("stopped")

    async def _unless_asked_to_stop(self, work: Coroutine[None, None, None]) -> None:
        working = asyncio.create_task(work)
        asked = asyncio.create_task(self._asked_to_stop.wait())
        await asyncio.wait({working, asked}, return_when=asyncio.FIRST_COMPLETED)
        asked.cancel()
        if not working.done():
            working.cancel()
        with suppress(asyncio.CancelledError):
            await working

    async def _keep_topology(self) -> None:
        """Own streams and durables. Without them services still accept (P1), so nothing waits for this."""
        backoff = Backoff()
        while not self._asked_to_stop.is_set():
            try:
                await topology.keep(self._plan.nats_url, self._layout.keys, stop=self._asked_to_stop)
            except Exception as error:  # noqa: BLE001 - whatever ails it, the stack goes on and it is tried again
                self._journal.error("topology not kept", error=repr(error))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._asked_to_stop.wait(), backoff.after(healthy=0))

    # Descriptions of parts: a private port that a stranger took meanwhile is chosen again.

    def _nats(self) -> Part:
        self._renew_before_first_use(NATS)
        return self._plan.nats()

    def _valkey(self) -> Part:
        self._renew_before_first_use(VALKEY)
        return self._plan.valkey()

    def _renew_before_first_use(self, name: str) -> None:
        # Once the services know the address it stays: they only find the part where it was.
        if all(keeper.identity is None for keeper in self._services):
            self._plan.ports.replace_if_taken(name)

    def _describing(self, service: Service) -> Callable[[], Part]:
        def describe() -> Part:
            if self._plan.ports.replace_if_taken(service):
                self._plan.write_gateway_configuration()
                self._gateway.signal(signal.SIGUSR1)
            return self._plan.service(service)

        return describe

    # What others see.

    @property
    def _keepers(self) -> list[Keeper]:
        return [*self._foundation, self._gateway, *self._services, *self._copying]

    def _keeper(self, name: str, describe: Callable[[], Part]) -> Keeper:
        return Keeper(name, describe, self._layout, self._tell)

    def _become(self, state: State) -> None:
        self._state = state
        self._journal.info(state)
        self._tell()

    def _tell(self) -> None:
        own = PartState(SUPERVISOR, self._state, Identity.of(os.getpid()))
        parts = [
            PartState(keeper.name, keeper.state, keeper.identity, self._plan.ports.of(keeper.name), keeper.restarts)
            for keeper in self._keepers
        ]
        state = StackState(self._origin.url, (own, *parts))
        with suppress(OSError):  # a full disk must not take the stack down with it
            state.write(self._layout)
        self._listen(state)


async def _all_ready(keepers: Iterable[Keeper]) -> None:
    for keeper in keepers:
        keeper.begin()
    await asyncio.gather(*(keeper.first_ready() for keeper in keepers))
