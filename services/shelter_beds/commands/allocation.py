"""Giving rooms to families: under one lock, most dangerous first, in the transaction of what caused it.

Between two transactions nobody on the waitlist could have a room that is free: each was offered to all of them. So a
newcomer may take any of those, and only what has just become free must go round again, most dangerous first.
"""

from __future__ import annotations

import heapq
import secrets
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from sqlalchemy import RowMapping

from services.shelter_beds.commands.saying import BY_RULE, room_changed, say
from services.shelter_beds.domain import placement as placement_domain
from services.shelter_beds.domain.incident import Incident
from services.shelter_beds.domain.matching import (
    CHILD_ALONE,
    NO_ROOM,
    NO_SHELTER,
    Candidate,
    Choice,
    Seeker,
    better,
    by_shelter,
    choose,
    counted,
    totals,
)
from services.shelter_beds.domain.meeting import aliases
from services.shelter_beds.domain.placement import Attention, Placement
from services.shelter_beds.domain.room import SHOWN
from services.shelter_beds.store import denials, placements, rooms
from services.shelter_beds.store.placements import WAITING_AT_ONCE, Waiting
from services.shelter_beds.store.places import Area, Areas
from shared.contracts.vocabulary import PlacementState
from shared.ids import new_id
from shared.storage.transaction import Transaction


