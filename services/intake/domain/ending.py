"""How an incident ends: a single word on the phone ends nothing; somebody must have seen her alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from services.intake.domain.legs import Leg
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Tri
from shared.errors import Forbidden, IllegalMove, Invalid

_KEPT_OR_KNOWN = {LegState.NOT_NEEDED, LegState.ACCEPTED, LegState.DONE, LegState.UNMET, LegState.WAIVED}
_KEPT = {
    LegKind.POLICE: {LegState.NOT_NEEDED, LegState.DONE},
    LegKind.SHELTER: _KEPT_OR_KNOWN,
    LegKind.CENTRE: _KEPT_OR_KNOWN,
}
"""How far each leg must have got. Police that a supervisor waived: a supervisor closes, with a reason."""


def check_close(
    state: IncidentState,
    legs: Mapping[LegKind, Leg],
    seen_alone: Tri | None,
    *,
    supervisor: bool,
    override_reason: str | None,
) -> None:
    """Check that an incident may be closed.

    Raises:
        IllegalMove: it is cancelled, or a promise is not kept yet; the detail says which.
        Invalid: nobody said whether she was seen alone.
        Forbidden: an override by somebody who is no supervisor.
    """
    if state is not IncidentState.OPEN:
        raise IllegalMove("incident", state, IncidentState.CLOSED)
    if override_reason is not None:
        if not supervisor:
            raise Forbidden("Only a supervisor closes with an override_reason.")
        return
    missing = [f"the {kind} leg is {legs[kind].state}" for kind in unkept(legs)]
    if missing:
        hint = "Wait, waive it, or have a supervisor close with an override_reason."
        raise IllegalMove("incident", state, IncidentState.CLOSED, f"Not yet: {'; '.join(missing)}. {hint}")
    if seen_alone is None:
        raise Invalid.field("seen_alone", "yes or no: has anybody seen her alone?")


def unkept(legs: Mapping[LegKind, Leg]) -> list[LegKind]:
    """Return the legs that have not got far enough for closing without a supervisor."""
    return [kind for kind, leg in legs.items() if leg.state not in _KEPT[kind]]


def check_cancel(state: IncidentState, legs: Collection[Leg]) -> None:
    """Check that an incident may be cancelled: as a duplicate or keying error, before any human accepted.

    Raises:
        IllegalMove: it is closed, or somebody has taken a promise on already.
    """
    if state is not IncidentState.OPEN:
        raise IllegalMove("incident", state, IncidentState.CANCELLED)
    accepted = [leg.kind.value for leg in legs if leg.ever_accepted]
    if accepted:
        hint = f"Somebody has accepted already ({', '.join(accepted)}). Close the incident instead."
        raise IllegalMove("incident", state, IncidentState.CANCELLED, hint)
