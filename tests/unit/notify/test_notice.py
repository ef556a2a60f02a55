"""A child-protection notice's life."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from services.notify.domain.notice import Attention, Notice, acknowledged, cancelled, reminded, sent
from services.notify.domain.rota import Rota
from shared.contracts.vocabulary import Mode, NoticeState
from shared.errors import IllegalMove
from shared.ids import account_id
from tests.unit.notify.test_handover import NOW, ROTA

SENT = sent(Notice("n", "i", "TST", Mode.ACTUAL, office="children-one", centre="dunav"), ROTA, NOW)


def test_it_calls_somebody_until_the_office_has_confirmed() -> None:
    assert (SENT.calling, SENT.due_at) == (account_id("ana@x.bg"), NOW + timedelta(minutes=5))
    again = reminded(SENT, ROTA, NOW)
    assert (again.calling, again.attention) == (account_id("vera@x.bg"), Attention.NOT_ACKNOWLEDGED)
    known = acknowledged(again, NOW)
    assert (known.state, known.calling, known.due_at, known.attention) == (NoticeState.ACKNOWLEDGED, None, None, None)


def test_without_an_office_or_anybody_to_call_somebody_must_look_and_the_clock_runs() -> None:
    lost = sent(replace(SENT, office=None, centre=None), Rota(), NOW)
    assert (lost.attention, lost.calling) == (Attention.NO_OFFICE, None)
    assert lost.due_at is not None
    assert reminded(lost, Rota(), NOW).attention == Attention.NO_OFFICE
    assert reminded(SENT, Rota(), NOW).attention == Attention.NOBODY_ON_CALL


def test_what_was_taken_back_cannot_be_confirmed() -> None:
    with pytest.raises(IllegalMove):
        acknowledged(cancelled(SENT), NOW)
