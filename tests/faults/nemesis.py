"""Everything that is done to a deployment: small named faults, each from its first blow until its cause is gone."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial

from deploy.embedded.parts import FOREIGN, SERVICES
from shared.contracts.vocabulary import Service
from tests.faults import on_bus, on_disks, on_processes
from tests.faults.history import History
from tests.faults.served import clock_file
from tests.faults.site import Site, can_mount

EVERYTHING = frozenset((*(service.value for service in SERVICES), *FOREIGN))
STORES = frozenset(("postgres", *(service.value for service in SERVICES)))
SPEAKING = (Service.INTAKE, Service.DISPATCH, Service.SHELTER_BEDS, Service.NOTIFY)

Act = Callable[[], AbstractAsyncContextManager[None]]


@dataclass(frozen=True)
class Fault:
    """One way to break things. Entered, it strikes; left, its cause is gone."""

    kind: str
    target: str
    hits: frozenset[str]
    act: Act
    lasts: tuple[float, float] = (0.0, 0.0)
    """Seconds, at least and at most; nought: one blow."""

    @property
    def name(self) -> str:
        """For instance ``pause dispatch``."""
        return f"{self.kind} {self.target}".strip()


class Nemesis:
    """Knows every fault that is possible here, and which are not."""

    def __init__(self, site: Site, history: History, seed: int) -> None:
        self._site = site
        self._history = history
        self._chance = random.Random(f"{seed} nemesis")
        self.faults = [*self._processes(), *self._bus(), *self._disks(), *self._clients_and_clocks()]

    def schedule(self, only: Sequence[str] = ()) -> Schedule:
        """Return the order in which faults come; with names, only these come, each once and alone."""
        unknown = set(only) - {fault.name for fault in self.faults}
        if unknown:
            raise ValueError(f"not possible here, or no such fault: {', '.join(sorted(unknown))}")
        return Schedule(self.faults, self._chance, only)

    def _processes(self) -> list[Fault]:
        site, found = self._site, []
        for part in (*SERVICES, *FOREIGN):
            hits = frozenset({str(part)})
            found.append(Fault("kill", part, hits, partial(on_processes.kill, site, part)))
            found.append(Fault("pause", part, hits, partial(on_processes.pause, site, part), (1.0, 30.0)))
        found.append(Fault("kill", "everything", EVERYTHING, partial(on_processes.kill_everything, site)))
        if site.postgres is None or site.replicas is None:
            self._history.not_run["kill postgres, pause postgres"] = "this storm is on SQLite"
            self._history.not_run["two replicas at work, one killed"] = "a SQLite store has one owner"
            return found
        found.append(Fault("kill", "postgres", STORES, partial(on_processes.kill_postgres, site)))
        found.append(Fault("pause", "postgres", STORES, partial(on_processes.pause_postgres, site), (1.0, 20.0)))
        for part in SERVICES:
            replica = partial(on_processes.kill_replica, site, part)
            found.append(Fault("kill replica of", part, frozenset({f"{part}-2"}), replica))
        return found

    def _bus(self) -> list[Fault]:
        site, chance, poison = self._site, self._chance, self._history.poison
        bus = frozenset({"nats"})
        return [
            *self._losses(),
            Fault("roll back", "nats", bus, partial(on_bus.roll_back, site), (3.0, 10.0)),
            Fault("delete", "a stream", bus, partial(on_bus.delete_stream, site, chance)),
            Fault("purge", "a stream", bus, partial(on_bus.purge_stream, site, chance)),
            Fault("delete", "a durable", bus, partial(on_bus.delete_durable, site, chance)),
            Fault("edit", "a durable", bus, partial(on_bus.edit_durable, site, chance)),
            Fault("echo", "every event", bus, partial(on_bus.echo, site, chance), (5.0, 15.0)),
            Fault("poison", "every stream", bus, partial(on_bus.poison, site, chance, poison)),
            Fault("wipe", "valkey", frozenset({"valkey"}), partial(on_processes.wipe_valkey, site)),
        ]

    def _losses(self) -> list[Fault]:
        found = []
        for listener in SPEAKING:
            source = Service.INTAKE if listener is not Service.INTAKE else Service.DISPATCH
            hits = frozenset({"nats", listener.value})
            wipe, lose = partial(on_bus.wipe, self._site, listener), on_bus.lose_messages
            found.append(Fault("wipe nats unheard by", listener, hits, wipe, (1.0, 4.0)))
            forget = partial(lose, self._site, listener, source)
            found.append(Fault("lose messages unheard by", listener, hits, forget, (1.0, 4.0)))
        return found

    def _disks(self) -> list[Fault]:
        site, found = self._site, []
        for part in SERVICES:
            hits = frozenset({part.value})
            found.append(Fault("lock the store of", part, hits, partial(on_disks.lock, site, part), (10.0, 30.0)))
            if site.postgres is None:
                refuse = partial(on_disks.refuse_writes, site, part)
                found.append(Fault("failing disk under", part, hits, refuse, (2.0, 10.0)))
        if not can_mount():
            self._history.not_run["full disk, read-only disk"] = "only root makes disks of its own"
            return found
        fill = on_disks.fill
        whole = partial(fill, site.layout.folder)
        found.append(Fault("full disk under", "everything", EVERYTHING, whole, (2.0, 12.0)))
        if site.postgres_home is not None:
            found.append(Fault("full disk under", "postgres", STORES, partial(fill, site.postgres_home), (2.0, 12.0)))
            return found
        for part in SERVICES:
            hits, own = frozenset({part.value}), partial(fill, site.layout.own(part))
            found.append(Fault("full disk under", part, hits, own, (2.0, 12.0)))
            stiff = partial(on_disks.read_only, site, part)
            found.append(Fault("read-only disk under", part, hits, stiff, (2.0, 8.0)))
        return found

    def _clients_and_clocks(self) -> list[Fault]:
        site = self._site
        found = [Fault("impatient", "clients", frozenset({"clients"}), partial(impatience, site), (5.0, 15.0))]
        for part in SERVICES:
            for hours in (1, -1):
                jump = partial(wrong_clock, site, part, 3600.0 * hours)
                found.append(Fault(f"clock {hours:+d} h in", part, frozenset({part.value}), jump, (3.0, 12.0)))
        return found


class Schedule:
    """Each fault alone, the kinds taking turns; between them, and after them, several at once."""

    def __init__(self, faults: Sequence[Fault], chance: random.Random, only: Sequence[str] = ()) -> None:
        self._chance = chance
        self._faults = faults
        self._named = bool(only)
        self._alone = [each for name in only for each in faults if each.name == name] or self._turns()
        self._episodes = 0

    def next(self) -> list[Fault]:
        """Return what strikes next; nothing when all that was named has."""
        self._episodes += 1
        if self._named:
            return [self._alone.pop(0)] if self._alone else []
        if self._alone and self._episodes % 4:
            return [self._alone.pop(0)]
        return self._chance.sample(self._faults, self._chance.choice((2, 2, 3)))

    def never(self) -> dict[str, str]:
        """Return the faults for which the storm was too short to try them alone."""
        return {fault.name: "the storm was too short to try it alone" for fault in self._alone}

    def _turns(self) -> list[Fault]:
        """Return every fault once: one of each kind, then the next of each, so that a short storm sees all kinds."""
        kinds: dict[str, list[Fault]] = {}
        for fault in self._chance.sample(self._faults, len(self._faults)):
            kinds.setdefault(fault.kind, []).append(fault)
        rounds = max(map(len, kinds.values()))
        return [targets[turn] for turn in range(rounds) for targets in kinds.values() if turn < len(targets)]


@asynccontextmanager
async def impatience(site: Site) -> AsyncIterator[None]:
    """Let every client time out and try again with the same key while its first try is still running."""
    before = [client.share for client in site.clients]
    for client in site.clients:
        client.share = 0.9
    yield
    for client, share in zip(site.clients, before, strict=True):
        client.share = share


@asynccontextmanager
async def wrong_clock(site: Site, service: Service, seconds: float) -> AsyncIterator[None]:
    """Let a service's wall clock jump, and jump back."""
    file = clock_file(site.layout.folder, service)
    file.write_text(str(seconds))
    try:
        yield
    finally:
        file.write_text("0")
