"""Saying what became of handovers and notices: on the bus and on live streams."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from services.notify.commands.access import centre_tag
from services.notify.domain.handover import Handover
from services.notify.domain.incident import Incident
from services.notify.domain.notice import Notice
from services.notify.store import handovers, notices
from shared.contracts.events import HANDOVER, NOTICE, HandoverPublic, NoticePublic
from shared.contracts.vocabulary import NoticeState, Service
from shared.messaging import outbox
from shared.messaging.outbox import Snapshot, record, tell_live
from shared.storage.transaction import Transaction

BY_RULE = Service.NOTIFY.value
"""Who acted, when no person did."""


def say(tx: Transaction, handover: Handover, incident: Incident, step: str, by: str) -> Handover:
    """Write a handover's next version, say it, and return it."""
    said = replace(handover, version=handover.version + 1)
    if said.version == 1:
        handovers.add(tx, said)
    else:
        handovers.save(tx, said)
    record(tx, _handover(said, incident), step, by)
    return said


def say_notice(tx: Transaction, notice: Notice, incident: Incident, by: str) -> Notice:
    """Write a notice's next version, say it, and return it. Each of its steps is called like the state it leads to."""
    said = replace(notice, version=notice.version + 1)
    if said.version == 1:
        notices.add(tx, said)
    else:
        notices.save(tx, said)
    record(tx, _notice(said, incident), said.state.value, by)
    return said


def answer(tx: Transaction, handover: Handover, incident: Incident) -> None:
    """Say a handover's present state again, quoting the newest version of its incident (P5)."""
    outbox.answer(tx, _handover(handover, incident))


def answer_notice(tx: Transaction, notice: Notice, incident: Incident) -> None:
    """Say a notice's present state again."""
    outbox.answer(tx, _notice(notice, incident))


def tell_of_incident(tx: Transaction, handover: Handover) -> None:
    """Let its centre read a handover again: it is as it was, but more is known of its incident."""
    tell_live(
        tx,
        f"{HANDOVER.prefix}.updated",
        entity=handover.id,
        version=handover.version,
        jurisdiction=handover.jurisdiction,
        audience=(centre_tag(str(handover.centre)),),
    )


def _handover(handover: Handover, incident: Incident) -> Snapshot:
    return Snapshot(
        family=HANDOVER,
        incident=incident.id,
        incident_version=incident.version,
        entity=handover.id,
        version=handover.version,
        mode=handover.mode,
        jurisdiction=incident.jurisdiction,
        priority=incident.priority,
        state=HandoverPublic(
            state=handover.state,
            attempt=handover.attempt,
            request=handover.request,
            centre=handover.centre,
            rota_step=handover.call.count,
            due_at=handover.due_at,
            shadow=handover.shadow,
            reason=handover.reason,
        ),
        open=not handover.ended,
        audience=_audience(handover, incident),
    )


def _notice(notice: Notice, incident: Incident) -> Snapshot:
    return Snapshot(
        family=NOTICE,
        incident=incident.id,
        incident_version=incident.version,
        entity=notice.id,
        version=notice.version,
        mode=notice.mode,
        jurisdiction=incident.jurisdiction,
        priority=incident.priority,
        state=NoticePublic(state=notice.state, office=notice.office, shadow=notice.shadow),
        open=notice.state is NoticeState.SENT,
        audience=_audience(notice, incident),
    )


def _audience(entity: Handover | Notice, incident: Incident) -> Sequence[str]:
    tags = [f"mechanism:{entity.jurisdiction}", f"mechanism:{incident.jurisdiction}"]
    if entity.centre:
        tags.append(centre_tag(entity.centre))
    return tuple(dict.fromkeys(tags))
