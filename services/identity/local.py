"""Tokens made on the machine that holds the keys, without asking the running service: first day, command line."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from services.identity import store
from services.identity.commands.sessions import claims
from services.identity.domain.roles import EVERYWHERE
from services.identity.domain.sessions import LONGEST, TOKEN_LIVES
from shared.clock import utc_now
from shared.contracts.vocabulary import Role
from shared.ids import account_id, new_id
from shared.security.keys import signing_key
from shared.security.tokens import Account, Grant, sign
from shared.storage.engine import Store

_FIRST_DAY = "first-day@zakrila.local"


class NoToken(Exception):
    """No token can be made; the sentence says why."""


def bootstrap_token(keys_folder: Path) -> str:
    """Return a token of an administrator of everything who has no account: it fills a new deployment.

    Raises:
        FileNotFoundError: there are no keys.
    """
    return _signed(keys_folder, account_id(_FIRST_DAY), (Grant(Role.ADMIN, EVERYWHERE),), TOKEN_LIVES)


def issue(keys_folder: Path, database_url: str, email: str, ttl: timedelta) -> str:
    """Return a token for an account, read from identity's store; the services may be stopped.

    Raises:
        FileNotFoundError: there are no keys.
        NoToken: no such account, a disabled one, no store, or a life longer than a day.
    """
    if not timedelta(0) < ttl <= LONGEST:
        raise NoToken(f"A token lives at most {LONGEST // timedelta(hours=1)} h, and longer than not at all.")
    accounts = Store(database_url)
    try:
        if accounts.is_sqlite and not Path(accounts.url.database or "").exists():
            raise NoToken("There is no store of accounts yet; was the stack ever up?")
        with accounts.reading() as connection:
            account = store.account(connection, account_id(email))
            if account is None:
                raise NoToken(f"There is no account {email}.")
            if account["disabled"]:
                raise NoToken(f"The account {email} is disabled.")
            grants = claims(connection, account["id"])
    except SQLAlchemyError as error:
        raise NoToken(f"The store of accounts cannot be read ({type(error).__name__}).") from error
    finally:
        accounts.close()
    return _signed(keys_folder, account["id"], grants, ttl)


def _signed(keys_folder: Path, account: str, grants: tuple[Grant, ...], ttl: timedelta) -> str:
    now = utc_now()
    who = Account(account, new_id(), grants, now.timestamp(), (now + ttl).timestamp())
    return sign(who, signing_key(keys_folder))
