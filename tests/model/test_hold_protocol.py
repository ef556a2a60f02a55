"""Every order in which people, clocks and intake can act on holds, and the promises in each (P2–P5)."""

from __future__ import annotations

import pytest

from shared.contracts.vocabulary import PlacementState
from tests.model.explorer import Broken, Explored, explore
from tests.model.hold import House, Model

MOST = 1_000_000


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


def test_two_families_and_one_room_keep_every_promise_in_every_order() -> None:
    found = explored(Model("r1"), 1, 2)
    assert len(found.came_by) > 10_000
    found.check_always_possible(nothing_is_held, "a hold comes to an end")


def test_one_family_and_two_rooms_keep_every_promise_in_every_order() -> None:
    found = explored(Model("r1", "r2"), 2)
    found.check_always_possible(nothing_is_held, "a hold comes to an end")


def test_the_model_notices_when_a_room_may_be_given_twice() -> None:
    with pytest.raises(Broken, match="P3 one room, one family") as broken:
        explored(Model("r1", one_family=False), 1, 2)
    assert "i2: raised" in str(broken.value)
