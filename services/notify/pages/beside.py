"""What stands beside whatever a centre's staff look at: who waits for a human, and who is who."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from services.notify.commands import centre_views, views
from services.notify.commands.access import Seat
from services.notify.domain.handover import UNACCEPTED, waits
from services.notify.tables import HANDOVER
from shared.contracts.vocabulary import HandoverState, Mode

MOST = 100


def live_handovers(
    connection: Connection, seat: Seat, mode: Mode, states: Sequence[HandoverState]
) -> list[dict[str, Any]]:
    """Return handovers of an account's own centres, the longest waiting first."""
    wanted = (HANDOVER.c.state.in_([state.value for state in states]), HANDOVER.c.mode == mode.value)
    query = views.handovers_query(seat).where(HANDOVER.c.centre.in_(seat.centres), *wanted)
    rows = connection.execute(query.order_by(HANDOVER.c.offered_at).limit(MOST)).mappings().all()
    return views.handovers(connection, seat, rows)


def is_waiting(handover: dict[str, Any]) -> bool:
    """Say whether somebody must take it on: nobody has acknowledged it, or whoever did forgot it."""
    return waits(HandoverState(handover["state"]), handover["attention"])


def beside(connection: Connection, seat: Seat, looked_at: str = "") -> dict[str, Any]:
    """Return what a page shows beside its own matter: a new handover must be seen and heard on every page.

    Args:
        connection: where to read.
        seat: who looks.
        looked_at: the handover that the page is about.
    """
    unaccepted = live_handovers(connection, seat, Mode.ACTUAL, sorted(UNACCEPTED)) if seat.centres else []
    return {
        "colleagues": centre_views.colleagues(connection, seat),
        "waiting": [each for each in unaccepted if is_waiting(each) and each["id"] != looked_at],
    }
