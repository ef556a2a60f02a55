"""Hearing of incidents and jobs: what intake and dispatch say, and what follows from it for the placements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from services.shelter_beds.commands.allocation import Allocation
from services.shelter_beds.commands.saying import BY_RULE, answer, say, tell_of_incident
from services.shelter_beds.domain import crew as crew_domain
from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.incident import Incident, Verdict, verdict
from services.shelter_beds.domain.matching import excluded_by
from services.shelter_beds.domain.placement import EXPECTED, Attention, Placement, ended, marked
from services.shelter_beds.store import incidents, placements, rooms
from shared.contracts.events import IncidentPublic, JobPublic
from shared.contracts.need_to_know import for_role
from shared.contracts.sealed import ForShelterBeds
from shared.contracts.vocabulary import LegKind, MeetingPointKind, PlacementState, Role, Service
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.storage.transaction import Transaction

ASKED_ANEW = "asked_anew"
MADE_ACTUAL = "made_actual"

Hashed = Callable[[str], str]
"""A name as a keyed hash."""


def incident_heard(tx: Transaction, heard: Heard, public: IncidentPublic, hashed: Hashed) -> None:
    """Act on an incident's newest state; whatever it was, its newest placement is said, quoting that version (P5)."""
    if public.legs[LegKind.SHELTER].request == 0:
        return  # a room was never asked for
    allocation = Allocation(tx)
    placement = placements.newest(tx, heard.about.incident)
    if not heard.news:
        if placement is not None:
            answer(tx, placement, incidents.incident(tx.connection, heard.about.incident))
        return
    incident, facts = _read(heard, public, hashed)
    incidents.save(tx, incident, facts)
    _act(tx, allocation, incident, placement)
    allocation.serve()
    newest = allocation.newest.get(incident.id, placement)
    if newest is not None and not any(row["entity"] == newest.id for row in tx.outgoing):
        answer(tx, newest, incident)
        if not newest.ended:
            tell_of_incident(tx, newest, incident)


def _read(heard: Heard, public: IncidentPublic, hashed: Hashed) -> tuple[Incident, Mapping[str, Any]]:
    try:
        sealed = ForShelterBeds.model_validate(heard.personal)
    except ValidationError as error:
        where = ", ".join(".".join(map(str, item["loc"])) for item in error.errors(include_input=False))
        raise Poison(f"the sealed part is not an incident for shelter_beds: {where}") from None
    about, leg = heard.about, public.legs[LegKind.SHELTER]
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
        wanted=leg.wanted,
        waived=leg.waived,
        request=leg.request,
        near_allowed=leg.near_allowed,
        municipality=sealed.municipality,
        latitude=sealed.position.latitude,
        longitude=sealed.position.longitude,
        police_linked=public.police_linked,
        family=Family.of(sealed.facts, public.ambulance, hashed),
    )
    # Only what staff may see is kept; of the perpetrators only hashes are needed.
    return incident, for_role(Service.SHELTER_BEDS, [Role.SHELTER_STAFF], facts)


def _act(tx: Transaction, allocation: Allocation, incident: Incident, placement: Placement | None) -> None:
    """Do what the incident asks for."""
    match verdict(incident, placement):
        case Verdict.BEGIN:
            allocation.seek(allocation.next_of(incident, placement), incident)
        case Verdict.BEGIN_ENDED:
            never = allocation.next_of(incident, placement)
            after = ended(never, PlacementState.CANCELLED, incident.taken_back, tx.now)
            allocation.end(after, incident, never, "cancelled", BY_RULE)
        case Verdict.REPLACE if placement is not None:
            reason = ASKED_ANEW if placement.mode == incident.mode else MADE_ACTUAL
            _cancel(tx, allocation, incident, placement, reason)
            allocation.seek(allocation.next_of(incident, placement), incident)
        case Verdict.CANCEL if placement is not None:
            _cancel(tx, allocation, incident, replace(placement, request=incident.request), incident.taken_back)
        case Verdict.KEEP if placement is not None and not placement.ended:
            _keep(tx, allocation, incident, placement)


