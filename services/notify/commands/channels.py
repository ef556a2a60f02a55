"""The ways to reach a person. A later one (e-mail, text message) is another entry here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from services.notify.commands.access import account_tag
from services.notify.domain.delivery import Page
from shared.contracts.vocabulary import DeliveryState
from shared.messaging.outbox import tell_live
from shared.storage.transaction import Transaction


class Channel(Protocol):
    """One way to reach a person."""

    def send(self, tx: Transaction, page: Page) -> DeliveryState:
        """Send a page and say how far it got: ``sent``, or ``failed``."""


class Console:
    """The person's own inbox here: what is sent shows there at once, and open pages are told."""

    def send(self, tx: Transaction, page: Page) -> DeliveryState:
        tell_live(
            tx,
            "notify.delivery.sent",
            entity=page.id,
            version=1,
            jurisdiction=page.jurisdiction,
            audience=(account_tag(page.person),),
        )
        return DeliveryState.SENT


CONSOLE = "console"
CHANNELS: Mapping[str, Channel] = {CONSOLE: Console()}
