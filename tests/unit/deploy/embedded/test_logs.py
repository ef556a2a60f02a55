from pathlib import Path

import pytest

from deploy.embedded import logs


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("one\ntwo\n\n", "two"),
        ('{"event": "the port is not a number", "level": "error"}\n', "the port is not a number"),
        ('{"msg": "address in use", "ts": 1}\n', "address in use"),
        ("[1, 2]\n", "[1, 2]"),
        ("", "it said nothing"),
    ],
)
def test_last_words_are_the_message_of_the_last_line(tmp_path: Path, written: str, words: str) -> None:
    log = tmp_path / "part.log"
    log.write_text("an earlier run\n" + written)
    assert logs.last_words(log, since=len("an earlier run\n")) == words


def test_a_long_log_is_set_aside_while_its_part_writes_on(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    with log.open("a") as part:
        part.write("x" * (logs.LONGEST_BYTES + 1))
        part.flush()
        logs.shorten(log)
        part.write("after")
    assert log.read_text() == "after"
    assert (tmp_path / "part.log.1").stat().st_size == logs.LONGEST_BYTES + 1


def test_a_short_log_stays(tmp_path: Path) -> None:
    log = tmp_path / "part.log"
    log.write_text("short")
    logs.shorten(log)
    assert log.read_text() == "short"
