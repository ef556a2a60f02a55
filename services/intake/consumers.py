"""What intake hears: the answers of dispatch, shelter_beds and notify."""

from __future__ import annotations

from collections.abc import Mapping

from services.intake.commands.listening import answer
from shared.contracts.events import (
    HANDOVER,
    JOB,
    NOTICE,
    PLACEMENT,
    Family,
    HandoverPublic,
    JobPublic,
    NoticePublic,
    PlacementPublic,
)
from shared.errors import Poison
from shared.messaging.inbox import Heard
from shared.messaging.listener import Handler
from shared.storage.transaction import Transaction


def on_answer(tx: Transaction, heard: Heard) -> None:
    """Hear what became of a leg."""
    if not isinstance(heard.state, JobPublic | PlacementPublic | HandoverPublic | NoticePublic):
        raise Poison(f"intake does not hear {heard.family.prefix}")
    answer(tx, heard, heard.state)


HEARS_REPEATS = frozenset({JOB, PLACEMENT, HANDOVER, NOTICE})
"""An answer that changed nothing of its entity still says which version of the incident it answers (P5)."""
HANDLERS: Mapping[Family, Handler] = {JOB: on_answer, PLACEMENT: on_answer, HANDOVER: on_answer, NOTICE: on_answer}
