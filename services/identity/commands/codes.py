"""One-time codes: enrolling a telephone, confirming it, using a code once."""

from __future__ import annotations

from sqlalchemy import RowMapping

from services.identity import store
from services.identity.domain import otp
from shared.errors import Conflict, Invalid, NotFound
from shared.ids import new_id
from shared.security.tokens import Account
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply


def use(tx: Transaction, account: RowMapping, code: str | None, deployment_secret: bytes) -> bool:
    """Say whether an account may come in with this code, and spend the code. Without enrolment none is needed."""
    if account["otp"] is None:
        return True
    secret = otp.secret_of(deployment_secret, account["otp"])
    step = otp.step_of(secret, code, tx.now, account["otp_used"]) if code else None
    if step is None:
        return False
    store.use_code(tx, account["id"], step)
    return True


def enrol(tx: Transaction, who: Account, deployment_secret: bytes) -> Reply:
    """Show the secret for an authenticator app. Until a code of it was seen it is not asked for; asking again shows it.

    Raises:
        Conflict: there is one in use.
    """
    account = _account(tx, who)
    if account["otp"] is not None:
        raise Conflict("One-time codes are in use. An administrator takes the old ones away first.")
    name = account["otp_pending"]
    if name is None:
        name = new_id()
        store.change_account(tx, who.id, otp_pending=name)
        note(tx, who, "otp.enrol", who.id)
    return Reply(_shown(deployment_secret, name, account), 201)


def pending(account: RowMapping, deployment_secret: bytes) -> dict[str, str] | None:
    """Return what was enrolled and waits for its first code, if anything does."""
    name = account["otp_pending"]
    return None if name is None else _shown(deployment_secret, name, account)


def confirm(tx: Transaction, who: Account, code: str, deployment_secret: bytes) -> Reply:
    """Ask for one-time codes from now on.

    Raises:
        Conflict: nothing was enrolled.
        Invalid: the code is not the present one.
    """
    account = _account(tx, who)
    if account["otp_pending"] is None:
        raise Conflict("Enrol first; then confirm with the first code that the app shows.")
    secret = otp.secret_of(deployment_secret, account["otp_pending"])
    step = otp.step_of(secret, code, tx.now, used=0)
    if step is None:
        raise Invalid.field("otp", "the code that the app shows now")
    store.change_account(tx, who.id, otp=account["otp_pending"], otp_pending=None, otp_used=step)
    note(tx, who, "otp.confirm", who.id)
    return Reply({"otp": True})


def _shown(deployment_secret: bytes, name: str, account: RowMapping) -> dict[str, str]:
    secret = otp.secret_of(deployment_secret, name)
    return {"secret": secret, "uri": otp.uri(secret, account["email"])}


def _account(tx: Transaction, who: Account) -> RowMapping:
    tx.lock(f"account:{who.id}")
    account = store.account(tx.connection, who.id)
    if account is None:
        raise NotFound("account")
    return account
