"""What people do with a job: crews and desks move it, desks and supervisors give it to another unit."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import RowMapping

from services.dispatch.commands import views
from services.dispatch.commands.access import Seat
from services.dispatch.commands.allocation import Allocation
from services.dispatch.commands.saying import say, tell_desk
from services.dispatch.domain import job as job_domain
from services.dispatch.domain.choosing import avoided
from services.dispatch.domain.incident import Incident
from services.dispatch.domain.job import BEFORE_SCENE, Attention, Job, Move, Patrol
from services.dispatch.domain.scene import Report, merged
from services.dispatch.store import incidents, jobs, places, units
from shared.contracts.vocabulary import JobState, Role, UnitState
from shared.errors import Conflict, Forbidden, IllegalMove, Invalid, NotFound
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version


def move(tx: Transaction, job_id: str, step: Move, reason: str | None, who: Account, seen: int | None) -> Reply:
    """Take the next step of a job."""
    job, allocation = _locked(tx, job_id)
    role = _mover(tx, job, who)
    if job_domain.is_step_again(job, step):
        return _shown(tx, job)
    check_version(seen, job.version)
    after = job_domain.moved(job, step, tx.now, reason)
    said = say(tx, after, incidents.incident(tx, job.incident), after.state.value, role.value)
    note(tx, who, f"job.{step.value}", job.id, job.incident, reason)
    if after.ended:
        allocation.free(job)
        allocation.serve()
    return _shown(tx, said)


def decline(tx: Transaction, job_id: str, reason: str, who: Account, seen: int | None) -> Reply:
    """Give a job back: the next unit goes, or it waits. The answer shows the job as it was given back."""
    job, allocation = _locked(tx, job_id)
    if _has_declined(tx, job, who):
        return _shown(tx, replace(job, unit=None, unit_code=None, station=None, state=JobState.QUEUED))
    role = _mover(tx, job, who)
    if job.state is JobState.QUEUED:
        return _shown(tx, job)
    check_version(seen, job.version)
    incident = incidents.incident(tx, job.incident)
    declined = say(tx, job_domain.declined(job, reason), incident, "declined", role.value)
    note(tx, who, "job.decline", job.id, job.incident, reason)
    jobs.note_tried(tx, job.id, str(job.unit), declined=True)
    tell_desk(tx, job, Attention.DECLINED)
    allocation.requeue(job, declined)
    allocation.serve()
    return _shown(tx, declined)


def reassign(tx: Transaction, job_id: str, unit_name: str, who: Account, seen: int | None) -> Reply:
    """Give a job to a named free unit."""
    job, allocation = _locked(tx, job_id)
    incident = incidents.incident(tx, job.incident)
    seat = Seat.of(who)
    role = _assigner(seat, job, incident)
    unit = units.named(tx, job.jurisdiction, unit_name, shadow=job.shadow)
    if unit is None or (role is Role.DISPATCHER and unit["station"] not in seat.stations):
        raise Invalid.field("unit", "the code or id of a unit that you may send")
    if job.holder == unit["id"]:
        return _shown(tx, job)
    check_version(seen, job.version)
    if job.state not in BEFORE_SCENE:
        raise IllegalMove("job", job.state, JobState.ASSIGNED, "Somebody is at the scene, or it has ended.")
    _check_can_go(tx, unit, incident, role)
    allocation.free(job)
    if job.holder and job.station != unit["station"]:
        tell_desk(tx, job, "reassigned")
    given = allocation.give(job, incident, Patrol(unit["id"], unit["code"], unit["station"]), role.value)
    note(tx, who, "job.reassign", job.id, job.incident)
    allocation.serve()
    return _shown(tx, given)


def report(tx: Transaction, job_id: str, body: Report, who: Account, seen: int | None) -> Reply:
    """Add what the crew learned at the scene."""
    if not body.told:
        raise Invalid.field("body", "something that was learned: answers, injuries, children, her decision …")
    job, _allocation = _locked(tx, job_id)
    role = _mover(tx, job, who)
    scene = merged(job.scene, body.told)
    if scene == job.scene:
        return _shown(tx, job)
    check_version(seen, job.version)
    job_domain.check_report(job)
    said = say(tx, replace(job, scene=scene), incidents.incident(tx, job.incident), "facts", role.value)
    note(tx, who, "job.facts", job.id, job.incident)
    return _shown(tx, said)


def _locked(tx: Transaction, job_id: str) -> tuple[Job, Allocation]:
    """Read a job under its jurisdiction's lock: clocks and other people move it too."""
    allocation = Allocation(tx, jobs.job(tx.connection, job_id).jurisdiction)
    return jobs.job(tx.connection, job_id), allocation


def _mover(tx: Transaction, job: Job, who: Account) -> Role:
    """Return the role in which somebody moves a job.

    Raises:
        Conflict: it was theirs, until it was taken back.
        NotFound: it never was.
    """
    seat = Seat.of(who)
    role = seat.role_in(job)
    if role is not None:
        return role
    if jobs.tried_with(tx, job.id, units.crewed_by(tx, seat.crews)) is not None:
        raise Conflict("This job was taken back from your unit and goes to another. Ask your desk.")
    raise NotFound("job")


def _has_declined(tx: Transaction, job: Job, who: Account) -> bool:
    """Say whether it was this crew that gave the job back, and is not on it again."""
    seat = Seat.of(who)
    if not seat.crews or seat.role_in(job) is not None:
        return False
    tried = jobs.tried_with(tx, job.id, units.crewed_by(tx, seat.crews))
    return tried is not None and tried.declined


def _assigner(seat: Seat, job: Job, incident: Incident) -> Role:
    if not seat.supervised.isdisjoint({job.jurisdiction, incident.jurisdiction}):
        return Role.SUPERVISOR
    if job.station in seat.stations:
        return Role.DISPATCHER
    raise NotFound("job")


def _check_can_go(tx: Transaction, unit: RowMapping, incident: Incident, role: Role) -> None:
    code = unit["code"]
    if jobs.active_units(tx, [unit["id"]]):
        raise Conflict(
            "Unit %(unit)s has another job. Clear or decline that one first, or name another unit.", unit=code
        )
    if unit["state"] != UnitState.AVAILABLE:
        raise Conflict("Unit %(unit)s is not available. Make it available first, or name another unit.", unit=code)
    if incident.police_linked and role is not Role.SUPERVISOR:
        map_ = places.map_of(tx, unit["jurisdiction"], {incident.municipality}, whole=True)
        refused = avoided(incident, map_)
        if any(each.code == unit["station"] and each.directorate in refused for each in map_.stations):
            raise Forbidden("Only a supervisor sends a unit of this directorate to this incident.")


def _shown(tx: Transaction, job: Job) -> Reply:
    return Reply.entity(views.job_after(tx.connection, job))
