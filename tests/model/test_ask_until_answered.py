"""Whatever the bus loses, repeats and shuffles, intake and dispatch come to agree, once each (P3–P5)."""

from __future__ import annotations

import pytest

from tests.model.ask import Model, World
from tests.model.explorer import Broken, Explored, explore

MOST = 60_000
AGREED = "dispatch has quoted the present version, and intake knows its newest word"


def explored(model: Model) -> Explored[World]:
    promises = {
        "P3, P4 one live job": model.one_live_job,
        "P5 nothing is quoted before it is said": model.nothing_is_quoted_before_it_is_said,
        "P5 the picture is true": model.the_picture_is_true,
    }
    return explore(model.start(), model.steps, promises, MOST)


def test_intake_and_dispatch_come_to_agree_whatever_the_bus_does() -> None:
    model = Model()
    explored(model).check_always_possible(model.agreed, AGREED)


def test_asking_alone_heals_a_loss_as_long_as_the_promise_is_not_kept() -> None:
    model = Model(replays=False)
    explored(model).check_always_possible(model.agreed_or_kept, AGREED)


def test_without_asking_and_replay_a_loss_is_never_healed() -> None:
    model = Model(versions=1, asks=False, replays=False)
    with pytest.raises(Broken, match="never again possible") as broken:
        explored(model).check_always_possible(model.agreed_or_kept, AGREED)
    assert str(broken.value).splitlines()[1:] == ["  1. the bus loses all"]


def test_without_answering_again_a_lost_answer_is_never_healed() -> None:
    model = Model(versions=1, answers_again=False, replays=False)
    with pytest.raises(Broken, match="never again possible"):
        explored(model).check_always_possible(model.agreed_or_kept, AGREED)


def test_the_last_word_about_a_kept_promise_comes_by_replay_alone() -> None:
    model = Model(versions=1, replays=False)
    with pytest.raises(Broken, match="crew clear"):
        explored(model).check_always_possible(model.agreed, AGREED)
