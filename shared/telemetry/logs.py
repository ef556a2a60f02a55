"""Logs: JSON lines with incident and trace ids, and nothing personal (P6).

What may stand in a log is decided here once: only the fields named below, and only ids, codes and numbers. A field
that is not named is dropped, so that a careless line cannot leak.
"""

from __future__ import annotations

import io
import logging
import sys
import traceback
from collections.abc import MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

_MAY_STAND = frozenset(
    {
        "account",
        "attempts",
        "cause",
        "consumer",
        "detail",
        "done",
        "entity",
        "epoch",
        "error",
        "event",
        "events",
        "exception",
        "failures",
        "from_state",
        "incident",
        "inputs",
        "jurisdiction",
        "leg",
        "level",
        "logger",
        "method",
        "part",
        "pid",
        "port",
        "reason",
        "route",
        "seconds",
        "seq",
        "service",
        "status",
        "stream",
        "timestamp",
        "to_state",
        "trace_id",
        "type",
        "use_case",
        "version",
    }
)
_LONGEST = 500


class _Patient(io.TextIOBase):
    """A log that a full disk silences but does not break: a line that cannot be written must end no thread."""

    def __init__(self, out: TextIO) -> None:
        self._out = out

    def write(self, text: str) -> int:
        with suppress(OSError):
            self._out.write(text)
        return len(text)

    def flush(self) -> None:
        with suppress(OSError):
            self._out.flush()


def configure(service: str, level: str = "INFO", to: TextIO | None = None) -> None:
    """Write everything this process logs, its libraries' lines included, as JSON lines: to stderr, unless said."""
    out = cast("TextIO", _Patient(to or sys.stderr))
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _exception_without_words,
        _name_service(service),
        _only_what_may_stand,
    ]
    structlog.configure(
        processors=[*shared, structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(sort_keys=True, ensure_ascii=False),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)
    for noisy in ("uvicorn.access", "httpx", "httpcore", "alembic", "nats", "faststream"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)  # it warns of every single retry


def _exception_without_words(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Write where an exception happened and of what type it is; its message may quote what somebody typed."""
    info = event.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else info[1] if isinstance(info, tuple) else sys.exc_info()[1]
    if info and error is not None:
        frames = "".join(traceback.format_tb(error.__traceback__))
        event["exception"] = f"{frames}{type(error).__module__}.{type(error).__name__}"
    return event


def _name_service(service: str) -> Any:
    def name(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        event["service"] = service
        return event

    return name


def _only_what_may_stand(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Drop unnamed fields and shorten long ones; SQL errors lose their parameters, which are personal."""
    kept: dict[str, Any] = {}
    for name, value in event.items():
        if value is None:
            continue
        if name in _MAY_STAND or name.startswith("_"):
            kept[name] = value if not isinstance(value, str) or name == "exception" else value[:_LONGEST]
    return kept
