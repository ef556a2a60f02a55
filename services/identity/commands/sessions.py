"""Signing in, staying signed in, signing out."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.identity import store
from services.identity.commands import codes
from services.identity.commands.saying import account_changed, session_revoked
from services.identity.domain import halfway, sessions
from services.identity.domain.roles import EVERYWHERE, spelled_out
from shared.clock import rfc3339
from shared.errors import NotFound, NotSignedIn
from shared.ids import new_id
from shared.security.tokens import Account, Grant
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.pages.words import N_

_SECRET_BYTES = 32
_WRONG = N_("The e-mail address, the password or the one-time code is not right.")
_ENDED = N_("This sign-in has ended. Sign in again.")


def wrong() -> NotSignedIn:
    """Return the one refusal of a sign-in: it does not tell what was wrong."""
    return NotSignedIn(_WRONG)


class CodeWanted(NotSignedIn):
    """The password was right; the account also asks for a one-time code. A program is told what anybody is told."""

    def __init__(self, proof: str) -> None:
        super().__init__(_WRONG)
        self.proof = proof
        """What says so when the code comes (``domain.halfway``)."""


class Locked(NotSignedIn):
    """The session goes on once its owner gives the password again."""

    def __init__(self) -> None:
        super().__init__(N_("This sign-in is locked. Go on with your password."))


@dataclass(frozen=True)
class SignedIn:
    """A session as its owner is given it."""

    who: Account
    """What the next token says."""
    token_ends_at: datetime
    refresh: str
    """Shown once: with it the session is given its next tokens."""
    ends_at: datetime
    language: str | None
    """What the account is spoken to in."""


def begin(
    tx: Transaction,
    account_id: str,
    verified_hash: str,
    code: str | None,
    deployment_secret: bytes,
    *,
    browser: bool = False,
) -> SignedIn:
    """Begin a session of an account whose password was found right.

    Args:
        tx: the transaction.
        account_id: whose.
        verified_hash: the hash that the password was compared with, outside of the transaction.
        code: a one-time code, if one was given.
        deployment_secret: what one-time secrets are derived from.
        browser: whether a browser keeps it; then it locks when it is left alone.

    Raises:
        CodeWanted: the account asks for a one-time code, and none was given.
        NotSignedIn: the account is disabled, its password was changed meanwhile, or the code is not right.
    """
    tx.lock(f"account:{account_id}")
    account = store.account(tx.connection, account_id)
    if account is None or account["disabled"] or account["password_hash"] != verified_hash:
        raise wrong()
    if account["otp"] is not None and code is None:
        raise CodeWanted(halfway.proof(deployment_secret, account_id, verified_hash, tx.now))
    if not codes.use(tx, account, code, deployment_secret):
        raise wrong()
    session, secret = new_id(), secrets.token_urlsafe(_SECRET_BYTES)
    row = {
        "id": session,
        "account": account_id,
        "refresh_hash": _hash(secret),
        "began_at": tx.now,
        "used_at": tx.now,
        "ended_at": None,
        "browser": browser,
        "locked_at": None,
    }
    store.add_session(tx, row)
    signed_in = _signed_in(tx, row, account, secret)
    note(tx, signed_in.who, "session.begin", session)
    return signed_in


def refresh(tx: Transaction, token: str) -> SignedIn:
    """Go on with a session, with whatever roles the account has now.

    Raises:
        Locked: its owner must give the password first.
        NotSignedIn: no such session, or it has ended.
    """
    session, account = _opened(tx, token)
    if is_locked(session, tx.now):
        raise Locked
    store.use_session(tx, session["id"])
    return _signed_in(tx, session, account, _secret_of(token))


def lock(tx: Transaction, token: str) -> None:
    """Let a session go on only once its owner gives the password again.

    Raises:
        NotSignedIn: no such session, or it has ended.
    """
    session, account = _opened(tx, token)
    if session["locked_at"] is None:
        store.lock_session(tx, session["id"])
        note(tx, _signed_in(tx, session, account, "").who, "session.lock", session["id"])


def unlock(tx: Transaction, token: str, verified_hash: str) -> SignedIn:
    """Go on with a session whose owner gave the password again, locked or not.

    Raises:
        NotSignedIn: no such session, it has ended, or the password was changed meanwhile.
    """
    session, account = _opened(tx, token)
    if account["password_hash"] != verified_hash:
        raise NotSignedIn(_ENDED)
    store.use_session(tx, session["id"])
    signed_in = _signed_in(tx, session, account, _secret_of(token))
    note(tx, signed_in.who, "session.unlock", session["id"])
    return signed_in


def owner(connection: Connection, token: str, now: datetime) -> RowMapping:
    """Return the account whose open session a browser or program has the secret of.

    Raises:
        NotSignedIn: no such session, or it has ended.
    """
    session = _of_secret(connection, token)
    account = store.account(connection, session["account"])
    if account is None or account["disabled"] or not _is_open(session, now):
        raise NotSignedIn(_ENDED)
    return account


def end(tx: Transaction, who: Account) -> None:
    """Sign out: this session and every token of it end, one made at the command line too."""
    store.end_session(tx, who.session)
    session_revoked(tx, who.session)
    note(tx, who, "session.end", who.session)


def end_one(tx: Transaction, who: Account, session_id: str) -> None:
    """Sign out elsewhere: one of one's own sessions ends.

    Raises:
        NotFound: no such session of this account is open.
    """
    session = store.session(tx.connection, session_id)
    if session is None or session["account"] != who.id or not _is_open(session, tx.now):
        raise NotFound("session")
    store.end_session(tx, session_id)
    session_revoked(tx, session_id)
    note(tx, who, "session.end", session_id)


def leave(tx: Transaction, token: str) -> None:
    """Sign out with a session's own secret: a locked one too. One that has ended stays ended."""
    try:
        session, account = _opened(tx, token)
    except NotSignedIn:
        return
    end(tx, _signed_in(tx, session, account, "").who)


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
            "browser": bool(row["browser"]),
            "locked": is_locked(row, now),
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


