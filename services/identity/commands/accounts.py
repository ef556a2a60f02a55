"""Accounts: made and changed by administrators; a password also by its owner."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, RowMapping

from services.identity import store
from services.identity.commands.reach import Reach
from services.identity.commands.saying import account_changed
from services.identity.commands.views import account_shown, shown
from services.identity.domain.forms import AccountPatch, NewAccount
from services.identity.domain.passwords import weakness
from services.identity.domain.roles import refusals
from shared.contracts.vocabulary import Role, Service
from shared.errors import Conflict, Invalid, NotFound, NotSignedIn
from shared.ids import account_id
from shared.security.tokens import Account, Grant
from shared.storage.audit import note
from shared.storage.transaction import Transaction
from shared.web.replies import Reply, check_version

_PATH = f"{Service.IDENTITY.prefix}/api/users"


def check_password(field: str, password: str, email: str) -> None:
    """Check what somebody wants as a password.

    Raises:
        Invalid: it is too easily guessed.
    """
    if says := weakness(password, email):
        raise Invalid.field(field, says)


def create(tx: Transaction, body: NewAccount, password_hash: str, who: Account) -> Reply:
    """Make an account.

    Raises:
        Conflict: the address has one.
        Forbidden: a role lies outside of what the administrator administers.
        Invalid: a role does not fit.
    """
    held = [role.grant for role in body.roles]
    _check_roles(tx, Reach.of(who), held)
    new = account_id(body.email)
    if store.account(tx.connection, new) is not None:
        raise Conflict("There is an account with this address already.")
    row = {
        "id": new,
        "email": body.email,
        "name": body.name,
        "password_hash": password_hash,
        "disabled": False,
        "language": body.language,
        "otp": None,
        "otp_pending": None,
        "otp_used": 0,
        "version": 1,
        "created_at": tx.now,
    }
    store.add_account(tx, row)
    store.set_grants(tx, new, held)
    note(tx, who, "account.create", new)
    return Reply.entity(shown(tx.connection, new), status=201, location=f"{_PATH}/{new}")


def change(
    tx: Transaction, target: str, body: AccountPatch, password_hash: str | None, who: Account, seen: int | None
) -> Reply:
    """Change an account. Nothing said leaves everything; what is so already changes nothing.

    Raises:
        Conflict: an administrator would lock out oneself.
        Forbidden: the account holds, or would hold, a role outside of what the administrator administers.
        Invalid: a role does not fit.
        NotFound: the account has nothing to do with what is administered.
        StaleVersion: somebody was faster.
    """
    tx.lock(f"account:{target}")
    account = store.account(tx.connection, target)
    if account is None:
        raise NotFound("account")
    held = store.grants(tx.connection, [target])[target]
    _check_reach(tx, Reach.of(who), held)
    wanted = [role.grant for role in body.roles] if body.roles is not None else held
    values = _changes(account, body, password_hash)
    if not values and set(wanted) == set(held):
        return Reply.entity(account_shown(account, held))
    check_version(seen, account["version"])
    if set(wanted) != set(held) or body.disabled is False:
        _check_roles(tx, Reach.of(who), wanted)
    if target == who.id:
        _check_stays_admin(held, wanted, body)
    changed = store.change_account(tx, target, **values)
    if set(wanted) != set(held):
        store.set_grants(tx, target, wanted)
    _settle(tx, account, changed, roles=set(wanted) != set(held))
    note(tx, who, _action(account, changed, roles=set(wanted) != set(held)), target)
    return Reply.entity(shown(tx.connection, target))


def change_password(tx: Transaction, who: Account, verified_hash: str, password_hash: str) -> Reply:
    """Give oneself a new password; every other session ends, this one goes on with its next token.

    Raises:
        NotSignedIn: the password was changed meanwhile.
    """
    tx.lock(f"account:{who.id}")
    account = store.account(tx.connection, who.id)
    if account is None or account["disabled"] or account["password_hash"] != verified_hash:
        raise NotSignedIn("The password was changed meanwhile. Sign in again.")
    changed = store.change_account(tx, who.id, password_hash=password_hash)
    store.end_sessions(tx, who.id, but=who.session)
    account_changed(tx, changed)
    note(tx, who, "account.password", who.id)
    return Reply.entity(shown(tx.connection, who.id))


def speak(tx: Transaction, who: Account, language: str) -> Reply:
    """Be spoken to in a language from now on, wherever one signs in.

    Raises:
        NotFound: the token is of no account (the deployment's own first one).
    """
    tx.lock(f"account:{who.id}")
    account = store.account(tx.connection, who.id)
    if account is None:
        raise NotFound("account")
    if account["language"] != language:
        store.change_account(tx, who.id, language=language)
        note(tx, who, "account.change", who.id)
    return Reply.entity(shown(tx.connection, who.id))


def _changes(account: RowMapping, body: AccountPatch, password_hash: str | None) -> dict[str, Any]:
    said = body.model_dump(include={"name", "disabled", "language"}, exclude_unset=True)
    values = {field: value for field, value in said.items() if account[field] != value}
    if password_hash is not None:
        values["password_hash"] = password_hash
    if body.otp is False and (account["otp"] or account["otp_pending"]):
        values |= {"otp": None, "otp_pending": None}
    return values


def _settle(tx: Transaction, before: RowMapping, after: RowMapping, *, roles: bool) -> None:
    """End what was given before: tokens when roles changed, whole sessions when somebody may be in who must not."""
    locked_out = after["disabled"] or after["password_hash"] != before["password_hash"]
    if locked_out:
        store.end_sessions(tx, after["id"])
    if locked_out or roles:
        account_changed(tx, after)


def _action(before: RowMapping, after: RowMapping, *, roles: bool) -> str:
    """Name a change for the audit trail by its weightiest part."""
    if after["disabled"] != before["disabled"]:
        return "account.disable" if after["disabled"] else "account.enable"
    if roles:
        return "account.roles"
    if after["password_hash"] != before["password_hash"]:
        return "account.password_reset"
    return "account.otp_removed" if after["otp"] != before["otp"] else "account.change"


def _check_roles(tx: Transaction, reach: Reach, held: Sequence[Grant]) -> None:
    known = store.organisations_named(tx.connection, {grant.organisation for grant in held})
    kinds = {code: row["kind"] for code, row in known.items()}
    if wrong := list(refusals(held, kinds)):
        raise Invalid(wrong)
    reach.check_may_give(held, known)


def _check_reach(tx: Transaction, reach: Reach, held: Sequence[Grant]) -> None:
    known = store.organisations_named(tx.connection, {grant.organisation for grant in held})
    reach.check_may_see(held, known)
    reach.check_may_give(held, known)


def _check_stays_admin(held: Sequence[Grant], wanted: Sequence[Grant], body: AccountPatch) -> None:
    """So that there is always an administrator left."""
    if body.disabled or not {grant for grant in held if grant.role is Role.ADMIN} <= set(wanted):
        raise Conflict("Another administrator must do this: nobody takes the last keys away from oneself.")


def reachable(connection: Connection, target: str, who: Account) -> dict[str, Any]:
    """Return an account that an administrator may see.

    Raises:
        NotFound: none, or none of theirs.
    """
    held = store.grants(connection, [target])[target]
    known = store.organisations_named(connection, {grant.organisation for grant in held})
    Reach.of(who).check_may_see(held, known)
    return shown(connection, target)
