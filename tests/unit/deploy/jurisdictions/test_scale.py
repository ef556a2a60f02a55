import time

import pytest

from deploy.jurisdictions import scale


@pytest.mark.parametrize(("units", "rooms"), [(1, 1), (7, 3), (199, 51), (2_000, 5_000), (20_000, 40_000)])
def test_it_has_exactly_the_size_asked_for(units: int, rooms: int) -> None:
    document = scale.generate(units=units, rooms=rooms)
    assert len(document.units) == units
    assert sum(len(shelter.rooms) for shelter in document.shelters) == rooms


def test_eight_times_as_much_is_made_and_checked_in_not_much_more_than_eight_times_the_work() -> None:
    small, large = (_work(units, rooms) for units, rooms in ((250, 625), (2_000, 5_000)))
    assert large < 8 * 3 * small, "quadratic work would be 64 times as much"


def _work(units: int, rooms: int) -> float:
    """Return the processor's seconds, the least of three tries."""

    def once() -> float:
        begun = time.process_time()
        scale.generate(units=units, rooms=rooms)
        return time.process_time() - begun

    return min(once() for _ in range(3))


def test_the_same_size_and_seed_give_the_same_document() -> None:
    assert scale.generate(units=50, rooms=60, seed=7) == scale.generate(units=50, rooms=60, seed=7)


def test_another_seed_gives_another_document_of_the_same_size() -> None:
    one, other = scale.generate(units=50, rooms=60, seed=7), scale.generate(units=50, rooms=60, seed=8)
    assert one != other
    assert len(one.units) == len(other.units)


def test_every_unit_shelter_and_centre_has_somebody() -> None:
    document = scale.generate(units=120, rooms=700)
    duties = [duty for person in document.people for duty in person.roles]
    assert {duty.unit for duty in duties if duty.role == "crew"} == {unit.code for unit in document.units}
    for role, parts in (("shelter_staff", document.shelters), ("centre_staff", document.centres)):
        assert {duty.organisation for duty in duties if duty.role == role} == {part.code for part in parts}


def test_a_large_jurisdiction_has_few_accounts() -> None:
    assert len(scale.generate(units=2_000, rooms=5_000).people) < 150


@pytest.mark.parametrize(("units", "rooms"), [(0, 10), (10, 0), (-1, 10), (20_001, 10), (10, 40_001)])
def test_an_impossible_size_is_refused(units: int, rooms: int) -> None:
    with pytest.raises(ValueError, match="must be from 1 to"):
        scale.generate(units=units, rooms=rooms)
