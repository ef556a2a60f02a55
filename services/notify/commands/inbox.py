"""A person's own console: what it was paged for. Fetching it is what makes a page delivered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Select

from services.notify.commands import views
from services.notify.store import deliveries
from services.notify.tables import DELIVERY
from shared.contracts.vocabulary import DeliveryState
from shared.security.tokens import Account
from shared.storage.transaction import Transaction
from shared.web.reading import Page
from shared.web.replies import Reply

Listed = dict[str, Any]


def inbox(connection: Connection, query: Select[Any], page: Page) -> Listed:
    """Return one page of an inbox, youngest first."""
    return page.of(connection, query, DELIVERY.c.id, views.delivery, newest_first=True)


def unfetched(listed: Listed) -> list[str]:
    """Return what the person's console has not had before."""
    return [item["id"] for item in listed["items"] if item["state"] == DeliveryState.SENT]


def fetched(tx: Transaction, query: Select[Any], page: Page, who: Account, ids: Sequence[str]) -> Reply:
    """Note that a person's console now has these pages, and return the inbox as it is then."""
    deliveries.fetched(tx, who.id, ids)
    return Reply(inbox(tx.connection, query, page))
