"""One storm: the site, the people, the calls, the faults; then silence, and the verdict."""

from __future__ import annotations

import asyncio
import contextlib
import random
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from deploy.traffic.api import Api, OutOfPatience, Refusal
from deploy.traffic.open_loop import Due, Sent, send_all
from services.identity.local import issue
from shared.contracts.vocabulary import Service
from tests.faults import area, checker, generator, people, stores
from tests.faults.findings import Finding
from tests.faults.history import Call, Done, Episode, History
from tests.faults.nemesis import Fault, Nemesis
from tests.faults.promptness import RECOVERED_WITHIN
from tests.faults.site import Site, accounts
from tests.faults.watch import Watch

_PATIENCE_SECONDS = 240.0
_PLANTED_PATIENCE_SECONDS = 10.0
_TOKEN_LIVES = timedelta(hours=12)
_SETTLE_SECONDS = 60.0
_PLANTED_SETTLE_SECONDS = 12.0
_READINGS = 8
_PLANTED_READINGS = 2
_BETWEEN_READINGS_SECONDS = 4.0
_LOOK_SECONDS = 0.25
_HANGS_UP = 0.1
_TIMELINES = 300
_STRIKE_WITHIN_SECONDS = 3.0


@dataclass(frozen=True)
class Plan:
    """How heavy and how long; the same plan is the same storm, as far as the machine's own timing allows."""

    seed: int
    seconds: float
    rate: float
    database: str = "sqlite"
    units: int = 120
    rooms: int = 80
    faults: Sequence[str] = ()
    """Only these, each once and alone; none named: all."""
    planted: Sequence[str] = ()
    """Safeguards that are switched off. What that breaks stays broken, so nobody waits long for it to mend."""

    @property
    def settles(self) -> float:
        """Seconds for which what still waits at the end is waited for."""
        return _PLANTED_SETTLE_SECONDS if self.planted else _SETTLE_SECONDS

    @property
    def patience(self) -> float:
        """Seconds for which a client tries again."""
        return _PLANTED_PATIENCE_SECONDS if self.planted else _PATIENCE_SECONDS

    @property
    def readings(self) -> int:
        """How often the stores are read at most, for what is in motion to arrive."""
        return _PLANTED_READINGS if self.planted else _READINGS


@dataclass
class Verdict:
    """What a storm showed."""

    plan: Plan
    history: History
    findings: dict[str, list[Finding]] = field(default_factory=dict)

    @property
    def kept(self) -> bool:
        """Whether every promise was kept."""
        return not any(self.findings.values())


Tell = Callable[[str, int], None]