def is_locked(session: RowMapping, now: datetime) -> bool:
    """Say whether a session goes on only once its owner gives the password again."""
    return sessions.is_locked(session["used_at"], session["locked_at"], now, browser=bool(session["browser"]))


def _opened(tx: Transaction, token: str) -> tuple[RowMapping, RowMapping]:
    """Return the open session that a secret belongs to, and its account, which is locked against other writers.

    Raises:
        NotSignedIn: no such session, or it has ended.
    """
    session = _of_secret(tx.connection, token)
    tx.lock(f"account:{session['account']}")
    account = owner(tx.connection, token, tx.now)  # another replica may have ended it before the lock was ours
    return _of_secret(tx.connection, token), account


def _of_secret(connection: Connection, token: str) -> RowMapping:
    session = store.session(connection, token.partition(".")[0])
    if session is None or not hmac.compare_digest(session["refresh_hash"], _hash(_secret_of(token))):
        raise NotSignedIn(_ENDED)
    return session


def _secret_of(token: str) -> str:
    return token.partition(".")[2]


def _signed_in(tx: Transaction, session: RowMapping | Mapping[str, Any], account: RowMapping, secret: str) -> SignedIn:
    until = sessions.token_ends_at(session["began_at"], tx.now)
    grants = claims(tx.connection, session["account"])
    who = Account(session["account"], session["id"], grants, tx.now.timestamp(), until.timestamp())
    ends_at = sessions.ends_at(session["began_at"], tx.now)
    return SignedIn(who, until, f"{session['id']}.{secret}", ends_at, account["language"])


def _is_open(session: RowMapping, now: datetime) -> bool:
    return session["ended_at"] is None and now < sessions.ends_at(session["began_at"], session["used_at"])


def _hash(secret: str) -> str:
    """The secret is long and random, so a fast hash keeps it."""
    return hashlib.sha256(secret.encode()).hexdigest()
