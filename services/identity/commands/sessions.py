"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.identity import store
from services.identity.commands import codes
from services.identity.commands.saying import account_changed, session_revoked
from services.identity.domain import sessions
from services.identity.domain.roles import EVERYWHERE, spelled_out
from shared.clock import rfc3339
from shared.errors import NotSignedIn
from shared.ids import new_id
from shared.security.tokens import Account, Grant
from shared.storage.audit import note
from shared.storage.transaction import Transaction

_SECRET_BYTES = 32
_WRONG = "The e-mail address, the password or the one-time code is not right."
_ENDED = "This sign-in has ended. Sign in again."


def wrong() -> NotSignedIn:
    """Return the one refusal of a sign-in: it does not tell what was wrong."""
    return NotSignedIn(_WRONG)


@dataclass(frozen=True)
class SignedIn:
    """A session as its owner is given it."""

    who: Account
    """What the next token says."""
    token_ends_at: datetime
    refresh: str
    """Shown once: with it the session is given its next tokens."""
    ends_at: datetime


def begin(tx: Transaction, account_id: str, verified_hash: str, code: str | None, deployment_secret: bytes) -> SignedIn:
    """Begin a session of an account whose password was found right.

    Args:
        tx: the transaction.
        account_id: whose.
        verified_hash: the hash that the password was compared with, outside of the transaction.
        code: a one-time code, if one was given.
        deployment_secret: what one-time secrets are derived from.

    Raises:
        NotSignedIn: the account is disabled, its password was changed meanwhile, or the code is not right.
    """
    tx.lock(f"account:{account_id}")
    account = store.account(tx.connection, account_id)
    if account is None or account["disabled"] or account["password_hash"] != verified_hash:
        raise wrong()
    if not codes.use(tx, account, code, deployment_secret):
        raise wrong()
    session, secret = new_id(), secrets.token_urlsafe(_SECRET_BYTES)
    row = {"id": session, "account": account_id, "refresh_hash": _hash(secret), "began_at": tx.now, "used_at": tx.now}
    store.add_session(tx, row)
    signed_in = _signed_in(tx, row, secret)
    note(tx, signed_in.who, "session.begin", session)
    return signed_in


def refresh(tx: Transaction, token: str) -> SignedIn:
    """Go on with a session, with whatever roles the account has now.

    Raises:
        NotSignedIn: no such session, or it has ended.
    """
    session_id, _, secret = token.partition(".")
    session = store.session(tx.connection, session_id)
    if session is None or not hmac.compare_digest(session["refresh_hash"], _hash(secret)):
        raise NotSignedIn(_ENDED)
    tx.lock(f"account:{session['account']}")
    session = store.session(tx.connection, session_id)  # another replica may have ended it before the lock was ours
    account = store.account(tx.connection, session["account"]) if session else None
    if session is None or not _is_open(session, tx.now) or account is None or account["disabled"]:
        raise NotSignedIn(_ENDED)
    store.use_session(tx, session_id)
    return _signed_in(tx, session, secret)


def end(tx: Transaction, who: Account) -> None:
    """Sign out: this session and every token of it end, one made at the command line too."""
    store.end_session(tx, who.session)
    session_revoked(tx, who.session)
    note(tx, who, "session.end", who.session)


def end_all(tx: Transaction, who: Account) -> None:
    """Sign out everywhere: whatever tokens the account was given end."""
    tx.lock(f"account:{who.id}")
    store.end_sessions(tx, who.id)
    if store.account(tx.connection, who.id) is None:  # the deployment's own first token has no account
        session_revoked(tx, who.session)
    else:
        account_changed(tx, store.change_account(tx, who.id))
    note(tx, who, "session.end_all", who.id)


def own(connection: Connection, who: Account, now: datetime) -> list[dict[str, Any]]:
    """Return the account's open sessions, newest first."""
    return [
        {
            "id": row["id"],
            "began_at": rfc3339(row["began_at"]),
            "used_at": rfc3339(row["used_at"]),
            "ends_at": rfc3339(sessions.ends_at(row["began_at"], row["used_at"])),
            "current": row["id"] == who.session,
        }
        for row in store.open_sessions(connection, who.id)
        if _is_open(row, now)
    ]


def claims(connection: Connection, account_id: str) -> tuple[Grant, ...]:
    """Return an account's roles as a token says them."""
    held = store.grants(connection, [account_id])[account_id]
    everywhere = any(grant.organisation == EVERYWHERE for grant in held)
    return spelled_out(held, store.mechanisms(connection)) if everywhere else tuple(held)


def _signed_in(tx: Transaction, session: RowMapping | dict[str, Any], secret: str) -> SignedIn:
    until = sessions.token_ends_at(session["began_at"], tx.now)
    grants = claims(tx.connection, session["account"])
    who = Account(session["account"], session["id"], grants, tx.now.timestamp(), until.timestamp())
    return SignedIn(who, until, f"{session['id']}.{secret}", sessions.ends_at(session["began_at"], tx.now))


def _is_open(session: RowMapping, now: datetime) -> bool:
    return session["ended_at"] is None and now < sessions.ends_at(session["began_at"], session["used_at"])


def _hash(secret: str) -> str:
    """The secret is long and random, so a fast hash keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
