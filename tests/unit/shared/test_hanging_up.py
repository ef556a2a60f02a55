"""A client that goes away while it is still speaking is no fault of ours, and is not counted as one."""

from __future__ import annotations

import pytest
from prometheus_client import CollectorRegistry
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from shared.telemetry.metrics import HttpMetrics
from shared.web.app import _Measured


@pytest.mark.anyio
async def test_a_client_that_hung_up_is_counted_as_such() -> None:
    async def reading(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ClientDisconnect

    async def receive() -> Message:
        return {"type": "http.disconnect"}

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    registry = CollectorRegistry()
    measured = _Measured(reading, HttpMetrics(registry), spans=None)
    await measured({"type": "http", "method": "POST", "headers": []}, receive, send)
    counted = {"method": "POST", "route": "none", "status": "499"}
    assert registry.get_sample_value("zakrila_http_requests_total", counted) == 1
    assert sent == []
