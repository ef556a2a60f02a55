"""What notify tells of itself: handovers that wait for a human, and whether pages reach people."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, func, select

from services.notify.tables import DELIVERY, HANDOVER, INCIDENT, IS_LIVE, IS_QUEUED, NOTICE
from shared.contracts.vocabulary import DeliveryState, Mode, NoticeState
from shared.telemetry.figures import Count, Figure, Figures, Gauge

HANDOVERS = Gauge("zakrila_handovers", "Handovers that have not ended", ("state", "priority", "mode"))
NOTICES = Gauge("zakrila_notices_unconfirmed", "Child-protection notices that nobody has confirmed", ("mode",))
QUEUED = Gauge("zakrila_deliveries_queued", "Pages not sent yet", ("channel", "mode"))
DELIVERIES = Count(
    "zakrila_deliveries",
    "Pages, by what became of them; withdrawn: somebody had answered before it was sent",
    ("channel", "result", "mode"),
    known=tuple(
        ("console", result, Mode.ACTUAL.value)
        for result in (DeliveryState.SENT.value, DeliveryState.DELIVERED.value, DeliveryState.FAILED.value)
    ),
)
WITHDRAWN = "withdrawn"
ESCALATIONS = Count(
    "zakrila_escalations", "Times the next person on a rota was called", ("mode",), known=((Mode.ACTUAL.value,),)
)

_COUNT_HANDOVERS = (
    select(HANDOVER.c.state, INCIDENT.c.priority, HANDOVER.c.mode, func.count())
    .join(INCIDENT, INCIDENT.c.id == HANDOVER.c.incident)
    .where(IS_LIVE)
    .group_by(HANDOVER.c.state, INCIDENT.c.priority, HANDOVER.c.mode)
)
_COUNT_NOTICES = (
    select(NOTICE.c.mode, func.count())
    .where(NOTICE.c.due_at.is_not(None), NOTICE.c.state == NoticeState.SENT.value)
    .group_by(NOTICE.c.mode)
)
_COUNT_QUEUED = (
    select(DELIVERY.c.channel, DELIVERY.c.mode, func.count())
    .where(IS_QUEUED)
    .group_by(DELIVERY.c.channel, DELIVERY.c.mode)
)


def read(connection: Connection, _now: datetime) -> Iterable[Figure]:
    """Count what waits for a human."""
    rows = connection.execute(_COUNT_HANDOVERS)
    yield HANDOVERS.of({(state, str(priority), mode): count for state, priority, mode, count in rows})
    notices: dict[tuple[str, ...], float] = {(mode,): count for mode, count in connection.execute(_COUNT_NOTICES)}
    yield NOTICES.of({(Mode.ACTUAL.value,): 0.0, **notices})
    yield QUEUED.of({(channel, mode): count for channel, mode, count in connection.execute(_COUNT_QUEUED)})


FIGURES = Figures((HANDOVERS, NOTICES, QUEUED), read, (DELIVERIES, ESCALATIONS))
