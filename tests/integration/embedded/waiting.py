import time
from collections.abc import Callable


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    """Return once the condition holds; fail with what was waited for after a deadline that a busy machine keeps too."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)
