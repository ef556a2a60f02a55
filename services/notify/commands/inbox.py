"""A person's own console: what it was paged for. Fetching it is what makes a page delivered."""

from __future__ import annotations

from typing import Any

from sqlalchemy import RowMapping, Select

from services.notify.commands import views
from services.notify.store import deliveries
from services.notify.tables import DELIVERY
from shared.contracts.vocabulary import DeliveryState
from shared.security.tokens import Account
from shared.storage.transaction import Transaction
from shared.web.reading import Page
from shared.web.replies import Reply


def fetch(tx: Transaction, query: Select[Any], page: Page, who: Account) -> Reply:
    """Return one page of an inbox, youngest first, and note that its console has it."""

    def show(row: RowMapping) -> dict[str, Any]:
        if row["state"] != DeliveryState.SENT:
            return views.delivery(row)
        return {**views.delivery(row), "state": DeliveryState.DELIVERED, "delivered_at": tx.now}

    listed = page.of(tx.connection, query, DELIVERY.c.id, show, newest_first=True)
    deliveries.fetched(tx, who.id, [item["id"] for item in listed["items"]])
    return Reply(listed)
