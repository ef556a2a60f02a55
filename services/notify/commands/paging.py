"""Paging: somebody who is called gets one delivery, and it is sent only if they still should get it."""

from __future__ import annotations

from services.notify.commands.channels import CHANNELS, CONSOLE
from services.notify.domain.delivery import NO_LONGER_WANTED, Cause, Page
from services.notify.domain.handover import Handover
from services.notify.domain.notice import Notice
from services.notify.store import deliveries
from shared.contracts.vocabulary import DeliveryState
from shared.ids import new_id
from shared.storage.transaction import Transaction


def page(tx: Transaction, about: Handover | Notice, cause: Cause) -> None:
    """Page whoever a handover or a notice is calling. With nobody to call, its ``attention`` says so."""
    if about.calling is None:
        return
    deliveries.queue(
        tx,
        {
            "id": new_id(),
            "incident": about.incident,
            "handover": about.id if isinstance(about, Handover) else None,
            "notice": about.id if isinstance(about, Notice) else None,
            "jurisdiction": about.jurisdiction,
            "centre": about.centre,
            "person": about.calling,
            "channel": CONSOLE,
            "cause": cause.value,
            "mode": about.mode.value,
            "state": DeliveryState.QUEUED.value,
            "reason": None,
            "at": tx.now,
            "sent_at": None,
            "delivered_at": None,
        },
    )


def send_queued(tx: Transaction) -> None:
    """Send what waits to be sent."""
    deliveries.settle(tx, [(page_.id, *_sent(tx, page_)) for page_ in deliveries.queued(tx)])


def _sent(tx: Transaction, page_: Page) -> tuple[DeliveryState, str | None]:
    if page_.simulated:
        return DeliveryState.SIMULATED, None
    if not page_.wanted:
        return DeliveryState.FAILED, NO_LONGER_WANTED
    return CHANNELS[page_.channel].send(tx, page_), None
