"""Rooms: what is shown of one, and the move that frees one that is kept."""

from __future__ import annotations

from collections.abc import Mapping

from shared.contracts.vocabulary import PlacementState

HELD, OCCUPIED, FREE = "held", "occupied", "free"

SHOWN: Mapping[PlacementState, str] = {
    PlacementState.HELD: HELD,
    PlacementState.CONFIRMED: HELD,
    PlacementState.ARRIVED: OCCUPIED,
    PlacementState.ABSENT: OCCUPIED,
}
"""How a room is shown while a placement of this state has it; else its base state is shown."""

_FREED_BY: Mapping[PlacementState, str] = {
    PlacementState.HELD: "decline or release",
    PlacementState.CONFIRMED: "release or no-show",
    PlacementState.ARRIVED: "depart",
    PlacementState.ABSENT: "return or depart",
}


def is_kept(state: PlacementState, alias: str) -> str:
    """Say which move changes a room that a placement has."""
    return (
        f"Placement {alias} has this room ({state.value}). Use the placement's move instead: {_FREED_BY[state]}; "
        "then set the room's state."
    )