class Allocation:
    """What one input frees and whom it brings; everything is served at once, when the input is done.

    The lock is one for the whole deployment, because neighbouring jurisdictions give each other rooms.
    """

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._newcomers: dict[str, Waiting] = {}
        self._opened: set[str] = set()
        """Rooms that became free, or whose state or admission changed."""
        self._touched: dict[str, RowMapping] = {}
        self._known_areas: Areas | None = None
        self.newest: dict[str, Placement] = {}
        """The placement that now answers for an incident, where this input said one."""
        tx.lock("allocation")

    @property
    def _areas(self) -> Areas:
        if self._known_areas is None:
            self._known_areas = Areas(self._tx)
        return self._known_areas

    def area(self, jurisdiction: str) -> Area:
        """Return what a jurisdiction says about rooms."""
        return self._areas.of(jurisdiction)

    def next_of(self, incident: Incident, before: Placement | None) -> Placement:
        """Return the next placement of an incident, not yet written."""
        drawn = aliases(secrets.choice)
        return Placement(
            id=new_id(),
            incident=incident.id,
            jurisdiction=incident.jurisdiction,
            attempt=before.attempt + 1 if before else 1,
            request=incident.request,
            mode=incident.mode,
            alias=(placements.free_aliases(self._tx, drawn) or drawn[-1:])[0],
            people=incident.family.people,
            priority=incident.priority,
            raised_at=incident.raised_at,
        )

    def seek(self, placement: Placement, incident: Incident) -> None:
        """Seek a room for a new placement, or anew for one of which more is known now."""
        asking = replace(
            placement,
            people=incident.family.people,
            priority=incident.priority,
            raised_at=incident.raised_at,
            attention=None,
        )
        self._newcomers[placement.id] = (asking, incident)

    def seek_all(self, jurisdiction: str) -> None:
        """Seek anew for all who may get a room in a jurisdiction: much may have changed there."""
        for placement, incident in placements.all_waiting(self._tx, self._areas.looking_to({jurisdiction})):
            self.seek(placement, incident)

    def end(self, ended: Placement, incident: Incident, before: Placement, step: str, by: str) -> Placement:
        """Say that a placement ended; its room goes round, and if she still needs one, another is sought."""
        said = say(self._tx, ended, incident, step, by)
        self.newest[incident.id] = said
        if before.holder:
            self.touch(rooms.leave(self._tx, before.holder))
            self._opened.add(before.holder)
        if said.state in placement_domain.FOLLOWED_UP:
            if said.reason != Attention.NO_LONGER_FITS:
                placements.note_tried(self._tx, said, refused=said.state in placement_domain.REFUSED_BY_STAFF)
            if incident.still_asks:
                self.seek(self.next_of(incident, said), incident)
        return said

    def open(self, room_ids: Collection[str]) -> None:
        """Offer rooms to whoever waits: something about them changed."""
        self._opened.update(room_ids)

    def show(self, placement: Placement) -> None:
        """Show the room of a placement as its state says."""
        self.touch(rooms.take(self._tx, str(placement.room), placement.id, SHOWN[placement.state]))

    def touch(self, room: RowMapping) -> None:
        """Count a room among those of which there is something to say."""
        self._touched[room["id"]] = room

    def serve(self) -> None:
        """Give rooms, and say which rooms changed hands."""
        opened = rooms.free_among(self._tx, self._opened)
        for shadow in (False, True):
            newcomers = [each for each in self._newcomers.values() if each[0].shadow == shadow]
            free = {room.id: room for room, twin in opened if twin == shadow}
            if newcomers or free:
                self._serve(newcomers, free, shadow=shadow)
        for room in sorted(self._touched):
            room_changed(self._tx, self._touched[room])

    def _serve(self, newcomers: list[Waiting], free: dict[str, Candidate], *, shadow: bool) -> None:
        mine = [(seeker, True) for seeker in self._seekers(sorted(newcomers, key=lambda each: each[0].danger))]
        waiting = ((seeker, False) for seeker in self._waitlist(free, shadow=shadow))
        for seeker, new in heapq.merge(mine, waiting, key=lambda item: item[0].placement.danger):
            room = self._sought(seeker) if new else self._offered(seeker, free)
            if room is not None:
                free.pop(room.id, None)

    def _waitlist(self, free: dict[str, Candidate], *, shadow: bool) -> Iterator[Seeker]:
        """Walk down the waitlist, as long as there is something to offer."""
        after: Placement | None = None
        while free:
            jurisdictions = self._areas.looking_to({room.jurisdiction for room in free.values()})
            beds = max(room.beds for room in free.values())
            some = placements.waitlist(self._tx, jurisdictions, shadow=shadow, beds=beds, after=after)
            yield from self._seekers([each for each in some if each[0].id not in self._newcomers])
            if len(some) < WAITING_AT_ONCE:
                return
            after = some[-1][0]

    def _offered(self, seeker: Seeker, free: dict[str, Candidate]) -> Candidate | None:
        """Offer somebody who waits what has just become free."""
        for jurisdiction in self.area(seeker.placement.jurisdiction).searched:
            choice = choose(seeker, [room for room in free.values() if room.jurisdiction == jurisdiction])
            if choice.room is not None:
                self._give(seeker, choice.room, counted(choice.passed))
                return choice.room
        return None

    def _sought(self, seeker: Seeker) -> Candidate | None:
        """Seek a room among all that are free: here, then in the neighbouring jurisdictions."""
        placement = seeker.placement
        if seeker.family.child_alone:
            asking = replace(placement, attention=Attention.CHILD_ALONE.value)
            self._wait(asking, seeker.incident, CHILD_ALONE, {})
            return None
        passed: list[tuple[str, str]] = []
        others: list[tuple[str, str, int]] = []
        for jurisdiction in self.area(placement.jurisdiction).searched:
            choice = self._searched(seeker, jurisdiction)
            passed += choice.passed
            if choice.room is not None:
                self._give(seeker, choice.room, totals(by_shelter(passed, others)))
                return choice.room
            others += rooms.not_looked_at(
                self._tx,
                jurisdiction,
                shadow=placement.shadow,
                beds=placement.people,
                avoided=seeker.avoided,
            )
        candidates = by_shelter(passed, others)
        self._wait(placement, seeker.incident, NO_ROOM if candidates else NO_SHELTER, totals(candidates))
        denials.keep(self._tx, placement, candidates)
        return None

    def _searched(self, seeker: Seeker, jurisdiction: str) -> Choice:
        placement, incident, choice = seeker.placement, seeker.incident, Choice()
        found = rooms.search(
            self._tx,
            jurisdiction,
            shadow=placement.shadow,
            beds=placement.people,
            near=incident,
            avoided=seeker.avoided,
        )
        for some in found:
            choice = better(choice, choose(seeker, some))
            if choice.room is not None and choice.reservation is None:
                break
        return choice

    def seeker(self, placement: Placement, incident: Incident) -> Seeker:
        """Return a placement with what choosing needs to know besides."""
        return self._seekers([(placement, incident)])[0]

    def _seekers(self, some: Sequence[Waiting]) -> list[Seeker]:
        again = {incident.id for placement, incident in some if placement.attempt > 1}
        tried = placements.tried_by(self._tx, again)
        known = placements.acquainted(self._tx, {name for _, incident in some for name in incident.family.names})
        return [
            Seeker(placement, incident, tried.get((incident.id, placement.request), ()), _unsafe(incident, known))
            for placement, incident in some
        ]

    def _give(self, seeker: Seeker, room: Candidate, excluded: dict[str, int]) -> None:
        placement, incident = seeker.placement, seeker.incident
        until = self._tx.now + self.area(placement.jurisdiction).hold
        attention = Attention.SHELTER_LINKED.value if incident.family.shelter_linked else None
        asking = replace(placement, attention=attention)
        after = placement_domain.held(asking, room.id, room.shelter, room.jurisdiction, excluded=excluded, until=until)
        self.touch(rooms.take(self._tx, room.id, placement.id, SHOWN[PlacementState.HELD]))
        self.newest[incident.id] = say(self._tx, after, incident, "held", BY_RULE)

    def _wait(self, placement: Placement, incident: Incident, reason: str, excluded: dict[str, int]) -> None:
        """Leave a family on the waitlist; say so if that is new, or if the reason is."""
        before = (placement.reason, placement.excluded)
        after = placement_domain.waitlisted(placement, reason, excluded)
        if placement.version == 0 or before != (after.reason, after.excluded):
            after = say(self._tx, after, incident, "waitlisted", BY_RULE)
        else:
            placements.save(self._tx, after)
        self.newest[incident.id] = after


def _unsafe(incident: Incident, known: Mapping[str, Sequence[tuple[str, str]]]) -> frozenset[str]:
    """Return the shelters that a perpetrator knows; that this family was there itself tells him nothing."""
    return frozenset(
        shelter for name in incident.family.names for shelter, family in known.get(name, ()) if family != incident.id
    )
