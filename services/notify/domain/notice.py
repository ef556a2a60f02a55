"""A child-protection notice: the office hears of a child at once, and somebody says that it has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from services.notify.domain.rota import NOBODY_YET, Call, Rota, next_call
from shared.contracts.vocabulary import Mode, NoticeState
from shared.errors import IllegalMove


class Attention(StrEnum):
    """Why a human is asked to look."""

    NO_OFFICE = "no_office"
    """No office answers for the municipality."""
    NOBODY_ON_CALL = "nobody_on_call"
    """Nobody of a centre's rota could be called to see to it."""
    NOT_ACKNOWLEDGED = "not_acknowledged"


@dataclass(frozen=True)
class Notice:
    id: str
    incident: str
    jurisdiction: str
    mode: Mode
    office: str | None
    centre: str | None
    """Whose people see to it that the office hears of it."""
    state: NoticeState = NoticeState.SENT
    version: int = 0
    call: Call = NOBODY_YET
    due_at: datetime | None = None
    """Then the next person is called."""
    attention: str | None = None
    sent_at: datetime | None = None
    acknowledged_at: datetime | None = None

    @property
    def shadow(self) -> bool:
        """Whether it is a drill's (P9)."""
        return self.mode.shadow

    @property
    def calling(self) -> str | None:
        """The account that is being called now."""
        return self.call.person if self.state is NoticeState.SENT else None


def sent(notice: Notice, rota: Rota, now: datetime) -> Notice:
    """Send a notice, to a new office or by new people: the first of them is called."""
    fresh = replace(notice, call=Call(count=notice.call.count), sent_at=notice.sent_at or now)
    return _called(fresh, rota, now, None)


def reminded(notice: Notice, rota: Rota, now: datetime) -> Notice:
    """Call the next person: nobody has said yet that the office knows."""
    return _called(notice, rota, now, Attention.NOT_ACKNOWLEDGED)


def _called(notice: Notice, rota: Rota, now: datetime, attention: Attention | None) -> Notice:
    call, time = next_call(rota, notice.call)
    if notice.office is None:
        attention = Attention.NO_OFFICE
    elif call.person is None:
        attention = Attention.NOBODY_ON_CALL
    return replace(notice, call=call, due_at=now + time, attention=attention)


def acknowledged(notice: Notice, now: datetime) -> Notice:
    """Note that the office has confirmed.

    Raises:
        IllegalMove: the notice was cancelled.
    """
    if notice.state is not NoticeState.SENT:
        raise IllegalMove("notice", notice.state, NoticeState.ACKNOWLEDGED)
    return replace(notice, state=NoticeState.ACKNOWLEDGED, acknowledged_at=now, due_at=None, attention=None)


def cancelled(notice: Notice) -> Notice:
    """Take a notice back that nobody has confirmed."""
    return replace(notice, state=NoticeState.CANCELLED, due_at=None, attention=None)
