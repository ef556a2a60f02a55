"""How a call is kept beside what it is about."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import RowMapping

from services.notify.domain.rota import Call


def call_of(row: RowMapping | Mapping[str, Any]) -> Call:
    """Read a call from the row of its handover or notice."""
    return Call(row["call_person"], row["call_order"], row["call_round"], row["call_count"])


def call_row(call: Call) -> dict[str, Any]:
    """Return a call as columns."""
    return {
        "call_person": call.person,
        "call_order": call.order,
        "call_round": call.round,
        "call_count": call.count,
    }
