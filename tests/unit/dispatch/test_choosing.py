"""Who goes."""

from __future__ import annotations

import itertools
from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.dispatch.domain.choosing import (
    FreeUnit,
    Map,
    Station,
    Tried,
    Waiting,
    area,
    avoided,
    choose,
    desk,
    why_nobody,
)
from tests.unit.dispatch.test_incident import INCIDENT, JOB, NOW

NORTH = Station("north", "home", frozenset({"TST1"}), 43.8, 25.9)
SOUTH = Station("south", "home", frozenset({"TST2"}), 43.5, 25.7)
FAR = Station("far", "home", frozenset({"TST3"}), 43.0, 25.0)
ABROAD = Station("abroad", "other", frozenset({"TST2"}), 43.6, 25.7)
RESERVE = Station("reserve", "third", frozenset(), 43.9, 26.0)
MAP = Map([NORTH, SOUTH, FAR, ABROAD, RESERVE], {"TST1": frozenset({"TST2"}), "TST3": frozenset()})
LINKED = replace(INCIDENT, police_linked=True)
REST = timedelta(seconds=60)


def unit(code: str, station: str, latitude: float = 43.8) -> FreeUnit:
    return FreeUnit(code, code, station, latitude, 25.9)


def chosen(waiting: Waiting, *units: FreeUnit, resting: Collection[str] = ()) -> str | None:
    def at(stations: Collection[str]) -> Iterable[FreeUnit]:
        return [each for each in units if each.station in stations]

    found = choose(waiting, area(waiting.incident, MAP), at, resting)
    return found.code if found else None


def codes(tiers: Iterable[Iterable[Station]]) -> list[set[str]]:
    return [{station.code for station in tier} for tier in tiers]


def test_its_own_stations_come_first_then_those_beside_it_and_no_others() -> None:
    assert codes(area(INCIDENT, MAP)) == [{"north"}, {"south", "abroad"}]
    near, beside, far = unit("n", "north", 40.0), unit("s", "south"), unit("f", "far")
    waiting = Waiting(JOB, INCIDENT)
    assert chosen(waiting, far, beside, near) == "n"
    assert chosen(waiting, far, beside) == "s"
    assert chosen(waiting, far) is None


def test_the_nearest_goes_and_of_two_equally_near_always_the_same() -> None:
    waiting = Waiting(JOB, INCIDENT)
    assert chosen(waiting, unit("a", "north", 43.9), unit("b", "north", 43.81)) == "b"
    assert chosen(waiting, unit("y", "north"), unit("x", "north")) == "x"


def test_who_was_tried_comes_after_everybody_who_was_not_and_then_longest_ago_first() -> None:
    tried = [Tried("a", NOW, declined=False), Tried("b", NOW - REST, declined=True)]
    waiting = Waiting(JOB, INCIDENT, tried)
    everybody = unit("a", "north"), unit("b", "north"), unit("s", "south")
    assert chosen(waiting, *everybody) == "s"
    assert chosen(waiting, *everybody[:2]) == "b"
    assert chosen(waiting, *everybody[:2], resting={"b"}) == "a"
    assert chosen(waiting, everybody[1], resting={"b"}) is None


def test_only_who_declined_rests_and_not_for_long() -> None:
    tried = [
        Tried("silent", NOW, declined=False),
        Tried("said-no", NOW, declined=True),
        Tried("said-no-before", NOW - REST, declined=True),
    ]
    assert Waiting(JOB, INCIDENT, tried).resting(NOW, REST) == {"said-no": NOW + REST}


def test_a_policemans_directorate_is_that_of_where_he_lives_or_else_of_where_it_happened() -> None:
    assert avoided(INCIDENT, MAP) == frozenset()
    assert avoided(LINKED, MAP) == {"home"}
    assert avoided(replace(LINKED, suspects=("TST2",)), MAP) == {"home", "other"}
    assert avoided(replace(LINKED, suspects=("",)), MAP) == {"home"}
    assert avoided(replace(LINKED, suspects=("nowhere", "TST3")), MAP) == {"home"}


def test_against_a_policeman_every_other_directorate_may_go_a_reserve_last() -> None:
    assert codes(area(LINKED, MAP)) == [set(), {"abroad"}, {"reserve"}]
    assert codes(area(replace(LINKED, suspects=("TST2",)), MAP)) == [set(), set(), {"reserve"}]


def test_why_nobody_goes() -> None:
    nowhere, reserve_only = Map([], {}), Map([NORTH], {})
    assert why_nobody(INCIDENT, MAP, area(INCIDENT, MAP)) == "no_unit_available"
    assert why_nobody(INCIDENT, nowhere, area(INCIDENT, nowhere)) == "no_station"
    lost = replace(INCIDENT, municipality="nowhere")
    assert why_nobody(lost, MAP, area(lost, MAP)) == "no_station"
    assert why_nobody(LINKED, reserve_only, area(LINKED, reserve_only)) == "no_unit_outside_directorate"
    assert why_nobody(LINKED, nowhere, area(LINKED, nowhere)) == "no_station"


def test_the_desk_of_who_waits_is_the_nearest_that_may_act() -> None:
    assert desk(INCIDENT, area(INCIDENT, MAP)) == "north"
    assert desk(LINKED, area(LINKED, MAP)) == "abroad"
    assert desk(INCIDENT, ()) is None


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(0, 5), st.uuids()), min_size=2, max_size=8))
def test_the_most_dangerous_comes_first_then_who_waited_longest(calls: list[tuple[int, int, object]]) -> None:
    queue = [
        Waiting(JOB, replace(INCIDENT, priority=priority, raised_at=NOW + timedelta(seconds=after), id=str(name)))
        for priority, after, name in calls
    ]
    ordered = sorted(queue, key=lambda waiting: waiting.danger)
    assert [each.incident.priority for each in ordered] == sorted(call[0] for call in calls)
    for first, second in itertools.pairwise(ordered):
        if first.incident.priority == second.incident.priority:
            assert first.incident.raised_at <= second.incident.raised_at
