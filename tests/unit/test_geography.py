import pytest

from shared.geography import Point, kilometres

RUSE = Point(43.8356, 25.9657)
BYALA = Point(43.46, 25.7391)


def test_a_place_is_no_distance_from_itself() -> None:
    assert kilometres(RUSE, RUSE) == 0


def test_the_distance_is_the_same_both_ways() -> None:
    assert kilometres(RUSE, BYALA) == pytest.approx(kilometres(BYALA, RUSE))


def test_ruse_is_45_km_from_byala() -> None:
    assert kilometres(RUSE, BYALA) == pytest.approx(45.6, abs=0.5)


def test_the_poles_are_half_the_earths_circumference_apart() -> None:
    assert kilometres(Point(90, 0), Point(-90, 137)) == pytest.approx(20_015, abs=1)


def test_the_date_line_is_no_barrier() -> None:
    assert kilometres(Point(0, 179.9), Point(0, -179.9)) == pytest.approx(22.24, abs=0.01)
