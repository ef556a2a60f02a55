"""Telling the other services, and oneself, which tokens are good no more."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import RowMapping

from services.identity import store
from services.identity.domain.sessions import LONGEST
from shared.contracts.events import ACCOUNT, KEYS, SESSION, AccountPublic, KeysPublic, SessionPublic
from shared.messaging import outbox
from shared.security import revocations
from shared.storage.transaction import Transaction

_KEYS = "keys"


def session_revoked(tx: Transaction, session_id: str) -> None:
    """Have every token of a session refused."""
    until = tx.now + LONGEST
    state = SessionPublic(session=session_id, until=until)
    outbox.announce(tx, SESSION, "revoked", entity=session_id, version=1, state=state)
    revocations.note(tx, f"session:{session_id}", since=until)  # identity does not hear its own stream


def account_changed(tx: Transaction, account: RowMapping) -> None:
    """Have every token refused that an account was given so far: it tells an old truth."""
    state = AccountPublic(account=account["id"], since=tx.now, until=tx.now + LONGEST)
    outbox.announce(tx, ACCOUNT, "changed", entity=account["id"], version=account["version"], state=state)
    revocations.note(tx, f"account:{account['id']}", since=tx.now)


def say_changed_keys(tx: Transaction, kids: Sequence[str]) -> None:
    """Announce the public keys, if they are not those that were announced last."""
    known = store.said_keys(tx)
    if known is not None and known["kids"] == list(kids):
        return
    version = known["version"] + 1 if known else 1
    store.put_said_keys(tx, {"entity": _KEYS, "version": version, "kids": list(kids)})
    outbox.announce(tx, KEYS, "changed", entity=_KEYS, version=version, state=KeysPublic(kids=list(kids)))
