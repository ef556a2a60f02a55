"""Who is called, and who next."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.notify.domain.rota import NOBODY_YET, Call, Rota, Step, next_call
from shared.ids import account_id

FIVE = timedelta(minutes=5)
TWO = Rota((Step(1, "ana@x.bg", 10), Step(4, None), Step(7, "vera@x.bg")), FIVE)


def test_steps_are_called_in_their_order_and_nobodys_are_skipped() -> None:
    first, time = next_call(TWO, NOBODY_YET)
    assert first == Call(account_id("ana@x.bg"), order=1, round=0, count=1)
    assert time == timedelta(minutes=10)
    second, time = next_call(TWO, first)
    assert second == Call(account_id("vera@x.bg"), order=7, round=0, count=2)
    assert time == FIVE


def test_past_the_last_it_begins_again_with_twice_the_time() -> None:
    last = Call(account_id("vera@x.bg"), order=7, round=0, count=2)
    again, time = next_call(TWO, last)
    assert (again.order, again.round, again.count, time) == (1, 1, 3, timedelta(minutes=20))
    for walked, minutes in ((1, 40), (2, 80), (3, 80), (50, 80)):
        assert next_call(TWO, Call(None, 7, walked, 9))[1] == timedelta(minutes=minutes)


def test_with_nobody_on_it_nobody_is_called_and_it_is_looked_at_again() -> None:
    before = Call(account_id("ana@x.bg"), order=3, round=1, count=5)
    for empty in (Rota((), FIVE), Rota((Step(1, None),), FIVE)):
        assert next_call(empty, before) == (Call(None, 3, 1, 5), FIVE)
        assert empty.on_call is None


def test_the_first_who_can_be_reached_is_on_call() -> None:
    assert TWO.on_call == Step(1, "ana@x.bg", 10)
    assert Rota((Step(1, None), Step(2, "vera@x.bg"))).on_call == Step(2, "vera@x.bg")


@given(st.lists(st.sampled_from([None, "ana@x.bg", "vera@x.bg"]), max_size=6), st.integers(1, 20))
def test_everybody_is_called_in_every_round(people: list[str | None], times: int) -> None:
    walk = Rota([Step(order, person) for order, person in enumerate(people, 1)], FIVE)
    reachable = [account_id(person) for person in people if person]
    call, called = NOBODY_YET, []
    for _ in range(times):
        call, time = next_call(walk, call)
        called.append(call.person)
        assert FIVE <= time <= 8 * FIVE
    expected = [reachable[number % len(reachable)] if reachable else None for number in range(times)]
    assert called == expected
