"""notify's clocks: silence calls the next person (P2), and whoever is called is paged."""

from __future__ import annotations

from services.notify.commands.clocks import call_next, remind
from services.notify.commands.paging import send_queued
from services.notify.store import deliveries, handovers, notices
from shared.service import Sweep

SWEEPS = (
    Sweep("unanswered handovers", 0.5, handovers.any_due, call_next),
    Sweep("unconfirmed notices", 1.0, notices.any_due, remind),
    Sweep("pages", 0.25, deliveries.any_queued, send_queued),
)
