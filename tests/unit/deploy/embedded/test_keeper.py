from deploy.embedded.keeper import Backoff


def test_waits_double_up_to_ten_seconds() -> None:
    backoff = Backoff()
    waits = [backoff.after(healthy=0) for _ in range(8)]
    assert waits == [0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 10, 10]


def test_half_a_minute_of_health_makes_the_next_wait_short() -> None:
    backoff = Backoff()
    for _ in range(8):
        backoff.after(healthy=29)
    assert backoff.after(healthy=30) == 0.2
