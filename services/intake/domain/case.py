"""An incident as a whole: what is known, how dangerous it is, and its three legs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from typing import Any, Literal

from services.intake.domain.legs import Leg, asked, waived
from services.intake.domain.risk import Danger, next_priority
from shared.contracts.events import IncidentPublic, RiskSummary
from shared.contracts.facts import Facts
from shared.contracts.jurisdiction import Deadlines
from shared.contracts.sealed import Position
from shared.contracts.vocabulary import (
    Decision,
    IncidentState,
    LegKind,
    LegState,
    Mode,
    Tri,
    Where,
    WhoDecided,
)


@dataclass(frozen=True)
class Case:
    id: str
    number: str
    jurisdiction: str
    municipality: str
    origin: str
    state: IncidentState
    mode: Mode
    priority: int
    version: int
    facts: Mapping[str, Any]
    """As stored: only what somebody said."""
    danger: Danger
    position: Position
    raised_at: datetime
    legs: Mapping[LegKind, Leg] = field(default_factory=dict)
    unverified: tuple[str, ...] = ()
    children_involved: bool = False
    seen_alone: Tri | None = None
    scene: Mapping[str, Any] | None = None
    calls: int = 1
    medical_called_at: datetime | None = None
    medical_called_by: str | None = None
    ended_at: datetime | None = None
    outcome: str | None = None
    next_ask_at: datetime | None = None
    asks: int = 0

    @cached_property
    def typed(self) -> Facts:
        """The facts, validated. A case is frozen, so once is enough."""
        return Facts.model_validate(self.facts)

    @property
    def ambulance(self) -> Literal["not_needed", "needed", "called"]:
        """``needed`` until somebody says when an ambulance was called: none comes by itself."""
        if not self.danger.ambulance_needed:
            return "not_needed"
        return "called" if self.medical_called_at else "needed"

    @property
    def public(self) -> IncidentPublic:
        """What the bus may know."""
        lowest, highest = self.danger.range()
        return IncidentPublic(
            number=self.number,
            state=self.state,
            raised_at=self.raised_at,
            call=self.typed.call,
            legs={kind: leg.wanted for kind, leg in self.legs.items()},
            risk=RiskSummary(instrument=self.danger.instrument, lowest=lowest, highest=highest),
            ambulance=self.ambulance,
            children_involved=self.children_involved,
            police_linked=self.danger.police_linked,
        )

    @property
    def promises_left(self) -> bool:
        """Whether a leg is unfinished; a cancelled incident has promised nothing."""
        return self.state is not IncidentState.CANCELLED and any(leg.unfinished for leg in self.legs.values())

    @property
    def unfinished(self) -> bool:
        """Whether anything must still come of it."""
        return self.state is IncidentState.OPEN or self.promises_left

    def with_leg(self, leg: Leg) -> Case:
        """Return the case with one leg replaced."""
        return replace(self, legs={**self.legs, leg.kind: leg})


def new_legs(ids: Iterable[str]) -> dict[LegKind, Leg]:
    """Return three legs nobody asked for yet."""
    return {kind: Leg(id=leg_id, kind=kind) for kind, leg_id in zip(LegKind, ids, strict=True)}


def children_involved(facts: Facts) -> bool:
    """Say whether any child is involved, wherever it is."""
    return bool(facts.victim.children)


def settle(case: Case, now: datetime, deadlines: Deadlines) -> Case:
    """Bring priority, children and legs into line with facts and danger, after anything was learned.

    A need asks for its leg; her refusal of the shelter waives that leg, her acceptance asks for it again.
    """
    facts = case.typed
    case = replace(
        case,
        priority=next_priority(case.priority, case.danger.priority()),
        children_involved=case.children_involved or children_involved(facts),
    )
    needs = {
        LegKind.POLICE: facts.needs.police,
        LegKind.SHELTER: facts.needs.shelter,
        LegKind.CENTRE: facts.needs.centre,
    }
    for kind, needed in needs.items():
        leg = case.legs[kind]
        if needed and leg.state is LegState.NOT_NEEDED:
            case = case.with_leg(asked(leg, now, deadlines))
    return _by_her_decision(case, facts.victim.decision_shelter, now, deadlines)


def _by_her_decision(case: Case, decision: Decision, now: datetime, deadlines: Deadlines) -> Case:
    leg = case.legs[LegKind.SHELTER]
    refuses = decision is Decision.REFUSES and leg.needed and leg.state is not LegState.DONE
    accepts = decision is Decision.ACCEPTS and leg.state is LegState.WAIVED and leg.waived_by is WhoDecided.VICTIM
    if refuses:
        return case.with_leg(waived(leg, now, WhoDecided.VICTIM))
    return case.with_leg(asked(leg, now, deadlines)) if accepts else case


def head_count(facts: Facts) -> int:
    """Return how many people come along: adults (one, if nobody asked) and children not known to be elsewhere."""
    adults = 1 if facts.victim.adults is None else len(facts.victim.adults)
    away = {Where.WITH_PERPETRATOR, Where.ELSEWHERE}
    return adults + sum(child.where not in away for child in facts.victim.children)
