"""shelter_beds' clock: holds expire, and families that do not arrive are missed (P2)."""

from __future__ import annotations

from services.shelter_beds.commands.clocks import look_at_due
from services.shelter_beds.store.placements import any_due
from shared.service import Sweep

SWEEPS = (Sweep("due_placements", 0.5, any_due, look_at_due),)
