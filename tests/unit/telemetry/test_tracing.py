"""A trace goes on through headers; without an endpoint nothing is measured, nor even loaded."""

from __future__ import annotations

import subprocess
import sys

import pytest

from shared.telemetry.tracing import Trace, spans_of
from tests.support.stack import ROOT

HEADER = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_a_trace_goes_on_under_a_span_of_its_own() -> None:
    trace = Trace.continued(HEADER)
    assert (trace.trace_id, trace.parent_id, trace.flags) == (HEADER[3:35], HEADER[36:52], "01")
    assert trace.span_id != HEADER[36:52]
    assert trace.traceparent == f"00-{HEADER[3:35]}-{trace.span_id}-01"


def test_a_child_is_of_the_same_trace() -> None:
    trace = Trace.continued(HEADER)
    child = trace.child()
    assert (child.trace_id, child.parent_id, child.flags) == (trace.trace_id, trace.span_id, trace.flags)


@pytest.mark.parametrize(
    "unreadable",
    [None, "", "00-1-2-01", f"00-{'0' * 32}-00f067aa0ba902b7-01", f"00-{'a' * 32}-{'0' * 16}-01", HEADER + " "],
)
def test_what_cannot_be_read_begins_a_trace(unreadable: str | None) -> None:
    trace = Trace.continued(unreadable)
    assert trace.parent_id == ""
    assert len(trace.trace_id) == 32


def test_where_nobody_wants_spans_there_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    assert spans_of("intake", "") is None


def test_without_an_endpoint_no_exporter_is_loaded() -> None:
    program = (
        "import sys; import services.intake.main; from shared.telemetry.tracing import spans_of; "
        "assert spans_of('intake', '') is None; "
        "print([name for name in sys.modules if name.startswith(('opentelemetry.sdk', 'opentelemetry.exporter'))])"
    )
    environment = {"PYTHONPATH": str(ROOT), "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
