"""P6 in logs: ids, codes and numbers; whatever else a careless line holds is dropped."""

from __future__ import annotations

import errno
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from shared.telemetry import logs

SECRET = "Мария Иванова, +359888000001"


@pytest.fixture
def written() -> Iterator[io.StringIO]:
    """Where a service's log goes; what was configured before is put back."""
    root, before = logging.getLogger(), structlog.get_config()
    handlers, level = list(root.handlers), root.level
    to = io.StringIO()
    logs.configure("intake", to=to)
    structlog.configure(cache_logger_on_first_use=False)
    yield to
    structlog.configure(**before)
    root.handlers[:], root.level = handlers, level


def fail() -> None:
    raise ValueError(SECRET)


def lines(written: io.StringIO) -> list[dict[str, Any]]:
    return [json.loads(line) for line in written.getvalue().splitlines()]


def test_a_line_is_json_with_service_level_and_time(written: io.StringIO) -> None:
    structlog.get_logger().warning("a sentence", incident="0190", version=3)
    (line,) = lines(written)
    assert (line["service"], line["level"], line["event"]) == ("intake", "warning", "a sentence")
    assert (line["incident"], line["version"]) == ("0190", 3)
    assert line["timestamp"].endswith("Z")


@pytest.mark.parametrize("field", ["name", "phone", "address", "narrative", "body", "facts", "email", "token", "data"])
def test_a_field_that_is_not_named_is_dropped(written: io.StringIO, field: str) -> None:
    structlog.get_logger().warning("careless", **{field: SECRET})
    assert SECRET not in written.getvalue()
    assert lines(written)[0]["event"] == "careless"


def test_an_exception_says_where_and_what_kind_but_not_its_words(written: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        structlog.get_logger().exception("it failed")
    assert "ValueError" in lines(written)[0]["exception"]
    assert "test_logs" in lines(written)[0]["exception"]
    assert SECRET not in written.getvalue()


def test_the_exceptions_of_libraries_lose_their_words_too(written: io.StringIO) -> None:
    try:
        fail()
    except ValueError:
        logging.getLogger("uvicorn.error").exception("in a library")
    assert SECRET not in written.getvalue()
    assert "ValueError" in written.getvalue()


def test_a_long_value_is_cut(written: io.StringIO) -> None:
    structlog.get_logger().warning("long", detail="x" * 5000)
    assert len(lines(written)[0]["detail"]) == 500


def test_a_line_that_cannot_be_written_breaks_nothing(written: io.StringIO) -> None:
    """Else a full disk ends the thread that only wanted to say so."""

    class Full(io.StringIO):
        def write(self, _text: str) -> int:
            raise OSError(errno.ENOSPC, "No space left on device")

        def flush(self) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    logs.configure("intake", to=Full())
    structlog.configure(cache_logger_on_first_use=False)
    structlog.get_logger().error("the store cannot write")
    logging.getLogger("library").error("nor can this")
    assert written.getvalue() == ""
