"""Giving units to jobs: under one lock per jurisdiction, most dangerous first, in the transaction of what caused it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from services.dispatch.commands.saying import BY_RULE, say, units_changed
from services.dispatch.domain import job as job_domain
from services.dispatch.domain.choosing import Map, Station, Waiting, area, choose, desk, why_nobody
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import Job, Patrol
from services.dispatch.store import jobs, places, units
from services.dispatch.store.units import FreeUnits
from shared.storage.transaction import Transaction

_AT_ONCE = 50


class Allocation:
    """What one input frees and what it leaves waiting; everything is served at once, when the input is done.

    Between two transactions nobody in the queue could have a unit that is free: each was offered to all of them. So a
    newcomer may take any of those, and only a unit that has just become free goes round, most dangerous first.
    """

    def __init__(self, tx: Transaction, *jurisdictions: str) -> None:
        self._tx = tx
        self._places: set[tuple[str, bool]] = set()
        """Where something may have become free or possible for anybody who waits."""
        self._seeking: dict[tuple[str, bool], set[str]] = {}
        """Who seeks a unit although nothing became free: nobody in the queue could have what is free already."""
        self._hands: set[str] = set()
        """Units that were freed or given a job."""
        self._unsaid: set[str] = set()
        """Jobs whose present state was not said yet."""
        for jurisdiction in sorted(set(jurisdictions)):
            tx.lock(f"allocation:{jurisdiction}")

    def look_at(self, jurisdiction: str, *, shadow: bool) -> None:
        """Serve the queue of a jurisdiction: something may have become free or possible there."""
        self._places.add((jurisdiction, shadow))

    def begin(self, job: Job) -> None:
        """Queue a new job."""
        jobs.add(self._tx, job)
        self._unsaid.add(job.id)
        self.seek(job)

    def seek(self, job: Job) -> None:
        """Look for a unit for one job: it is new, or may have a unit now that it could not have before."""
        self._seeking.setdefault((job.jurisdiction, job.shadow), set()).add(job.id)

    def requeue(self, before: Job, after: Job) -> None:
        """Put a job (back) into the queue; what becomes of it is said when it is served."""
        jobs.save(self._tx, after)
        self._unsaid.add(after.id)
        self.seek(after)
        self.free(before)

    def free(self, job: Job) -> None:
        """Count the unit of a job as free."""
        if job.holder:
            self._hands.add(job.holder)
            self.look_at(job.jurisdiction, shadow=job.shadow)

    def give(self, job: Job, incident: Incident, unit: Patrol, by: str, time: timedelta | None = None) -> Job:
        """Give a job to a unit and say so."""
        now = self._tx.now
        time = time or places.time_to_acknowledge(self._tx, job.jurisdiction)
        step = "assigned" if job.assigned_at is None else "reassigned"
        self._hands.add(unit.id)
        return say(self._tx, job_domain.assigned(job, unit, now, now + time), incident, step, by)

    def serve(self) -> None:
        """Give free units to waiting jobs, and say which units changed hands."""
        for jurisdiction, shadow in sorted(self._places | self._seeking.keys()):
            self._serve_place(jurisdiction, shadow=shadow)
        units_changed(self._tx, self._hands)

    def _serve_place(self, jurisdiction: str, *, shadow: bool) -> None:
        """Walk down the queue for as long as there is a free unit; whoever seeks one is served in any case."""
        place = (jurisdiction, shadow)
        seeking = set(self._seeking.get(place, ()))
        line = jobs.line(self._tx, jurisdiction, shadow=shadow) if place in self._places else []
        for first in range(0, len(line), _AT_ONCE):
            if not units.any_free(self._tx, jurisdiction, shadow=shadow):
                break
            some = line[first : first + _AT_ONCE]
            self._serve_some(jurisdiction, some, shadow=shadow)
            seeking.difference_update(some)
        if seeking:
            self._serve_some(jurisdiction, seeking, shadow=shadow)

    def _serve_some(self, jurisdiction: str, some: Collection[str], *, shadow: bool) -> None:
        queue = jobs.waiting(self._tx, some)
        if queue:
            self._serve(jurisdiction, sorted(queue, key=lambda waiting: waiting.danger), shadow=shadow)

    def _serve(self, jurisdiction: str, queue: Sequence[Waiting], *, shadow: bool) -> None:
        map_ = places.map_of(
            self._tx,
            jurisdiction,
            {waiting.incident.municipality for waiting in queue},
            whole=any(waiting.incident.police_linked for waiting in queue),
        )
        free = FreeUnits(self._tx, shadow=shadow)
        time = places.time_to_acknowledge(self._tx, jurisdiction)
        for waiting in queue:
            tiers = area(waiting.incident, map_)
            resting = waiting.resting(self._tx.now, time)
            unit = choose(waiting, tiers, free.at, resting)
            if unit is None:
                look_again = min(resting.values(), default=None)
                self._leave(waiting, map_, tiers, look_again)
            else:
                free.take(unit)
                self.give(waiting.job, waiting.incident, unit, BY_RULE, time)

    def _leave(
        self, waiting: Waiting, map_: Map, tiers: Sequence[Sequence[Station]], look_again: datetime | None
    ) -> None:
        """Leave a job in the queue; say so if that is new, or if the reason is."""
        before, incident = waiting.job, waiting.incident
        after = job_domain.waiting(before, why_nobody(incident, map_, tiers), desk(incident, tiers), look_again)
        if before.id in self._unsaid or after.reason != before.reason:
            say(self._tx, after, incident, "queued", BY_RULE)
        elif after != before:
            jobs.save(self._tx, after)
