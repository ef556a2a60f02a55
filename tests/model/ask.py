"""Asking until answered, small: intake and dispatch, one incident, and a bus that does everything a bus can do.

What was once said may arrive late, twice, in any order, or never; once, everything on the way is lost. The decisions
are those of ``services/intake/domain`` and ``services/dispatch/domain``; only the rows are left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from services.dispatch.domain.incident import Incident, Verdict, verdict
from services.dispatch.domain.job import Job, Move, Patrol, assigned, cancelled, declined, moved
from services.intake.domain import asking, legs
from services.intake.domain.legs import Leg
from shared.contracts.events import JobPublic, LegWanted
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.vocabulary import IncidentState, JobState, LegKind, LegState, Mode, WhoDecided
from shared.errors import IllegalMove

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
UNIT = Patrol("u", "U-1", "st")
_DEADLINES = Deadlines()
_MOVES = (Move.ACKNOWLEDGE, Move.EN_ROUTE, Move.ON_SCENE, Move.CLEAR)


@dataclass(frozen=True)
class Said:
    """An incident as intake says it, or asks about it."""

    version: int
    state: IncidentState
    wanted: LegWanted
    ask: bool


@dataclass(frozen=True)
class Answer:
    """A job as dispatch says it, quoting the version of the incident that it acted on."""

    quoted: int
    entity: str
    version: int
    job: JobPublic


@dataclass(frozen=True)
class World:
    """What both have in their stores, and what is on the way."""

    version: int
    state: IncidentState
    leg: Leg
    inbox: frozenset[tuple[str, int]] = frozenset()
    """intake's: the highest version heard of each job."""
    heard: int = 0
    """dispatch's: the highest version heard of the incident."""
    job: Job | None = None
    doubled: bool = False
    """Whether a job was ever begun while the one before was live."""
    on_the_way: frozenset[Said | Answer] = frozenset()
    lost: bool = False
    """Whether the bus has lost what was on the way; it does so once."""


