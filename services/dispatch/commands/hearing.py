"""Hearing of incidents and placements: what intake and shelter_beds say, and what follows from it for the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from services.dispatch.commands.allocation import Allocation
from services.dispatch.commands.saying import BY_RULE, answer, say, tell_of_incident
from services.dispatch.domain.choosing import avoided
from services.dispatch.domain.incident import Incident, Verdict, suspects, verdict
from services.dispatch.domain.job import Attention, Job, cancelled, noticed, taken_back
from services.dispatch.store import incidents, jobs, places
from shared.contracts.events import IncidentPublic, PlacementPublic
from shared.contracts.sealed import ForDispatch
from shared.contracts.vocabulary import JobState, LegKind
from shared.errors import Poison
from shared.ids import new_id
from shared.messaging.inbox import Heard
from shared.storage.transaction import Transaction

ASKED_ANEW = "asked_anew"
MADE_ACTUAL = "made_actual"


def incident_heard(tx: Transaction, heard: Heard, public: IncidentPublic) -> None:
    """Act on an incident's newest state; whatever it was, its newest job is said, quoting that version (P5)."""
    about = heard.about
    allocation = Allocation(tx, about.jurisdiction)
    job = jobs.newest(tx, about.incident)
    if job is not None and job.jurisdiction != about.jurisdiction:
        allocation = Allocation(tx, about.jurisdiction, job.jurisdiction)
        job = jobs.newest(tx, about.incident)
    if not heard.news:
        if job is not None:
            answer(tx, job, incidents.incident(tx, about.incident))
        return
    if heard.personal is None and job is None and not public.legs[LegKind.POLICE].wanted:
        return  # police were never asked for
    incident, facts = _read(heard, public)
    incidents.save(tx, incident, facts)
    newest = _act(tx, allocation, incident, job)
    allocation.serve()
    if newest is not None and not any(row["entity"] == newest.id for row in tx.outgoing):
        answer(tx, newest, incident)
        if not newest.ended:
            tell_of_incident(tx, newest, incident)


def _read(heard: Heard, public: IncidentPublic) -> tuple[Incident, Mapping[str, Any]]:
    try:
        sealed = ForDispatch.model_validate(heard.personal)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise Poison(f"the sealed part is not an incident for dispatch: {where}") from None
    about, leg = heard.about, public.legs[LegKind.POLICE]
    facts = sealed.facts.model_dump(mode="json", exclude_unset=True)
    incident = Incident(
        id=about.incident,
        version=heard.version,
        number=public.number,
        jurisdiction=about.jurisdiction,
        mode=about.mode,
        priority=about.priority,
        state=public.state,
        raised_at=public.raised_at,
        ambulance=public.ambulance,
        wanted=leg.wanted,
        waived=leg.waived,
        request=leg.request,
        municipality=sealed.municipality,
        latitude=sealed.position.latitude,
        longitude=sealed.position.longitude,
        position_by=sealed.position.by,
        police_linked=public.police_linked,
        suspects=suspects(facts),
    )
    return incident, facts


def _act(tx: Transaction, allocation: Allocation, incident: Incident, job: Job | None) -> Job | None:
    """Do what the incident asks for; return the job that now answers for it."""
    newest = job
    match verdict(incident, job):
        case Verdict.BEGIN:
            allocation.begin(newest := _next(incident, job))
        case Verdict.BEGIN_ENDED:
            jobs.add(tx, newest := _next(incident, job))
            say(tx, cancelled(newest, incident.taken_back, tx.now), incident, "cancelled", BY_RULE)
        case Verdict.REPLACE if job is not None:
            _cancel(tx, allocation, incident, job, ASKED_ANEW if job.mode == incident.mode else MADE_ACTUAL)
            allocation.begin(newest := _next(incident, job))
        case Verdict.CANCEL if job is not None:
            _cancel(tx, allocation, incident, replace(job, request=incident.request), incident.taken_back)
        case Verdict.KEEP | Verdict.CARRY_OVER if job is not None and not job.ended:
            _keep(tx, allocation, incident, job)
    return newest


def _next(incident: Incident, before: Job | None) -> Job:
    return Job(
        id=new_id(),
        incident=incident.id,
        jurisdiction=incident.jurisdiction,
        attempt=before.attempt + 1 if before else 1,
        request=incident.request,
        mode=incident.mode,
        attention=Attention.POLICE_LINKED if incident.police_linked else None,
        scene=before.scene if before else {},
    )


def _cancel(tx: Transaction, allocation: Allocation, incident: Incident, job: Job, reason: str) -> None:
    say(tx, cancelled(job, reason, tx.now), incident, "cancelled", BY_RULE)
    allocation.free(job)


def _keep(tx: Transaction, allocation: Allocation, incident: Incident, job: Job) -> None:
    """Leave the crew that is going, with what is new; unless nobody has acknowledged and it must not be this one."""
    after = replace(job, request=incident.request)
    if incident.police_linked:
        after = noticed(after, Attention.POLICE_LINKED)
    if job.state is JobState.ASSIGNED and _must_not_go(tx, incident, job):
        allocation.requeue(job, taken_back(after, None, Attention.POLICE_LINKED))
    elif after != job and job.state is JobState.QUEUED:
        allocation.requeue(job, after)
    elif after != job:
        say(tx, after, incident, "facts", BY_RULE)


def _must_not_go(tx: Transaction, incident: Incident, job: Job) -> bool:
    """Say whether a job's unit is of the directorate of a policeman who is the perpetrator."""
    if not incident.police_linked:
        return False
    map_ = places.map_of(tx, job.jurisdiction, {incident.municipality}, whole=True)
    refused = avoided(incident, map_)
    return any(station.code == job.station and station.directorate in refused for station in map_.stations)


def placement_heard(tx: Transaction, heard: Heard, placement: PlacementPublic) -> None:
    """Keep what a crew may know of a placement, and let open pages of the job read it."""
    incident_id = heard.about.incident
    if not incidents.save_placement(
        tx, incident_id=incident_id, entity=heard.entity, version=heard.version, placement=placement
    ):
        return
    job = jobs.newest(tx, incident_id)
    if job is not None:
        tell_of_incident(tx, job, incidents.incident(tx, incident_id))