class Storm:
    """Runs one plan on one site."""

    def __init__(self, plan: Plan, site: Site, tell: Tell) -> None:
        self.plan = plan
        self.site = site
        self.history = History(plan.seed, plan.database)
        self._tell = tell
        self._open = contextlib.AsyncExitStack()
        self._further: set[asyncio.Task[None]] = set()

    async def run(self) -> Verdict:
        """Let it come, and return what it left."""
        async with self._open:
            operator, watcher = await self._client("operator"), await self._api("operator")
            self.watch = Watch(watcher, self.site, self.history)
            working = await self._people()
            watching, calling = asyncio.create_task(self.watch.run()), asyncio.create_task(self._call(operator))
            self.history.began = time.time()
            try:
                await self._strike(calling)
                await calling
                await asyncio.gather(*self._further)
                await self._settle()
                await _end(working)
                findings = await self._judge(watcher)
            finally:
                await _end([*working, watching, calling, *self._further])
        self.history.ended = time.time()
        return Verdict(self.plan, self.history, findings)

    # --- people ---------------------------------------------------------------------------------------------------

    def _token(self, role: str, email: str | None = None) -> str:
        address = email or accounts(self.site.layout, role)[0]["email"]
        identity = self.site.database_url(Service.IDENTITY)
        return str(issue(self.site.layout.keys, identity, address, _TOKEN_LIVES))

    async def _api(self, role: str, email: str | None = None, port: int | None = None) -> generator.Client:
        url = f"http://127.0.0.1:{port}" if port else self.site.url
        client = generator.Client(url, self._token(role, email), self.plan.patience, self._surprised)
        return await self._open.enter_async_context(client)

    async def _client(self, role: str) -> generator.Impatient:
        """Return a client that hangs up now and then, and that knows the second replica if there is one."""
        client = generator.Impatient(
            self.site.url,
            self._token(role),
            self.plan.patience,
            self._surprised,
            seed=f"{self.plan.seed} {role}",
            share=_HANGS_UP,
        )
        if self.site.replicas is not None:
            client.second = await self._api(role, port=self.site.replicas.ports[Service.INTAKE])
        self.site.clients.append(client)
        return await self._open.enter_async_context(client)

    async def _people(self) -> list[asyncio.Task[None]]:
        working = []
        for role in ("dispatcher", "shelter_staff", "centre_staff"):
            for email in {entry["email"] for entry in accounts(self.site.layout, role)}:
                acting = people.actor(await self._api(role, email), role, self.plan.seed)
                working.append(asyncio.create_task(acting.run()))
        editor = await self._api("shelter_staff")
        working.append(asyncio.create_task(people.edit_rooms(editor, self.plan.seed)))
        return working

    def _surprised(self, what: str) -> None:
        self.history.surprises.append(what)

    # --- calls ----------------------------------------------------------------------------------------------------

    async def _call(self, operator: generator.Impatient) -> None:
        supervisor = await self._client("supervisor")
        places = [place.code for place in area.stormy(self.plan.units, self.plan.rooms).municipalities]
        plan = self.plan
        calls = list(generator.calls(plan.seed, plan.rate, plan.seconds, places))
        self.history.calls = {call.name: call for call in calls}
        lanes = ((operator, [c for c in calls if not c.drill]), (supervisor, [c for c in calls if c.drill]))
        await asyncio.gather(*(self._send(api, lane) for api, lane in lanes))

    async def _send(self, api: Api, calls: Sequence[Call]) -> None:
        def tell(sent: Sent) -> None:
            self._sent(api, sent)

        due = (Due(call.at, call.body, call.name) for call in calls)
        await send_all(api, due, f"storm-{self.plan.seed}-{self.site.port}", tell=tell)

    def _sent(self, api: Api, sent: Sent) -> None:
        self._tell("calls", 1)
        if sent.incident is None:
            self.history.refused[sent.name] = sent.refused or "no answer"
            if "no answer in" not in (sent.refused or ""):
                self._surprised(f"call {sent.name} was refused: {sent.refused}")
            return
        self.history.accepted[sent.name] = sent.incident
        self.watch.begin(sent.incident)
        call = self.history.calls[sent.name]
        further = generator.follow_up(api, self.plan.seed, call, sent.incident)
        task = asyncio.create_task(further)
        self._further.add(task)
        task.add_done_callback(self._further.discard)

    # --- faults ---------------------------------------------------------------------------------------------------

    async def _strike(self, calling: asyncio.Task[None]) -> None:
        """Let faults come for as long as calls come; after each episode wait until what it touched has recovered."""
        nemesis = Nemesis(self.site, self.history, self.plan.seed)
        schedule = nemesis.schedule(self.plan.faults)
        chance = random.Random(f"{self.plan.seed} moments")
        await asyncio.sleep(min(3.0, self.plan.seconds / 10))
        over = self.history.began + self.plan.seconds
        while not calling.done() and time.time() < over:
            faults = schedule.next()
            if not faults:
                return
            blows = await asyncio.gather(*(self._blow(fault, chance) for fault in faults))
            done = [blow for blow in blows if blow is not None]
            self._tell("faults", len(done))
            if done:
                self.history.episodes.append(await self._recover(done))
        self.history.not_run.update(schedule.never())

    async def _blow(self, fault: Fault, chance: random.Random) -> Done | None:
        wait, lasts = chance.uniform(0, _STRIKE_WITHIN_SECONDS), chance.uniform(*fault.lasts)
        await asyncio.sleep(wait)
        began = time.time()
        try:
            async with fault.act():
                await asyncio.sleep(lasts)
        except (OSError, subprocess.CalledProcessError) as error:
            self.history.not_run[fault.name] = f"this once it could not be done: {error}"
            return None
        ended = time.time()
        if Service.INTAKE in fault.hits:
            self.history.unready.append((began, ended))
        return Done(fault.name, fault.hits, began, ended)

    async def _recover(self, done: Sequence[Done]) -> Episode:
        """Wait until everything accepted before the faults were over is answered."""
        ended = max(fault.ended for fault in done)
        while time.time() - ended < RECOVERED_WITHIN:
            await self.watch.look()
            if not self.watch.still_waiting(ended) and await self._all_ready():
                return Episode(tuple(done), time.time() - ended)
            await asyncio.sleep(_LOOK_SECONDS)
        return Episode(tuple(done), None, self.watch.still_waiting(ended))

    async def _all_ready(self) -> bool:
        return all(await asyncio.gather(*(self.site.ready(service) for service in Service)))

    # --- the end --------------------------------------------------------------------------------------------------

    async def _settle(self) -> None:
        deadline = time.monotonic() + self.plan.settles
        while self.watch.waiting and time.monotonic() < deadline:
            self._tell("waiting", len(self.watch.waiting))
            await asyncio.sleep(_LOOK_SECONDS)

    async def _judge(self, api: Api) -> dict[str, list[Finding]]:
        """Read the stores and check; what is only in motion is gone at the next reading, what is wrong stays."""
        await self._read_timelines(api)
        found: dict[str, list[Finding]] = {}
        for reading in range(self.plan.readings):
            held = await asyncio.to_thread(stores.read, self.site.database_url)
            now = checker.check(self.history, held)
            found = now if reading == 0 else {name: _lasting(found[name], each) for name, each in now.items()}
            if not any(found.values()):
                break
            await asyncio.sleep(_BETWEEN_READINGS_SECONDS)
        return found

    async def _read_timelines(self, api: Api) -> None:
        accepted = sorted(self.history.accepted.values())
        chosen = random.Random(f"{self.plan.seed} timelines").sample(accepted, min(_TIMELINES, len(accepted)))
        for incident in chosen:
            try:
                shown = await api.get(f"/intake/api/incidents/{incident}/timeline")
            except (Refusal, OutOfPatience) as error:
                self._surprised(f"the timeline of {incident} cannot be read: {error}")
            else:
                self.history.timelines[incident] = shown["items"]


def _lasting(before: Sequence[Finding], now: Sequence[Finding]) -> list[Finding]:
    """Return the findings that were there at the reading before too."""
    known = {(each.promise, each.what, each.incident) for each in before}
    return [each for each in now if (each.promise, each.what, each.incident) in known]


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def run(plan: Plan, folder: Path, tell: Tell, leave: Callable[[Path], None]) -> Verdict:
    """Run a storm on a site of its own; ``leave`` is shown the data folder before it goes."""
    jurisdiction = area.stormy(plan.units, plan.rooms)
    site = Site(folder, jurisdiction, plan.database, plan.planted)
    async with site.standing():
        try:
            return await Storm(plan, site, tell).run()
        finally:
            await asyncio.to_thread(leave, folder)
