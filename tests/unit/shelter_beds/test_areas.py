"""No count is of fewer than three shelters, and no difference of counts either."""

from __future__ import annotations

from datetime import UTC, datetime
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from services.shelter_beds.domain.areas import FEWEST_SHELTERS, Region, grouped, oldest, total

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)


def codes(regions: list[Region]) -> list[tuple[str, ...]]:
    return sorted(tuple(region.code for region in group) for group in grouped(regions))


def test_a_poor_region_joins_its_nearest_neighbour() -> None:
    regions = [Region("a", 43, 25, 1), Region("b", 43.1, 25, 3), Region("c", 45, 25, 3)]
    assert codes(regions) == [("a", "b"), ("c",)]


def test_fewer_than_three_in_all_are_one() -> None:
    assert codes([Region("a", 43, 25, 1), Region("b", 43, 26, 1), Region("c", 45, 25, 0)]) == [("a", "b", "c")]
    assert codes([Region("a", 43, 25, 1)]) == [("a",)]
    assert codes([]) == []


def test_rooms_are_added_up() -> None:
    regions = [Region("a", 43, 25, 2, {"free": 2, "held": 1}, NOW), Region("b", 43, 26, 1, {"free": 1}, None)]
    assert total(regions) == {"free": 3, "held": 1, "occupied": 0, "out_of_service": 0}
    assert oldest(region.oldest_confirmation for region in regions) == NOW
    assert oldest([None]) is None


REGIONS = st.lists(
    st.builds(
        Region,
        st.text("abcdefgh", min_size=1, max_size=3),
        st.floats(41, 44),
        st.floats(22, 28),
        st.integers(0, 6),
    ),
    unique_by=lambda region: region.code,
    max_size=9,
)


@given(REGIONS)
def test_groups_are_a_partition_of_enough_shelters_each(regions: list[Region]) -> None:
    groups = grouped(regions)
    assert sorted(region.code for group in groups for region in group) == sorted(region.code for region in regions)
    if len(groups) > 1:
        assert all(sum(region.shelters for region in group) >= FEWEST_SHELTERS for group in groups)


@given(REGIONS, st.randoms())
def test_the_order_of_regions_does_not_matter(regions: list[Region], chance: Random) -> None:
    shuffled = list(regions)
    chance.shuffle(shuffled)
    assert codes(shuffled) == codes(regions)
