"""How long the next try must wait."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from services.identity.domain.throttling import FREE_TRIES, LONGEST_PAUSE, block_of, pause


@given(tries=st.integers(0, 10**9))
def test_pauses_only_grow_and_never_lock_anybody_out(tries: int) -> None:
    now, later = pause(tries, FREE_TRIES), pause(tries + 1, FREE_TRIES)
    assert now <= later <= LONGEST_PAUSE == 900


def test_a_slip_of_the_finger_costs_nothing_and_a_guesser_waits() -> None:
    assert [pause(tries, 5) for tries in (0, 4, 5, 6, 7)] == [0, 0, 1, 2, 4]
    assert pause(100, 5) == LONGEST_PAUSE


def test_whoever_owns_a_whole_network_is_one_address() -> None:
    assert block_of("2001:db8:1:2::7") == block_of("2001:db8:1:2:ffff::1") == "2001:db8:1:2::/64"
    assert block_of("2001:db8:1:3::7") != block_of("2001:db8:1:2::7")
    assert block_of("198.51.100.7") == "198.51.100.7"
    assert block_of("not an address") == "not an address"
