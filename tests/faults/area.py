"""The area that a storm falls on: small enough that units and rooms run out, with short clocks so that they return."""

from __future__ import annotations

from deploy.jurisdictions import scale
from shared.contracts.jurisdiction import Deadlines, Jurisdiction

DEADLINES = Deadlines(
    police_accepted=10,
    police_on_scene=60,
    shelter_accepted=8,
    shelter_arrived=30,
    centre_accepted=15,
    centre_done=30,
    hold=10,
    rota_step=10,
)
"""Everything that people may let lapse lapses within half a minute; the time to answer stays what it is."""


def stormy(units: int, rooms: int) -> Jurisdiction:
    """Return the jurisdiction ``scale`` with short clocks."""
    return scale.generate(units=units, rooms=rooms).model_copy(update={"deadlines": DEADLINES})
