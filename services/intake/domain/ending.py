"""How an incident ends: a single word on the phone ends nothing; somebody must have seen her alone."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from services.intake.domain.legs import Leg
from shared.contracts.vocabulary import IncidentState, LegKind, LegState, Tri
from shared.errors import Conflict, Forbidden, IllegalMove, Invalid

_KEPT = {LegState.ACCEPTED, LegState.DONE, LegState.UNMET}


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
        IllegalMove: it is cancelled.
        Conflict: a promise is not kept yet; the detail says which.
        Invalid: nobody said whether she was seen alone.
        Forbidden: an override by somebody who is no supervisor.
    """
    if state is not IncidentState.OPEN:
        raise IllegalMove("incident", state, IncidentState.CLOSED)
    if override_reason is not None:
        if not supervisor:
            raise Forbidden("Only a supervisor closes with an override_reason.")
        return
    missing = [
        f"the {kind} leg is {leg.state}"
        for kind, leg in legs.items()
        if leg.needed and leg.state not in ({LegState.DONE} if kind is LegKind.POLICE else _KEPT)
    ]
    if missing:
        raise Conflict(
            "Not yet: " + "; ".join(missing) + ". Wait, waive it, or have a supervisor close with an override_reason."
        )
    if legs[LegKind.POLICE].needed and seen_alone is None:
        raise Invalid.field("seen_alone", "yes or no: has anybody seen her alone?")


def check_cancel(state: IncidentState, legs: Collection[Leg]) -> None:
    """Check that an incident may be cancelled: as a duplicate or keying error, before any human accepted.

    Raises:
        IllegalMove: it is closed.
        Conflict: somebody is on the way already.
    """
    if state is not IncidentState.OPEN:
        raise IllegalMove("incident", state, IncidentState.CANCELLED)
    accepted = [leg.kind.value for leg in legs if leg.ever_accepted]
    if accepted:
        raise Conflict(f"Somebody has accepted already ({', '.join(accepted)}). Close the incident instead.")
