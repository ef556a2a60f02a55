"""A handover: the packet a centre receives, from the offer to the end (DESIGN, "State machines")."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.notify.domain.rota import NOBODY_YET, Call, Rota, next_call
from shared.contracts.vocabulary import HandoverState, Mode
from shared.errors import IllegalMove

LIVE = frozenset({HandoverState.OFFERED, HandoverState.ACKNOWLEDGED, HandoverState.ACCEPTED})
ENDED = frozenset({HandoverState.COMPLETED, HandoverState.DECLINED, HandoverState.CANCELLED})
UNACCEPTED = frozenset({HandoverState.OFFERED, HandoverState.ACKNOWLEDGED})

NO_CENTRE = "no_centre"
EVERY_CENTRE_DECLINED = "every_centre_declined"


class Attention(StrEnum):
    """Why a human is asked to look."""

    NOBODY_ON_CALL = "nobody_on_call"
    """The centre's rota names nobody."""
    NOBODY_ANSWERED = "nobody_answered"
    """Everybody on the rota was called in vain; it was begun again."""
    FORGOTTEN = "forgotten"
    """Acknowledged, and not accepted in time."""


class Move(StrEnum):
    """A step that a centre's staff take."""

    ACKNOWLEDGE = "acknowledge"
    ACCEPT = "accept"
    COMPLETE = "complete"


@dataclass(frozen=True)
class _Rule:
    to: HandoverState
    since: HandoverState


_RULES: Mapping[Move, _Rule] = {
    Move.ACKNOWLEDGE: _Rule(HandoverState.ACKNOWLEDGED, HandoverState.OFFERED),
    Move.ACCEPT: _Rule(HandoverState.ACCEPTED, HandoverState.ACKNOWLEDGED),
    Move.COMPLETE: _Rule(HandoverState.COMPLETED, HandoverState.ACCEPTED),
}
_HINTS = {
    Move.COMPLETE: "Accept it first.",
    Move.ACKNOWLEDGE: "Read it again: somebody was faster, or it has ended.",
    Move.ACCEPT: "Read it again: somebody was faster, or it has ended.",
}


@dataclass(frozen=True)
class Handover:
    id: str
    incident: str
    jurisdiction: str
    attempt: int
    request: int
    mode: Mode
    centre: str | None
    """``None``: there is no centre (left) that could be offered it; then it has ended."""
    state: HandoverState = HandoverState.OFFERED
    version: int = 0
    """Counted up each time the handover is said; 0: not yet."""
    call: Call = NOBODY_YET
    due_at: datetime | None = None
    """Offered: then the next person is called. Acknowledged: then somebody is called again."""
    reason: str | None = None
    attention: str | None = None
    offered_at: datetime | None = None
    acknowledged_at: datetime | None = None
    acknowledged_by: str | None = None
    """Accounts are pseudonyms, shown to the centre's own staff alone."""
    accepted_at: datetime | None = None
    accepted_by: str | None = None
    ended_at: datetime | None = None

    @property
    def shadow(self) -> bool:
        """Whether it is a drill's, so that nobody is paged (P9)."""
        return self.mode.shadow

    @property
    def ended(self) -> bool:
        """Whether nothing more comes of it."""
        return self.state in ENDED

    @property
    def waits(self) -> bool:
        """Whether somebody must take it on."""
        return waits(self.state, self.attention)

    @property
    def calling(self) -> str | None:
        """The account that is being called now."""
        return self.call.person if self.waits else None


def waits(state: HandoverState, attention: str | None) -> bool:
    """Say whether somebody must take a handover on: nobody has acknowledged it, or whoever did forgot it."""
    return state is HandoverState.OFFERED or (state is HandoverState.ACKNOWLEDGED and attention == Attention.FORGOTTEN)


def offered(handover: Handover, rota: Rota, now: datetime) -> Handover:
    """Offer a new handover to its centre and call the first of its people."""
    return called_next(replace(handover, offered_at=now), rota, now)


def called_next(handover: Handover, rota: Rota, now: datetime) -> Handover:
    """Call the next person: nobody answered, or it was acknowledged and then forgotten."""
    call, time = next_call(rota, handover.call)
    attention: str | None = None
    if handover.state is HandoverState.ACKNOWLEDGED:
        attention = Attention.FORGOTTEN
    elif call.person is None:
        attention = Attention.NOBODY_ON_CALL
    elif call.round:
        attention = Attention.NOBODY_ANSWERED
    return replace(handover, call=call, due_at=now + time, attention=attention)


def is_step_again(handover: Handover, move: Move) -> bool:
    """Say whether the handover is already where the move leads. One that was forgotten can be acknowledged anew."""
    return handover.state is _RULES[move].to and not (move is Move.ACKNOWLEDGE and handover.waits)


def steps_to(handover: Handover, move: Move) -> tuple[Move, ...]:
    """Return the steps that one press takes: accepting what nobody acknowledged acknowledges it as well."""
    if move is Move.ACCEPT and handover.state is HandoverState.OFFERED:
        return (Move.ACKNOWLEDGE, Move.ACCEPT)
    return (move,)


def moved(handover: Handover, move: Move, who: str, now: datetime, accept_by: datetime) -> Handover:
    """Take a step; acknowledged work has a clock too: ``accept_by``.

    Raises:
        IllegalMove: the handover is not where this step begins.
    """
    rule = _RULES[move]
    if handover.state is not rule.since and not (move is Move.ACKNOWLEDGE and handover.waits):
        raise IllegalMove("handover", handover.state, rule.to, _HINTS[move])
    after = replace(handover, state=rule.to, due_at=None, attention=None)
    if move is Move.ACKNOWLEDGE:
        return replace(after, acknowledged_at=now, acknowledged_by=who, due_at=accept_by)
    if move is Move.ACCEPT:
        return replace(after, accepted_at=now, accepted_by=who)
    return replace(after, ended_at=now)


def declined(handover: Handover, reason: str, now: datetime) -> Handover:
    """Give a handover back; the next centre is asked.

    Raises:
        IllegalMove: it was accepted, or it has ended.
    """
    if handover.state not in UNACCEPTED:
        hint = "What was accepted is seen to its end." if handover.state is HandoverState.ACCEPTED else ""
        raise IllegalMove("handover", handover.state, HandoverState.DECLINED, hint)
    return _over(handover, HandoverState.DECLINED, reason, now)


def unmet(handover: Handover, reason: str, now: datetime) -> Handover:
    """End a handover that no centre can be offered: the operator is told why (P2)."""
    return _over(handover, HandoverState.DECLINED, reason, now)


def cancelled(handover: Handover, reason: str, now: datetime) -> Handover:
    """End a handover that is not wanted any more."""
    return _over(handover, HandoverState.CANCELLED, reason, now)


def _over(handover: Handover, state: HandoverState, reason: str, now: datetime) -> Handover:
    return replace(handover, state=state, reason=reason, due_at=None, attention=None, ended_at=now)
