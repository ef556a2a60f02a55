"""Tokens that ended before their time: heard from identity, kept until the tokens would have ended anyway."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from shared.contracts.events import AccountPublic, SessionPublic
from shared.errors import NotSignedIn, Poison
from shared.messaging.inbox import Heard
from shared.security.tokens import Account
from shared.storage import kernel
from shared.storage.engine import Store
from shared.storage.transaction import Transaction
from shared.storage.upsert import insert_into

_KEPT = timedelta(hours=25)
"""As long as the longest token the command line makes (24 h), and an hour for clocks."""


class Revocations:
    """What this service knows of ended sessions; re-read from the store for all its replicas."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._since: dict[str, float] = {}

    def check(self, account: Account) -> None:
        """Refuse an account whose session ended or whose roles changed since its token was made.

        Raises:
            NotSignedIn: sign in again.
        """
        for subject in (f"session:{account.session}", f"account:{account.id}"):
            since = self._since.get(subject)
            if since is not None and account.issued_at <= since:
                raise NotSignedIn("This sign-in was ended. Sign in again.")

    def reread(self) -> None:
        """Read anew what the store knows. Called every second, outside the event loop."""
        with self._store.reading() as connection:
            rows = connection.execute(select(kernel.revocation.c.subject, kernel.revocation.c.since)).all()
        self._since = {row.subject: row.since.timestamp() for row in rows}


def session_revoked(tx: Transaction, heard: Heard) -> None:
    """Note that a session was signed out."""
    if not isinstance(heard.state, SessionPublic):
        raise Poison("a revoked session was expected")
    note(tx, f"session:{heard.state.session}", since=tx.now + _KEPT)


def account_changed(tx: Transaction, heard: Heard) -> None:
    """Note that an account's roles or state changed: its older tokens tell an old truth."""
    if not isinstance(heard.state, AccountPublic):
        raise Poison("a changed account was expected")
    note(tx, f"account:{heard.state.account}", since=heard.state.since)


def forget(tx: Transaction) -> None:
    """Drop what no token can be affected by any more."""
    tx.execute(delete(kernel.revocation).where(kernel.revocation.c.until < tx.now))


def note(tx: Transaction, subject: str, since: datetime) -> None:
    """Note that tokens of a subject (``session:ID`` or ``account:ID``) issued up to ``since`` are refused."""
    table = kernel.revocation
    fields = {"subject": subject, "since": since, "until": tx.now + _KEPT}
    statement = insert_into(tx.connection, table).values(**fields)
    tx.execute(statement.on_conflict_do_update(index_elements=[table.c.subject], set_=fields))