def _cancel(tx: Transaction, allocation: Allocation, incident: Incident, placement: Placement, reason: str) -> None:
    after = ended(placement, PlacementState.CANCELLED, reason, tx.now)
    allocation.end(after, incident, placement, "cancelled", BY_RULE)


def _keep(tx: Transaction, allocation: Allocation, incident: Incident, placement: Placement) -> None:
    """Leave a family where it is, with what is new; unless nobody has confirmed and the room is not for them now."""
    if placement.state is PlacementState.WAITLISTED:
        allocation.seek(replace(placement, request=incident.request), incident)
        return
    known = replace(
        placement,
        jurisdiction=incident.jurisdiction,
        request=incident.request,
        people=incident.family.people,
        priority=incident.priority,
    )
    reconsider(tx, allocation, incident, placement, known)


def reconsider(
    tx: Transaction, allocation: Allocation, incident: Incident, before: Placement, known: Placement
) -> None:
    """Look at a room that a family has in the light of what is known now, and say what follows, if anything does."""
    after = _reconsidered(tx, allocation, incident, known)
    if after.ended:
        allocation.end(after, incident, before, "released", BY_RULE)
    elif (after.request, after.attention) != (before.request, before.attention):
        asked = after.attention not in {None, before.attention}
        step = "attention" if asked else after.state.value
        allocation.newest[incident.id] = say(tx, after, incident, step, BY_RULE)
    elif after != before:
        placements.save(tx, after)


def _reconsidered(tx: Transaction, allocation: Allocation, incident: Incident, placement: Placement) -> Placement:
    """Return a placement as it must be with what is known now.

    A hold on a room that would not be chosen any more ends. Once its shelter has confirmed, people have agreed on it
    and may be on their way: a human is asked.
    """
    attention = None if placement.attention == Attention.NO_LONGER_FITS else placement.attention
    if incident.family.shelter_linked and attention is None:
        attention = Attention.SHELTER_LINKED.value
    point = placement.meeting_point or {}
    if incident.police_linked and point.get("kind") == MeetingPointKind.STATION:
        attention = Attention.POLICE_LINKED.value
    if placement.state in EXPECTED and _must_not_be(tx, allocation, incident, placement):
        if placement.state is PlacementState.HELD:
            return ended(placement, PlacementState.RELEASED, Attention.NO_LONGER_FITS.value, tx.now)
        attention = Attention.NO_LONGER_FITS.value
    return marked(placement, attention, tx.now + allocation.area(placement.jurisdiction).hold)


def _must_not_be(tx: Transaction, allocation: Allocation, incident: Incident, placement: Placement) -> bool:
    room = rooms.candidate(tx, str(placement.room))
    seeker = replace(allocation.seeker(placement, incident), tried=())
    return incident.family.child_alone or excluded_by(seeker, room) is not None


def job_heard(tx: Transaction, heard: Heard, job: JobPublic) -> None:
    """Keep a room as long as the crew's journey takes, and ask a human when they cleared without the family."""
    incident_id = heard.about.incident
    if not incidents.save_job(tx, incident_id, heard.entity, heard.version, job) or not crew_domain.matters(job.state):
        return
    placement = placements.newest(tx, incident_id)
    if placement is None or placement.state not in EXPECTED:
        return
    allocation = Allocation(tx)
    placement = placements.placement(tx.connection, placement.id)
    crew = crew_domain.Crew(job.state, job.station, job.unit, job.carried)
    hold = allocation.area(placement.jurisdiction).hold
    after, step = crew_domain.after_step(placement, crew, tx.now, hold)
    if after != placement:
        say(tx, after, incidents.incident(tx.connection, incident_id), step, BY_RULE)
