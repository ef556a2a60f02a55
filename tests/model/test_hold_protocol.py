"""Every order in which people, clocks and intake can act on holds, and the promises in each (P2–P5)."""

from __future__ import annotations

import pytest

from services.shelter_beds.domain.placement import Move
from shared.contracts.vocabulary import PlacementState
from tests.model.explorer import Broken, Explored, explore
from tests.model.hold import House, Model

MOST = 60_000
FEW_MOVES = (Move.CONFIRM, Move.DECLINE, Move.ARRIVE, Move.DEPART)
"""Enough for two families to meet at one room in every order."""


def explored(model: Model, *priorities: int) -> Explored[House]:
    promises = {
        "P3 one room, one family": model.one_room_one_family,
        "P4 one live placement": model.one_live_placement,
        "P2 nobody waits before a free room": model.nobody_waits_before_a_free_room,
        "P10 the most dangerous first": model.most_dangerous_first,
        "P5 an answer is there": model.every_answer_is_there,
        "P2 a hold has a clock": model.nothing_is_kept_for_ever,
    }
    return explore(model.start(*priorities), model.steps, promises, MOST)


def nothing_is_held(house: House) -> bool:
    return all(story.newest is None or story.newest.state is not PlacementState.HELD for story in house.stories)


def the_room_is_free_again(house: House) -> bool:
    return all(story.newest is None or story.newest.holder is None for story in house.stories)


def test_two_families_and_one_room_keep_every_promise_in_every_order() -> None:
    found = explored(Model("r1", moves=FEW_MOVES, journey=(), attempts=2), 1, 2)
    found.check_always_possible(nothing_is_held, "a hold comes to an end")


def test_one_family_and_two_rooms_keep_every_promise_in_every_order() -> None:
    found = explored(Model("r1", "r2"), 2)
    found.check_always_possible(nothing_is_held, "a hold comes to an end")


def test_the_model_notices_when_a_room_may_be_given_twice() -> None:
    with pytest.raises(Broken, match="P3 one room, one family") as broken:
        explored(Model("r1", moves=FEW_MOVES, journey=(), one_family=False), 1, 2)
    assert str(broken.value).splitlines()[1:] == ["  1. i1: raised", "  2. i2: raised"]


def test_the_model_notices_when_a_hold_never_expires() -> None:
    # Everything else a person can do is taken away: then only the clock frees the room.
    found = explored(Model("r1", words=("raised",), moves=(), journey=(), expires=False), 2)
    with pytest.raises(Broken, match="never again possible"):
        found.check_always_possible(the_room_is_free_again, "the room is free again")


def test_the_clock_alone_frees_a_room_that_nobody_speaks_for() -> None:
    found = explored(Model("r1", words=("raised",), moves=(), journey=()), 2)
    found.check_always_possible(the_room_is_free_again, "the room is free again")
