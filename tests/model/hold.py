"""The hold protocol, small: two families, one or two rooms, every order of what people and clocks can do.

The decisions are those of ``services/shelter_beds/domain``; only the rows are left out. Times are not counted: what
is due may come due at any moment, which is every order that clocks could bring.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from services.shelter_beds.domain import placement as rules
from services.shelter_beds.domain.crew import Crew, after_step, when_due
from services.shelter_beds.domain.family import Family
from services.shelter_beds.domain.incident import Incident, Verdict, verdict
from services.shelter_beds.domain.matching import Candidate, Seeker, Tried, choose
from services.shelter_beds.domain.placement import ACTIVE, EXPECTED, Move, Placement
from shared.contracts.jurisdiction import Admission
from shared.contracts.vocabulary import IncidentState, JobState, Mode, PlacementState
from shared.errors import IllegalMove

NOW = datetime(2026, 11, 22, 3, tzinfo=UTC)
HOLD = timedelta(hours=1)
_ADMISSION = Admission(
    adults=("f",), oldest_boy=None, mobility=("unrestricted",), acute_medical=False, pets=0, languages=("bg",),
    documents_required=False,
)  # fmt: skip
EVERY_WORD = ("raised", "waived", "asked for again", "more danger", "closed", "cancelled")
EVERY_MOVE = (
    Move.CONFIRM,
    Move.DECLINE,
    Move.ARRIVE,
    Move.ABSENT,
    Move.RETURN,
    Move.DEPART,
    Move.RELEASE,
    Move.NO_SHOW,
)
_IN_VAIN = rules.FOLLOWED_UP | {PlacementState.CANCELLED}
EVERY_STEP = (JobState.EN_ROUTE, JobState.TRANSPORTING, JobState.CLEARED)


@dataclass(frozen=True)
class Story:
    """One family: what intake wants for it, and its newest placement."""

    incident: Incident
    newest: Placement | None = None
    crew: Crew | None = None
    tried: frozenset[Tried] = frozenset()
    doubled: bool = False
    """Whether a placement was ever begun while the one before was live."""


@dataclass(frozen=True)
class House:
    """The whole model: the families, and the base state of the rooms."""

    stories: tuple[Story, ...]
    closed: frozenset[str] = frozenset()
    """Rooms that staff took out of service."""
    overtaken: str | None = None
    """Whom somebody less in danger overtook, if that ever happened."""


class Model:
    """The protocol with some rooms. A rule can be switched off, to see that the promises notice.

    Args:
        rooms: their names.
        words: what intake says in this model; ``moves``: what staff do; ``journey``: what crews do.
        attempts: how many placements one incident may have before the model looks no further.
        expires: whether a hold ends by itself.
        one_family: whether a room is given to one family at a time.
    """

    def __init__(
        self,
        *rooms: str,
        words: Sequence[str] = EVERY_WORD,
        moves: Sequence[Move] = EVERY_MOVE,
        journey: Sequence[JobState] = EVERY_STEP,
        attempts: int = 3,
        expires: bool = True,
        one_family: bool = True,
    ) -> None:
        self._rooms = tuple(_room(name) for name in rooms)
        self._words = words
        self._moves = moves
        self._journey = journey
        self._attempts = attempts
        self._expires = expires
        self._one_family = one_family

    def start(self, *priorities: int) -> House:
        """Return a house in which so many incidents, of these priorities, were not heard of yet."""
        return House(tuple(Story(_incident(f"i{number}", each)) for number, each in enumerate(priorities, 1)))

    def steps(self, house: House) -> Iterator[tuple[str, House]]:
        """Yield whatever can happen next."""
        for index, story in enumerate(house.stories):
            for name, said in self._of_intake(story):
                if name in self._words:
                    yield f"{story.incident.id}: {name}", self._act(house, index, said)
            for name, done in self._of_people_and_clocks(story):
                yield f"{story.incident.id}: {name}", self._served(_with(house, index, done))
        for room in self._rooms:
            if room.id not in _held(house):
                turned = replace(house, closed=house.closed ^ {room.id})
                yield f"staff turn {room.id}", self._served(turned)

    # --- what can happen --------------------------------------------------------------------------------------------

    def _of_intake(self, story: Story) -> Iterator[tuple[str, Incident]]:
        incident = story.incident
        if story.newest is None:
            yield "raised", incident
        if incident.state is not IncidentState.OPEN or story.newest is None:
            return
        if incident.waived:
            yield "asked for again", replace(incident, waived=False, wanted=True, request=incident.request + 1)
        elif incident.request <= 1:
            yield "waived", replace(incident, waived=True, wanted=False)
        if incident.priority > 1:
            yield "more danger", replace(incident, priority=1)
        yield "closed", replace(incident, state=IncidentState.CLOSED)
        yield "cancelled", replace(incident, state=IncidentState.CANCELLED)

    def _of_people_and_clocks(self, story: Story) -> Iterator[tuple[str, Story]]:
        newest = story.newest
        if newest is None or newest.ended:
            return
        if newest.due_at is not None and (self._expires or newest.state is not PlacementState.HELD):
            after, step = when_due(newest, story.crew, newest.due_at, HOLD)
            yield f"due: {step}", self._moved(story, after)
        for move in self._moves:
            try:
                yield move.value, self._moved(story, _after(newest, move))
            except IllegalMove:
                continue
        state = story.crew.state if story.crew else None
        for step in self._journey[self._journey.index(state) + 1 if state else 0 :]:
            carried = step is JobState.TRANSPORTING or bool(story.crew and story.crew.carried)
            crew = Crew(step, "st", "u", carried)
            after, _ = after_step(newest, crew, NOW, HOLD)
            yield f"crew {step.value}", replace(self._moved(story, after), crew=crew)

    # --- what follows from it: the glue of commands/hearing.py and commands/allocation.py, without rows --------------

    def _act(self, house: House, index: int, incident: Incident) -> House:
        story = replace(house.stories[index], incident=incident)
        newest = story.newest
        match verdict(incident, newest):
            case Verdict.BEGIN:
                story = self._sought(story)
            case Verdict.BEGIN_ENDED:
                story = _ended(self._sought(story), PlacementState.CANCELLED)
            case Verdict.REPLACE:
                story = self._sought(_ended(story, PlacementState.CANCELLED))
            case Verdict.CANCEL:
                story = _ended(story, PlacementState.CANCELLED)
            case Verdict.KEEP if newest is not None and not newest.ended:
                story = replace(story, newest=replace(newest, request=incident.request, priority=incident.priority))
        return self._served(_with(house, index, story))

    def _moved(self, story: Story, after: Placement) -> Story:
        story = replace(story, newest=after)
        if after.state not in rules.FOLLOWED_UP:
            return story
        refused = after.state in rules.REFUSED_BY_STAFF
        story = replace(story, tried=story.tried | {Tried(str(after.room), str(after.shelter), NOW, refused)})
        return self._sought(story) if story.incident.still_asks else story

    def _served(self, house: House) -> House:
        """Give free rooms to whoever waits, most dangerous first."""
        waiting = [
            (story.newest.danger, index)
            for index, story in enumerate(house.stories)
            if story.newest is not None and story.newest.state is PlacementState.WAITLISTED
        ]
        for _, index in sorted(waiting):
            house = self._offered(house, index)
        return house

    def _offered(self, house: House, index: int) -> House:
        story = house.stories[index]
        newest = story.newest
        assert newest is not None
        free = self._free(house)
        room = choose(_seeker(story), free).room
        if room is None:
            return house
        held = rules.held(newest, room.id, room.shelter, "TST", excluded={}, until=NOW + HOLD)
        after = _with(house, index, replace(story, newest=held))
        more = [each for each in waiting_for(house, room) if each.danger < newest.danger]
        return replace(after, overtaken=more[0].incident) if more else after

    def _free(self, house: House) -> list[Candidate]:
        taken = _held(house) if self._one_family else frozenset()
        return [room for room in self._rooms if room.id not in taken | house.closed]

    def _sought(self, story: Story) -> Story:
        """Begin the next placement, unless the story has gone on long enough for the model."""
        if self._exhausted(story):
            return story
        incident, before = story.incident, story.newest
        attempt = before.attempt + 1 if before else 1
        following = Placement(
            f"{incident.id}-{attempt}", incident.id, "TST", attempt, incident.request, incident.mode, "K-1", 2,
            incident.priority, incident.raised_at,
        )  # fmt: skip
        doubled = story.doubled or (before is not None and not before.ended)
        return replace(story, newest=following, crew=None, doubled=doubled)

    def _exhausted(self, story: Story) -> bool:
        return story.newest is not None and story.newest.attempt >= self._attempts

    # --- the promises -----------------------------------------------------------------------------------------------

    def one_room_one_family(self, house: House) -> str | None:
        """P3."""
        holders = [p.room for p in _newest(house) if p.state in ACTIVE]
        return None if len(holders) == len(set(holders)) else f"a room is held by {len(holders)} families: {holders}"

    def one_live_placement(self, house: House) -> str | None:
        """P4: an incident has one live placement, and it is the newest."""
        doubled = [story.incident.id for story in house.stories if story.doubled]
        return f"an older placement of {doubled[0]} is live" if doubled else None

    def nobody_waits_before_a_free_room(self, house: House) -> str | None:
        """P2."""
        for room in self._free(house):
            for placement in waiting_for(house, room):
                return f"{placement.incident} waits, and {room.id} is free"
        return None

    def most_dangerous_first(self, house: House) -> str | None:
        """P10."""
        return f"{house.overtaken} was overtaken" if house.overtaken else None

    def every_answer_is_there(self, house: House) -> str | None:
        """P5: whoever asks is answered, and with the newest request."""
        for story in house.stories:
            newest = story.newest
            if newest is not None and story.incident.asks and newest.state in _IN_VAIN and not self._exhausted(story):
                return f"{story.incident.id} wants a room, and its newest placement ended in vain"
            if newest is not None and not story.incident.still_asks and newest.state in {*EXPECTED, "waitlisted"}:
                return f"{story.incident.id} wants no room, and one is kept or sought"
        return None

    def nothing_is_kept_for_ever(self, house: House) -> str | None:
        """P2: a hold has a clock."""
        kept = [p.incident for p in _newest(house) if p.state is PlacementState.HELD and p.due_at is None]
        return f"the hold of {kept[0]} has no clock" if kept else None


def waiting_for(house: House, room: Candidate) -> list[Placement]:
    """Return who waits and could have this room."""
    return [
        story.newest
        for story in house.stories
        if story.newest is not None
        and story.newest.state is PlacementState.WAITLISTED
        and choose(_seeker(story), [room]).room is not None
    ]


def _after(placement: Placement, move: Move) -> Placement:
    if move is Move.CONFIRM:
        return rules.confirmed(placement, {"kind": "station"}, "w", NOW, HOLD)
    return rules.moved(placement, move, NOW)


def _room(name: str) -> Candidate:
    return Candidate(name, f"s-{name}", "TST", 2, False, NOW - HOLD, "TST2", _ADMISSION, 43.0, 25.0)


def _incident(name: str, priority: int) -> Incident:
    return Incident(
        id=name, version=1, number=name, jurisdiction="TST", mode=Mode.ACTUAL, priority=priority,
        state=IncidentState.OPEN, raised_at=NOW, wanted=True, waived=False, request=1, near_allowed=False,
        municipality="TST1", latitude=43.5, longitude=25.5, police_linked=False, family=Family(2),
    )  # fmt: skip


def _seeker(story: Story) -> Seeker:
    assert story.newest is not None
    return Seeker(story.newest, story.incident, tuple(story.tried))


def _ended(story: Story, state: PlacementState) -> Story:
    newest = story.newest
    if newest is None or newest.ended:
        return story
    return replace(story, newest=rules.ended(newest, state, "r", NOW))


def _timeless(placement: Placement) -> Placement:
    """Forget when exactly: what is due may come due at any moment anyhow. That keeps the model finite."""
    later = NOW + HOLD
    return replace(
        placement,
        due_at=later if placement.due_at else None,
        held_until=later if placement.held_until else None,
        arrive_by=later if placement.arrive_by else None,
        ended_at=NOW if placement.ended_at else None,
        reason=None,
        meeting_point=None,
        word=None,
        excluded=(),  # type: ignore[arg-type]  # an empty dict has no hash
    )


def _with(house: House, index: int, story: Story) -> House:
    told = replace(story, newest=_timeless(story.newest)) if story.newest else story
    stories: Sequence[Story] = [*house.stories[:index], told, *house.stories[index + 1 :]]
    return replace(house, stories=tuple(stories))


def _newest(house: House) -> list[Placement]:
    return [story.newest for story in house.stories if story.newest is not None]


def _held(house: House) -> frozenset[str]:
    return frozenset(p.room for p in _newest(house) if p.state in ACTIVE and p.room)
