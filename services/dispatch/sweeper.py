"""dispatch's clock: a unit that does not answer in time is replaced by the next (P2)."""

from __future__ import annotations

from services.dispatch.commands.clocks import take_back_unacknowledged
from services.dispatch.store.jobs import any_due
from shared.service import Sweep

SWEEPS = (Sweep("unacknowledged", 0.5, any_due, take_back_unacknowledged),)