class Model:
    """The protocol. A half of it can be switched off, to see that the promises notice."""

    def __init__(
        self, *, versions: int = 2, asks: bool = True, answers_again: bool = True, replays: bool = True
    ) -> None:
        self._versions = versions
        self._replays = replays
        self._asks = asks
        self._answers_again = answers_again

    def start(self) -> World:
        """Return the world after an incident was raised."""
        leg = legs.asked(Leg("l", LegKind.POLICE), NOW, _DEADLINES)
        return self._said(World(1, IncidentState.OPEN, leg), ask=False)

    def steps(self, world: World) -> Iterator[tuple[str, World]]:
        """Yield whatever can happen next."""
        yield from self._of_operator(world)
        yield from self._of_crew(world)
        if self._asks and _to_ask(world):
            yield "intake asks", self._said(world, ask=True)
        for message in world.on_the_way:
            if isinstance(message, Said):
                yield f"dispatch hears version {message.version}", self._hear_incident(world, message)
            else:
                name = f"intake hears {message.entity} v{message.version}, quoting {message.quoted}"
                yield name, self._hear_job(world, message)
        if not world.lost:
            yield "the bus loses all", replace(world, on_the_way=frozenset(), lost=True)
        elif self._replays:
            again = self._said(world, ask=False)
            yield "the outboxes are said again", self._answered(again) if again.job else again

    # --- what people do ---------------------------------------------------------------------------------------------

    def _of_operator(self, world: World) -> Iterator[tuple[str, World]]:
        if world.version >= self._versions or world.state is not IncidentState.OPEN:
            return
        later = replace(world, version=world.version + 1)
        yield "updated", self._said(later, ask=False)
        if world.leg.needed and world.leg.state is not LegState.DONE:
            waived = legs.waived(world.leg, NOW, WhoDecided.SUPERVISOR)
            yield "waived", self._said(replace(later, leg=waived), ask=False)
        anew = legs.requested(world.leg, NOW, _DEADLINES, near_allowed=False)
        if anew != world.leg:
            yield "asked for anew", self._said(replace(later, leg=anew), ask=False)
        if not world.leg.ever_accepted:
            yield "cancelled", self._said(replace(later, state=IncidentState.CANCELLED), ask=False)

    def _of_crew(self, world: World) -> Iterator[tuple[str, World]]:
        if world.job is None:
            return
        for move in _MOVES:
            try:
                yield f"crew {move.value}", self._answered(replace(world, job=_next(moved(world.job, move, NOW))))
            except IllegalMove:
                continue
        if world.job.state is JobState.ASSIGNED and world.job.version == 1:
            again = _next(assigned(declined(world.job, "r"), UNIT, NOW, NOW))
            yield "crew declines, another goes", self._answered(replace(world, job=again))

    # --- dispatch: the glue of commands/hearing.py, without rows ------------------------------------------------------

    def _hear_incident(self, world: World, said: Said) -> World:
        if said.version <= world.heard:
            return self._answered(world) if said.ask and self._answers_again and world.job else world
        incident = _incident(said)
        world = replace(world, heard=said.version)
        job = world.job
        match verdict(incident, job):
            case Verdict.BEGIN:
                world = self._begun(world, incident)
            case Verdict.BEGIN_ENDED:
                world = self._begun(world, incident)
                world = replace(world, job=cancelled(_the_job(world), "r", NOW))
            case Verdict.REPLACE if job is not None:
                ended = self._answered(replace(world, job=_next(cancelled(job, "r", NOW))))
                world = self._begun(ended, incident)
            case Verdict.CANCEL if job is not None:
                after = cancelled(replace(job, request=incident.request), "r", NOW)
                world = replace(world, job=_next(after))
            case Verdict.KEEP | Verdict.CARRY_OVER if job is not None and not job.ended:
                after = replace(job, request=incident.request)
                world = replace(world, job=_next(after) if after != job else job)
        return self._answered(world) if world.job else world

    def _begun(self, world: World, incident: Incident) -> World:
        attempt = world.job.attempt + 1 if world.job else 1
        job = Job(f"job{attempt}", "i", "TST", attempt, incident.request, Mode.ACTUAL)
        doubled = world.doubled or (world.job is not None and not world.job.ended)
        return replace(world, job=_next(assigned(job, UNIT, NOW, NOW)), doubled=doubled)

    def _answered(self, world: World) -> World:
        job = _the_job(world)
        public = JobPublic(state=job.state, attempt=job.attempt, request=job.request)
        answer = Answer(world.heard, job.id, job.version, public)
        return replace(world, on_the_way=world.on_the_way | {answer})

    # --- intake: the glue of commands/listening.py, without rows ------------------------------------------------------

    def _hear_job(self, world: World, answer: Answer) -> World:
        leg = replace(world.leg, quoted=max(world.leg.quoted, answer.quoted))
        known = dict(world.inbox)
        if answer.version > known.get(answer.entity, 0):
            known[answer.entity] = answer.version
            leg = legs.heard(leg, legs.from_job(answer.entity, answer.job), NOW, _DEADLINES)
        return replace(world, leg=_timeless(leg), inbox=frozenset(known.items()))

    def _said(self, world: World, *, ask: bool) -> World:
        said = Said(world.version, world.state, world.leg.wanted, ask)
        return replace(world, leg=_timeless(world.leg), on_the_way=world.on_the_way | {said})

    # --- the promises -------------------------------------------------------------------------------------------------

    def one_live_job(self, world: World) -> str | None:
        """P3, P4."""
        return "a job was begun while the one before was live" if world.doubled else None

    def nothing_is_quoted_before_it_is_said(self, world: World) -> str | None:
        """P5."""
        return "a version was quoted that was never said" if world.leg.quoted > world.version else None

    def the_picture_is_true(self, world: World) -> str | None:
        """P5: what intake shows is what the newest job says, once it was heard."""
        job = world.job
        if job is None or (job.id, job.version) not in world.inbox or world.leg.state is LegState.WAIVED:
            return None
        if job.request < world.leg.request:
            return None  # a newer request is on its way
        said = legs.from_job(job.id, JobPublic(state=job.state, attempt=job.attempt, request=job.request))
        latched = world.leg.state is LegState.DONE and said.ended
        if world.leg.state is said.state or latched:
            return None
        return f"intake shows {world.leg.state}, and the job means {said.state}"

    def agreed(self, world: World) -> bool:
        """Say whether dispatch has quoted the present version, and intake knows its newest word."""
        lagging = asking.lagging({LegKind.POLICE: world.leg}, world.version, children=False)
        return not lagging and world.job is not None and (world.job.id, world.job.version) in world.inbox

    def agreed_or_kept(self, world: World) -> bool:
        """Say whether they agree, or the promise is kept or not wanted and only a last word may be missing."""
        return self.agreed(world) or not _to_ask(world)


def _to_ask(world: World) -> bool:
    """Say whether intake would ask: for an answer, or every five minutes while the promise is unfinished."""
    lagging = asking.lagging({LegKind.POLICE: world.leg}, world.version, children=False)
    return bool(lagging) or (world.leg.unfinished and world.state is not IncidentState.CANCELLED)


def _the_job(world: World) -> Job:
    assert world.job is not None
    return world.job


def _incident(said: Said) -> Incident:
    return Incident(
        id="i", version=said.version, number="n", jurisdiction="TST", mode=Mode.ACTUAL, priority=1, state=said.state,
        raised_at=NOW, ambulance="not_needed", wanted=said.wanted.wanted, waived=said.wanted.waived,
        request=said.wanted.request, municipality="TST1", latitude=43.0, longitude=25.0, position_by="settlement",
        police_linked=False,
    )  # fmt: skip


def _next(job: Job) -> Job:
    """Count a step of a job, and forget when exactly it was."""
    scene: dict[str, object] = ()  # type: ignore[assignment]  # an empty dict has no hash
    return replace(job, version=job.version + 1, reason=None, attention=None, scene=scene)


def _timeless(leg: Leg) -> Leg:
    return replace(leg, due_at=None, detail=None)
